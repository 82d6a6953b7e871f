#!/usr/bin/env perl
# Every number in every example of the help is replaced by extreme values, and every function of the help is
# called with values that are nested deeply, contain or give themselves, or have no end. Each script must end
# by itself or by Ctrl-C, with status 0 or 1, within the memory limit, and no error may show an internal struct.
#
#     Tests/faults/extremes.pl [SEG] [--cases N] [--seed S] [--jobs J] [--match TEXT]
#
# SEG: the command, .build/release/seg by default. Without --cases all scripts run (50,000; about 20 minutes
# on two cores). With --match only scripts that contain the text. Status 1 if a script fails; failing scripts
# are printed.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Temp 'tempdir';
use Getopt::Long;
use POSIX ':sys_wait_h';
use Time::HiRes qw(time sleep);

my ($seg, $cases, $seed, $jobs, $match) = ('', 0, 1, 2, '');
GetOptions('cases=i' => \$cases, 'seed=i' => \$seed, 'jobs=i' => \$jobs, 'match=s' => \$match) or exit 2;
$seg = shift // '';
$seg = abs_path($seg || dirname(abs_path($0)) . '/../../.build/release/seg');
$ENV{SEG_STDLIB} = abs_path($ENV{SEG_STDLIB}) if $ENV{SEG_STDLIB};
$ENV{SWIFT_BACKTRACE} = 'enable=no';
srand($seed);

my @extremes = split ' ', '0 -1 1e18 9e15 (0/0) (1/0) 9007199254740993 -9223372036854775808 4294967296 2147483647'
    . ' 9223372036854774784 1e300 65536 [] "" nil tensor([]) zeros(0,3e9,3e9) 0.5 [0] (x->x)';

# The longest time that a script may take before Ctrl-C, and from Ctrl-C to its end, in seconds. The machine may
# be busy: Tests/faults/interrupts.pl measures the time exactly.
my ($patience, $answer) = (4, 2);

# ---- The scripts

my $reference = `'$seg' doc --markdown`;
die "extremes: $seg doc --markdown gives nothing\n" unless $reference;
my (%seen, @scripts);
while ($reference =~ /^```seg\n(.*?)^```/gms) {
    my $example = $1;
    $example =~ s/^ *#.*\n//gm;
    $example =~ s/ *# .*$//gm;
    # Not: official weights (the network), many pictures.
    next if length $example > 600 || $example =~ /official_weights|count=24|weights="/;
    while ($example =~ /(?<![\w"])(?<!(?<!\.)\.)\d+(?:\.\d+)?(?:e-?\d+)?(?![\w"])/g) {
        my ($from, $to) = ($-[0], $+[0]);
        for my $extreme (@extremes) {
            my $script = substr($example, 0, $from) . $extreme . substr($example, $to);
            next if $match && index($script, $match) < 0;
            push @scripts, $script unless $seen{$script}++;
        }
    }
}

