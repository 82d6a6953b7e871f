#!/usr/bin/env perl
# Times of whole pieces of work in seg and, where PYTORCH names a Python with torch and torchvision, in PyTorch: both
# in turn, in processes of their own, so that a busy machine slows both. Prints medians over the rounds. "bfloat16" is
# the same work with it on both sides. At the end stands how exact convolutions are ("accuracy").
#
#     perl Benchmarks/bench.pl SEG [ROUNDS] [SIZE] [PATTERN]
#
# PATTERN chooses the works whose name it fits, such as "forward".
use strict;
use warnings;
use File::Basename qw(dirname);

my ($seg, $rounds, $size, $pattern) = (shift, shift // 3, shift // 520, shift // "");
die "usage: perl Benchmarks/bench.pl SEG [ROUNDS] [SIZE] [PATTERN]\n" unless $seg;
my $folder = dirname(__FILE__) . "/models";
my $python = $ENV{PYTORCH};
# What users do not have set; PyTorch's best keeps freed memory, as a pooled malloc does.
delete @ENV{qw(OPENBLAS_CORETYPE OPENBLAS_L2_SIZE)};
my @pooled = ("MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=100000000000", "MALLOC_TOP_PAD_=67108864");

my @work = (
    ["lraspp", "forward"], ["deeplab", "forward"], ["fcn", "forward"], ["lraspp", "forward", "bfloat16"],
    ["deeplab", "forward", "bfloat16"], ["fcn", "forward", "bfloat16"], ["lraspp", "step"],
    ["lraspp", "step, cached"], ["lraspp", "step, all open"], ["deeplab", "step"], ["deeplab", "step, cached"],
    ["fcn", "step"], ["fcn", "step, cached"],
);

sub median { my @x = sort { $a <=> $b } @_; $x[@x / 2] }

# Milliseconds, megabytes and billions of multiply-adds of one process: its last line, after notes.
sub measure {
    open(my $from, "-|", @_) or die "$_[0]: $!\n";
    my $line = (<$from>)[-1] // "";
    close $from;
    $line =~ /^([\d.]+) ([\d.]+)(?: ([\d.]+))?$/ or die "@_ printed '$line'\n";
    return ($1, $2, $3 // 0);
}

my ($processor) = do { open(my $f, "<", "/proc/cpuinfo") or die; map { /^model name\s*:\s*(.*)/ ? $1 : () } <$f> };
printf "%s; %s\n", $processor // "processor not known", join(", ", `$seg --version` =~ /(.+)/g);
# What two threads could do at most: multiply-adds are two operations.
my ($peak) = `$seg doctor` =~ /at most (\d+) billion operations/;
printf "%-26s %9s %7s %6s", "", "seg ms", "MB", "share";
printf " %9s %9s %7s %9s %7s", "PyTorch", "MB", "ratio", "as written", "ratio" if $python;
print "\n";
for my $work (@work) {
    my ($model, $what, $precision) = @$work;
    my $name = join(" ", @$work);
    next unless $name =~ /$pattern/;
    my @precise = $precision ? ("--precision", $precision) : ();
    my @rounding = $precision ? ("--$precision") : ();
    my $repetitions = $model eq "lraspp" ? 5 : 2;
    my %times;
    my (%peaks, $adds);
    for (1 .. $rounds) {
        my @runs = (["seg", $seg, "--threads", 2, @precise, "$folder/work.seg", $model, $what, $repetitions, $size]);
        if ($python) {
            push @runs, ["best", "env", @pooled, $python, "$folder/work.py", $model, $what, $repetitions, $size, @rounding];
            push @runs, ["written", $python, "$folder/work.py", $model, $what, $repetitions, $size, "--plain", @rounding];
        }
        for (@runs) {
            my ($who, @command) = @$_;
            my ($time, $memory, $multiply_adds) = measure(@command);
            push @{$times{$who}}, $time;
            push @{$peaks{$who}}, $memory;
            $adds = $multiply_adds if $who eq "seg";
        }
    }
    my $own = median(@{$times{seg}});
    # Winograd's algorithm needs fewer products than the plain sum, whose share this is.
    my $share = $adds > 0 && $peak && !$precision ? sprintf("%.2f", 2e3 * $adds / $own / (2 * $peak)) : "";
    printf "%-26s %9.1f %7.0f %6s", $name, $own, median(@{$peaks{seg}}), $share;
    if ($python) {
        my ($best, $written) = (median(@{$times{best}}), median(@{$times{written}}));
        printf " %9.1f %9.0f %7.2f %9.1f %7.2f", $best, median(@{$peaks{best}}), $best / $own, $written, $written / $own;
    }
    print "\n";
}

# Errors by kernel: values, gradient by the input, gradient by the weights.
exit unless "accuracy" =~ /$pattern/;
my $accuracy = dirname(__FILE__) . "/accuracy";
my @sides = (["seg", $seg, "$accuracy.seg"], ["seg --exact", $seg, "--exact", "$accuracy.seg"],
    ["seg, bfloat16", $seg, "--precision", "bfloat16", "$accuracy.seg"]);
push @sides, ["PyTorch", $python, "$accuracy.py"] if $python;
my (@kernels, %errors);
for my $side (@sides) {
    my ($who, @command) = @$side;
    open(my $from, "-|", @command) or die "$command[0]: $!\n";
    while (my $line = <$from>) {
        my ($kernel, @worst) = split " ", $line;
        push @kernels, $kernel if $who eq "seg";
        $errors{$kernel}{$who} = join " ", map { sprintf "%.0e", $_ } @worst;
    }
    close $from;
}
print "\nlargest error against float64, of the largest result: values, gradient by the input, by the weights\n";
printf "%-10s" . " %-20s" x @sides . "\n", "", map { $_->[0] } @sides;
for my $kernel (@kernels) { printf "%-10s" . " %-20s" x @sides . "\n", $kernel, map { $errors{$kernel}{$_->[0]} } @sides }
