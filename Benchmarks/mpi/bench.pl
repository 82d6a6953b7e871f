#!/usr/bin/env perl
# A step of training on two ranks with one thread each against one process with two, and with one, and, where PYTORCH
# names a Python with torch and torchvision, against two processes of PyTorch's DistributedDataParallel on gloo: in turn,
# so that a busy machine slows all. Prints medians over the rounds, the cost of a message, and then the table on paper
# (paper.pl).
#
#     [PYTORCH=VENV/bin/python] perl Benchmarks/mpi/bench.pl SEG [ROUNDS]
use strict;
use warnings;
use File::Basename qw(dirname);

my ($seg, $rounds) = (shift, shift // 3);
die "usage: perl Benchmarks/mpi/bench.pl SEG [ROUNDS]\n" unless $seg;
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

my ($latency, $bandwidth) = measure(@ranks, $seg, "--threads", 1, "$folder/latency.seg");
printf "a small sum on two ranks of this machine takes %.0f us; large ones send %.0f MB/s\n\n", $latency, $bandwidth;
printf "%-8s %5s %5s %10s %10s %10s %10s %9s %9s %8s", "", "batch", "size", "1 x 2, ms", "1 x 1, ms", "2 x 1, ms", "efficiency",
    "messages", "kB sent", "model";
printf " %8s %6s", "DDP, ms", "ratio" if $python;
print "\n";
my @paper;
for my $work (["lraspp", 10, 256], ["deeplab", 4, 128], ["fcn", 4, 128]) {
    my ($name, $batch, $size) = @$work;
    my (%times, @facts);
    for (1 .. $rounds) {
        my @step = ("$folder/step.seg", $name, $batch, $size, 3);
        push @{$times{one}}, (measure($seg, "--threads", 2, @step))[0];
        push @{$times{thread}}, (measure($seg, "--threads", 1, @step))[0];
        my ($own, @rest) = measure(@ranks, $seg, "--threads", 1, @step);
        push @{$times{two}}, $own;
        @facts = @rest;
        push @{$times{ddp}}, (measure($python, "$folder/ddp.py", $name, $batch, $size, 3))[0] if $python;
    }
    my ($one, $thread, $two) = map { median(@{$times{$_}}) } qw(one thread two);
    my ($messages, $kilobytes, $megabytes, $norms) = @facts;
    # What the model of paper.pl says of the same step: half of one thread's work on each rank, and the messages.
    my $said = `perl $folder/paper.pl --step $thread $batch $megabytes $norms 2 $latency $bandwidth`;
    printf "%-8s %5d %5d %10.0f %10.0f %10.0f %10.2f %9d %9d %8.0f", $name, $batch, $size, $one, $thread, $two,
        $one / $two, $messages, $kilobytes, $said;
    if ($python) {
        my $ddp = median(@{$times{ddp}});
        printf " %8.0f %6.2f", $ddp, $ddp / $two;
    }
    print "\n";
    push @paper, join(":", $name, $one, $batch, $megabytes, $norms);
}
print "\n";
system("perl", "$folder/paper.pl", @paper);