# Values that no function should walk without a check.
my @odd = (
    'x = [1]; i = 0; while i < 100000 { x = [x]; i += 1 }',
    'x = (a=1); i = 0; while i < 100000 { x = (a=x); i += 1 }',
    'x = [1]; i = 0; while i < 60 { x = [x, x]; i += 1 }',
    'x = []; x.push(x)',
    'x = (a=1); x.a = x',
    'type T() { line() = self; display() = self }; x = T()',
    'type T() { next() = 1; line() = "T" }; x = T()',
    'type T() { count = 1e300; classes = ["a"]; at(i) = self; line() = "T" }; x = T()',
    'type T() { count() = len(self); at(i) = self[i] }; x = T()',
    'type T() { forward(y) = self(y); children = (a=1) }; x = T(); x.children = (a=x)',
    'x = ReLU(); i = 0; while i < 3000 { x = Sequential(x); i += 1 }',
    'x = y -> x(y)',
    'x = streets(count=2, size=[16, 16]); i = 0; while i < 11 { x = concat(x, x); i += 1 }',
    'x = zeros(0, 3e9, 3e9)',
    'x = 0...1e15',
    'x = "ab\\u{301}\\u{0}\\u{1b}[31m" * 100000',
);
my @calls = ('f(x)', 'f(x, x)', 'f([1, 2], x)', 'f(x, 2)', 'f(x, y -> x)', 'f(rand(3, 4, 5), x)', 'f("a", x)');
while ($reference =~ /^### (\w+)$/gm) {
    my $name = $1;
    next if $name =~ /^(?:official_weights|load_weights|exit)$/;
    for my $odd (@odd) {
        for my $call (@calls) {
            (my $made = "$odd\ny = $call\n\"{y}\"\ny") =~ s/\bf\(/$name(/;
            $made =~ s/\bf\(/f(/g;
            push @scripts, $made unless ($match && index($made, $match) < 0) || $seen{$made}++;
        }
    }
}
for my $i (reverse 1 .. $#scripts) {
    my $j = int rand($i + 1);
    @scripts[$i, $j] = @scripts[$j, $i];
}
$#scripts = $cases - 1 if $cases && $cases < @scripts;

# ---- Running them

my $folder = tempdir(CLEANUP => 1);
$ENV{HOME} = $folder;
$ENV{SEG_CACHE} ||= "$folder/cache";
my %running;
my ($slow, $done, $failed) = (0, 0, 0);
$| = 1;

sub start {
    my $script = shift;
    my $place = "$folder/" . (++$done);
    mkdir $place;
    my $process = fork;
    die "extremes: fork: $!" unless defined $process;
    if ($process == 0) {
        chdir $place or POSIX::_exit(9);
        open STDIN,  '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        open STDERR, '>', "$place.errors";
        $SIG{INT} = 'DEFAULT';
        exec 'sh', '-c', 'ulimit -v 12000000; exec "$@"', 'sh', $seg, '--threads', '1', '--memory', '300M', '-e', $script
            or POSIX::_exit(9);
    }
    $running{$process} = { script => $script, place => $place, since => time, asked => 0 };
}

sub ended {
    my ($process, $status) = @_;
    my $case = delete $running{$process};
    my $errors = '';
    if (open my $in, '<', "$case->{place}.errors") { local $/; $errors = <$in> }
    system 'rm', '-rf', $case->{place}, "$case->{place}.errors";
    my $fault =
          $case->{killed}                                                  ? 'does not end by Ctrl-C'
        : $case->{asked} && ($status >> 8) == 130                          ? undef
        : $status & 127                                                    ? 'signal ' . ($status & 127)
        : ($status >> 8) > 1                                               ? 'status ' . ($status >> 8)
        : $errors =~ /\b(?:Failure|TensorError|SystemError|Diagnostic)\(/ ? 'shows an internal struct'
        :                                                                    undef;
    $slow++ if $case->{asked} && !$fault;
    return unless $fault;
    $failed++;
    (my $text = $case->{script}) =~ s/^/    /gm;
    print "FAILED ($fault):\n$text\n";
}

$SIG{INT} = sub { kill 'KILL', keys %running; exit 130 };
my $began = time;
my @left = @scripts;
while (@left || %running) {
    start(shift @left) while @left && keys %running < $jobs;
    my $any = 0;
    while ((my $process = waitpid(-1, WNOHANG)) > 0) { ended($process, $?) if $running{$process}; $any = 1 }
    for my $process (keys %running) {
        my $case = $running{$process};
        my $taken = time - $case->{since};
        if ($taken > $patience + $answer && !$case->{killed}) { kill 'KILL', $process; $case->{killed} = 1 }
        elsif ($taken > $patience && !$case->{asked}) { kill 'INT', $process; $case->{asked} = 1 }
    }
    sleep 0.003 unless $any;
}

printf "%d scripts in %d s, %d failed, %d slow and ended by Ctrl-C\n", scalar @scripts, time - $began, $failed, $slow;
exit($failed ? 1 : 0);
