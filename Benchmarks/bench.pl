#!/usr/bin/env perl
# Times of whole pieces of work in seg and, where PYTORCH names a Python with torch and torchvision, in PyTorch: both
# in turn, in processes of their own, so that a busy machine slows both. Prints medians over the rounds.
#
#     perl Benchmarks/bench.pl SEG [ROUNDS] [SIZE]
use strict;
use warnings;
use File::Basename qw(dirname);

my ($seg, $rounds, $size) = (shift, shift // 3, shift // 520);
die "usage: perl Benchmarks/bench.pl SEG [ROUNDS] [SIZE]\n" unless $seg;
my $folder = dirname(__FILE__) . "/models";
my $python = $ENV{PYTORCH};
# What users do not have set; PyTorch's best keeps freed memory, as a pooled malloc does.
delete @ENV{qw(OPENBLAS_CORETYPE OPENBLAS_L2_SIZE)};
my @pooled = ("MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=100000000000", "MALLOC_TOP_PAD_=67108864");

my @work = (
    ["lraspp", "forward"], ["deeplab", "forward"], ["fcn", "forward"], ["lraspp", "step"],
    ["lraspp", "step, cached"], ["lraspp", "step, all open"], ["deeplab", "step"], ["deeplab", "step, cached"],
    ["fcn", "step"], ["fcn", "step, cached"],
);

sub median { my @x = sort { $a <=> $b } @_; $x[@x / 2] }

# Milliseconds and megabytes of one process.
sub measure {
    open(my $from, "-|", @_) or die "$_[0]: $!\n";
    my $line = <$from> // "";
    close $from;
    $line =~ /^([\d.]+) ([\d.]+)$/ or die "@_ printed '$line'\n";
    return ($1, $2);
}

my ($processor) = do { open(my $f, "<", "/proc/cpuinfo") or die; map { /^model name\s*:\s*(.*)/ ? $1 : () } <$f> };
printf "%s; %s\n", $processor // "processor not known", join(", ", `$seg --version` =~ /(.+)/g);
printf "%-24s %9s %9s", "", "seg ms", "MB";
printf " %9s %9s %7s %9s %7s", "PyTorch", "MB", "ratio", "as written", "ratio" if $python;
print "\n";
for my $work (@work) {
    my ($model, $what) = @$work;
    my $repetitions = $model eq "lraspp" ? 5 : 2;
    my %times;
    my %peaks;
    for (1 .. $rounds) {
        my @runs = (["seg", $seg, "--threads", 2, "$folder/work.seg", $model, $what, $repetitions, $size]);
        if ($python) {
            push @runs, ["best", "env", @pooled, $python, "$folder/work.py", $model, $what, $repetitions, $size];
            push @runs, ["written", $python, "$folder/work.py", $model, $what, $repetitions, $size, "--plain"];
        }
        for (@runs) {
            my ($who, @command) = @$_;
            my ($time, $peak) = measure(@command);
            push @{$times{$who}}, $time;
            push @{$peaks{$who}}, $peak;
        }
    }
    my $own = median(@{$times{seg}});
    printf "%-24s %9.1f %9.0f", "$model $what", $own, median(@{$peaks{seg}});
    if ($python) {
        my ($best, $written) = (median(@{$times{best}}), median(@{$times{written}}));
        printf " %9.1f %9.0f %7.2f %9.1f %7.2f", $best, median(@{$peaks{best}}), $best / $own, $written, $written / $own;
    }
    print "\n";
}
