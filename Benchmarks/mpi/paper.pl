#!/usr/bin/env perl
# The table on paper of docs/clusters.md: what a step of training takes on n ranks by a model of its cost, from what a
# step takes on one and what a message costs.
#
#     perl Benchmarks/mpi/paper.pl NAME:MS:BATCH:MEGABYTES:NORMS …
#     perl Benchmarks/mpi/paper.pl --step MS BATCH MEGABYTES NORMS RANKS SUM_US MEGABYTES_PER_SECOND
#
# MS is the step of BATCH samples on one rank, MEGABYTES the size of the gradients, NORMS the batch norms that train.
#
# The model. Samples are spread evenly, so that the slowest rank has ceil(batch / n) of them. Each batch norm makes two
# small sums, and a step ten more (counts, loss, confusion, names, the time): a small sum goes up and down a tree of
# ceil(log2 n) levels. The gradients are summed by parts: each rank sends 2 (n - 1) / n of their bytes, in 2 (n - 1)
# messages for each bucket of 4 MB. Two thirds of the step are the backward pass, which hides that traffic as far as it
# is long enough.
use strict;
use warnings;

sub ceil { my $x = shift; my $whole = int($x); return $whole < $x ? $whole + 1 : $whole }
sub largest { my ($a, $b) = @_; return $a > $b ? $a : $b }

# Milliseconds of a step, by the latency of one message in microseconds and the bandwidth of a rank in MB/s.
sub step {
    my ($ms, $batch, $megabytes, $norms, $n, $latency, $bandwidth) = @_;
    my $work = $ms / $batch * ceil($batch / $n);
    return $work if $n == 1;
    my $levels = ceil(log($n) / log(2) - 1e-9);
    my $sums = (2 * $norms + 10) * 2 * $levels * $latency / 1000;
    my $buckets = ceil($megabytes / 4.194304);
    my $traffic = 2 * ($n - 1) / $n * $megabytes / $bandwidth * 1000 + $buckets * 2 * ($n - 1) * $latency / 1000;
    return $work + $sums + largest(0, $traffic - $work * 2 / 3);
}

if (@ARGV && $ARGV[0] eq "--step") {
    my (undef, $ms, $batch, $megabytes, $norms, $n, $sum, $bandwidth) = @ARGV;
    # A small sum is two messages one after the other for each level of the tree.
    my $levels = ceil(log($n) / log(2) - 1e-9);
    printf "%.1f\n", step($ms, $batch, $megabytes, $norms, $n, $sum / (2 * $levels), $bandwidth);
    exit 0;
}
die "usage: perl Benchmarks/mpi/paper.pl NAME:MS:BATCH:MEGABYTES:NORMS …\n" unless @ARGV;
my @ranks = (1, 2, 8, 32, 128, 512, 1000);
for my $net (["ten-gigabit Ethernet: 25 us a message, 1100 MB/s", 25, 1100], ["InfiniBand: 2 us, 12000 MB/s", 2, 12000]) {
    my ($title, $latency, $bandwidth) = @$net;
    print "$title: milliseconds of a step, and the efficiency\n";
    printf "%-22s", "";
    printf " %12d", $_ for @ranks;
    printf "  %s\n", "half at";
    for my $model (@ARGV) {
        my ($name, $ms, $batch, $megabytes, $norms) = split /:/, $model;
        # The batch that is measured, then 8, and 64 samples for each rank.
        for my $each (0, 8, 64) {
            printf "%-22s", $each ? "$name, $each a rank" : "$name, batch $batch";
            my $limit = "";
            for my $n (@ranks) {
                my $all = $each ? $each * $n : $batch;
                my $time = step($ms / $batch * $all, $all, $megabytes, $norms, $n, $latency, $bandwidth);
                printf " %7.0f %3.0f%%", $time, 100 * $ms / $batch * $all / $n / $time;
            }
            for my $n (1 .. 4000) {
                my $all = $each ? $each * $n : $batch;
                my $time = step($ms / $batch * $all, $all, $megabytes, $norms, $n, $latency, $bandwidth);
                if ($ms / $batch * $all / $n / $time < 0.5) { $limit = $n; last }
            }
            printf "  %s\n", $limit eq "" ? "over 4000" : $limit;
        }
    }
    print "\n";
}
