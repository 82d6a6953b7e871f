#!/usr/bin/env perl
# A step of training on two ranks with one thread each against one process with two, against what the two do of it
# without messages ("part"), and, where PYTORCH names a Python with torch and torchvision, against two processes of
# PyTorch's DistributedDataParallel on gloo: in turn, so that a busy machine slows all. Prints medians over the rounds,
# the cost of a message, and then the table on paper (paper.pl).
#
#     [PYTORCH=VENV/bin/python] perl Benchmarks/mpi/bench.pl SEG [ROUNDS [MODEL:BATCH:SIZE …]]
use strict;
use warnings;
use File::Basename qw(dirname);

my ($seg, $rounds, @works) = (shift, shift // 3, @ARGV);
die "usage: perl Benchmarks/mpi/bench.pl SEG [ROUNDS [MODEL:BATCH:SIZE …]]\n" unless $seg;
@works = qw(lraspp:10:256 deeplab:4:128 fcn:4:128) unless @works;
my $folder = dirname(__FILE__);
my $python = $ENV{PYTORCH};
delete @ENV{qw(OPENBLAS_CORETYPE OPENBLAS_L2_SIZE)};
@ENV{qw(OMPI_ALLOW_RUN_AS_ROOT OMPI_ALLOW_RUN_AS_ROOT_CONFIRM)} = (1, 1);
my @ranks = (qw(mpirun -q --bind-to core --mca btl), "self,vader", "-n", 2);

sub median { my @x = sort { $a <=> $b } @_; $x[@x / 2] }

# The numbers in the last line of a process.
sub measure {
    open(my $from, "-|", @_) or die "$_[0]: $!\n";
    my $line = (<$from>)[-1] // "";
    close $from;
    my @numbers = $line =~ /([\d.]+)/g or die "@_ printed '$line'\n";
    return @numbers;
}

my ($latency, $bandwidth, $copied) = measure(@ranks, $seg, "--threads", 1, "$folder/latency.seg");
printf "a small sum on two ranks of this machine takes %.0f us; large ones send %.0f MB/s, a copy does %.0f MB/s\n\n", $latency,
    $bandwidth, $copied;
printf "%-8s %5s %5s %10s %10s %10s %10s %9s %9s %8s %6s", "", "batch", "size", "1 x 2, ms", "part, ms", "2 x 1, ms",
    "efficiency", "messages", "kB sent", "model", "off";
printf " %8s %6s", "DDP, ms", "ratio" if $python;
print "\n";
my @paper;
for my $work (@works) {
    my ($name, $batch, $size) = split /:/, $work;
    my (%times, @facts);
    for (1 .. $rounds) {
        my @model = ("$folder/step.seg", $name);
        push @{$times{one}}, (measure($seg, "--threads", 2, @model, $batch, $size, 3))[0];
        # What two ranks do side by side without messages: the steps of half of the batch, and of all of it.
        push @{$times{half}}, (measure(@ranks, $seg, "--threads", 1, @model, $batch / 2, $size, 3, "alone"))[0];
        push @{$times{whole}}, (measure(@ranks, $seg, "--threads", 1, @model, $batch, $size, 3, "alone"))[0];
        my ($own, @rest) = measure(@ranks, $seg, "--threads", 1, @model, $batch, $size, 3);
        push @{$times{two}}, $own;
        @facts = @rest;
        push @{$times{ddp}}, (measure($python, "$folder/ddp.py", $name, $batch, $size, 3))[0] if $python;
    }
    my ($one, $half, $whole, $two) = map { median(@{$times{$_}}) } qw(one half whole two);
    my ($messages, $kilobytes, $megabytes, $norms) = @facts;
    # What the model of paper.pl says of the same step.
    my $each = ($whole - $half) / ($batch / 2);
    my $fixed = $half - $each * $batch / 2;
    my $said = `perl $folder/paper.pl --step $fixed $each $batch $megabytes $norms 2 $latency $bandwidth $copied`;
    printf "%-8s %5d %5d %10.0f %10.0f %10.0f %10.2f %9d %9d %8.0f %5.0f%%", $name, $batch, $size, $one, $half, $two,
        $one / $two, $messages, $kilobytes, $said, 100 * ($said / $two - 1);
    if ($python) {
        my $ddp = median(@{$times{ddp}});
        printf " %8.0f %6.2f", $ddp, $ddp / $two;
    }
    print "\n";
    push @paper, join(":", $name, $fixed, $each, $batch, $megabytes, $norms);
}
print "\n";
system("perl", "$folder/paper.pl", @paper);
