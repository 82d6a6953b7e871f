#!/usr/bin/env perl
# How cost grows: time and memory of a training step of LRASPP against batch, size of the pictures, classes and threads,
# and of an epoch against frames. Each point is a process. Prints a table, with the power of the growth between the first
# and the last point (1 is linear), and a plot that seg draws.
#
#     perl Benchmarks/growth.pl SEG
use strict;
use warnings;
use File::Basename qw(dirname);

my $seg = shift or die "usage: perl Benchmarks/growth.pl SEG\n";
my $script = dirname(__FILE__) . "/growth.seg";
delete @ENV{qw(OPENBLAS_CORETYPE OPENBLAS_L2_SIZE)};
# Features of frozen layers are computed, not read.
$ENV{SEG_CACHE_LIMIT} = "0";
# What grows, how many pixels, classes, threads or frames a point has to the first, and the points: batch, size, classes,
# frames, threads.
my @curves = (
    ["batch", 0, map { [$_, 192, 32, 0, 2] } 2, 4, 8, 16],
    ["pixels", 1, map { [4, $_, 32, 0, 2] } 128, 192, 256, 384],
    ["classes", 2, map { [4, 192, $_, 0, 2] } 8, 32, 128, 200],
    ["threads", 4, map { [4, 256, 32, 0, $_] } 1, 2],
    ["frames", 3, map { [4, 128, 32, $_, 2] } 32, 64, 128, 256],
);
my (%times, @names);
printf "%-8s %8s %9s %7s\n", "", "", "ms", "MB";
for (@curves) {
    my ($name, $place, @points) = @$_;
    my (@values, @ms, @mb);
    for my $point (@points) {
        my @point = @$point;
        my $threads = pop @point;
        open(my $from, "-|", $seg, "--threads", $threads, $script, @point) or die "$seg: $!\n";
        my $line = (<$from>)[-1] // "";
        close $from;
        my ($time, $memory) = $line =~ /^([\d.]+) (\d+)$/ or die "seg printed '$line'\n";
        push @values, $point->[$place] ** ($name eq "pixels" ? 2 : 1);
        push @ms, $time;
        push @mb, $memory;
        printf "%-8s %8d %9.1f %7d\n", @ms == 1 ? $name : "", $values[-1], $time, $memory;
    }
    my $power = sub { log($_[-1] / $_[0]) / log($values[-1] / $values[0]) };
    printf "%-8s %8s %9.2f %7.2f\n", "", "power", $power->(@ms), $power->(@mb);
    next if $name eq "threads";
    push @names, $name;
    $times{$name} = [map { [$values[$_] / $values[0], $ms[$_] / $ms[0]] } 0 .. $#ms];
}
my $lines = join ", ", map {
    my $name = $_;
    sprintf "%s=(x=[%s], y=[%s])", $name, map { my $i = $_; join ", ", map { $_->[$i] } @{$times{$name}} } 0, 1;
} @names;
system $seg, "-e", "plot(($lines), title=\"time, the first point being 1\", x_label=\"times as much\", log=\"xy\", width=72, height=18)";
