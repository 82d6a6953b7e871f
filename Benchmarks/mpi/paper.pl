#!/usr/bin/env perl
# The table on paper of docs/clusters.md: what a step of training takes on n ranks by a model of its cost, from what a
# step takes on one and what a message costs.
#
#     perl Benchmarks/mpi/paper.pl NAME:FIXED:EACH:BATCH:MEGABYTES:NORMS …
#     perl Benchmarks/mpi/paper.pl --step FIXED EACH BATCH MEGABYTES NORMS RANKS SUM_US MEGABYTES_PER_SECOND COPIED
#
# A step of k samples on one rank takes FIXED + k EACH milliseconds: the step of the optimizer and the checks, which each
# rank does for the whole model, and the work on the samples. MEGABYTES is the size of the gradients, NORMS the batch
# norms that train, COPIED the megabytes in a second that a processor copies.
#
# The model. Samples are spread evenly, so that the slowest rank has ceil(batch / n) of them. Each batch norm makes two
# small sums, and a step ten more (counts, loss, confusion, names, the time): a small sum goes up and down a tree of
# ceil(log2 n) levels. The gradients are copied into buckets of 4 MB and summed by parts: each rank sends 2 (n - 1) / n
# of their bytes, in 2 (n - 1) messages for each bucket. Over a network two thirds of the work on the samples, the
# backward pass, hide that traffic as far as they are long enough; in the memory of one machine (--step) the processors
# themselves do the sending, and nothing is hidden.
use strict;
use warnings;

sub ceil { my $x = shift; my $whole = int($x); return $whole < $x ? $whole + 1 : $whole }
sub largest { my ($a, $b) = @_; return $a > $b ? $a : $b }

# Milliseconds of a step, by the latency of one message in microseconds and the bandwidth of a rank in MB/s.
sub step {
    my ($fixed, $each, $batch, $megabytes, $norms, $n, $latency, $bandwidth, $copied, $hidden) = @_;
    my $samples = $each * ceil($batch / $n);
    return $fixed + $samples if $n == 1;
    my $levels = ceil(log($n) / log(2) - 1e-9);
    my $sums = (2 * $norms + 10) * 2 * $levels * $latency / 1000;
    my $buckets = ceil($megabytes / 4.194304);
    my $traffic = 2 * ($n - 1) / $n * $megabytes / $bandwidth * 1000 + $buckets * 2 * ($n - 1) * $latency / 1000;
    return $fixed + $samples + $sums + $megabytes / $copied * 1000 + largest(0, $traffic - $samples * $hidden);
}

if (@ARGV && $ARGV[0] eq "--step") {
    my (undef, $fixed, $each, $batch, $megabytes, $norms, $n, $sum, $bandwidth, $copied) = @ARGV;
    # A small sum is two messages one after the other for each level of the tree.
    my $levels = ceil(log($n) / log(2) - 1e-9);
    printf "%.1f\n", step($fixed, $each, $batch, $megabytes, $norms, $n, $sum / (2 * $levels), $bandwidth, $copied, 0);
    exit 0;
}
die "usage: perl Benchmarks/mpi/paper.pl NAME:FIXED:EACH:BATCH:MEGABYTES:NORMS …\n" unless @ARGV;
my @ranks = (1, 2, 8, 32, 128, 512, 1000);
for my $net (["ten-gigabit Ethernet: 25 us a message, 1100 MB/s", 25, 1100], ["InfiniBand: 2 us, 12000 MB/s", 2, 12000]) {
    my ($title, $latency, $bandwidth) = @$net;
    print "$title: milliseconds of a step, and the efficiency\n";
    printf "%-22s", "";
    printf " %12d", $_ for @ranks;
    printf "  %s\n", "half at";
    for my $model (@ARGV) {
        my ($name, $fixed, $each, $batch, $megabytes, $norms) = split /:/, $model;
        # The batch that is measured, then 8, and 64 samples for each rank.
        for my $share (0, 8, 64) {
            printf "%-22s", $share ? "$name, $share a rank" : "$name, batch $batch";
            my $limit = "";
            my $time = sub {
                my $n = shift;
                my $all = $share ? $share * $n : $batch;
                my $alone = step($fixed, $each, $all, $megabytes, $norms, 1, 0, 1, 1, 0);
                my $spread = step($fixed, $each, $all, $megabytes, $norms, $n, $latency, $bandwidth, 8000, 2 / 3);
                return ($spread, $alone / $n / $spread);
            };
            for my $n (@ranks) {
                my ($ms, $efficiency) = $time->($n);
                printf " %7.0f %3.0f%%", $ms, 100 * $efficiency;
            }
            for my $n (1 .. 4000) {
                my (undef, $efficiency) = $time->($n);
                if ($efficiency < 0.5) { $limit = $n; last }
            }
            printf "  %s\n", $limit eq "" ? "over 4000" : $limit;
        }
    }
    print "\n";
}
