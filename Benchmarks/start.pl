#!/usr/bin/env perl
# What it takes to get to a first tensor: the processor time and the memory of a process that makes one and ends, and the
# size of what is installed for it; of seg and, where PYTORCH names a Python with torch and torchvision, of PyTorch with
# NumPy and Pillow. Processor time, since other work on the machine hardly changes it.
#
#     perl Benchmarks/start.pl SEG [ROUNDS]        SEG: stripped, as `make install` installs it
use strict;
use warnings;

my ($seg, $rounds) = (shift, shift // 20);
die "usage: perl Benchmarks/start.pl SEG [ROUNDS]\n" unless $seg;
my $python = $ENV{PYTORCH};
delete @ENV{qw(OPENBLAS_CORETYPE OPENBLAS_L2_SIZE)};

# Milliseconds of processor time and megabytes of memory of a process, the mean and the largest of all rounds.
sub row {
    my ($name, $size, @command) = @_;
    my $command = join " ", map { "'$_'" } "/usr/bin/time", "-f", "%M", @command;
    my (undef, undef, @before) = times;
    my @peaks = map { qx($command 2>&1 >/dev/null) =~ /(\d+)\n\z/ ? $1 : die "$command\n" } 1 .. $rounds;
    my (undef, undef, @after) = times;
    my $time = 1000 * ($after[0] + $after[1] - $before[0] - $before[1]) / $rounds;
    my ($peak) = sort { $b <=> $a } @peaks;
    printf "%-8s %6.0f ms of processor time, %4.0f MB of memory, %5.0f MB installed\n", $name, $time, $peak / 1024, $size;
}

my ($processor) = do { open(my $f, "<", "/proc/cpuinfo") or die; map { /^model name\s*:\s*(.*)/ ? $1 : () } <$f> };
print $processor // "processor not known", "\n";
row("seg", (-s $seg) / 1e6, $seg, "-e", "print(sum(ones(2, 3)))");
if ($python) {
    my $folder = qx("$python" -c "import torch, os; print(os.path.dirname(os.path.dirname(torch.__file__)))");
    chomp $folder;
    my @parts = grep { -e } map { "$folder/$_" } qw(torch torchvision torchvision.libs numpy numpy.libs PIL pillow.libs);
    my ($bytes) = qx(du -sbc @parts) =~ /(\d+)\ttotal/;
    row("PyTorch", $bytes / 1e6, $python, "-c", "import torch; print(torch.ones(2, 3).sum())");
}
