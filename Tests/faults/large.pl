#!/usr/bin/env perl
# Every function of the help with large values, interrupted: the prompt is back within 0.2 s after Ctrl-C. The time
# counts only as far as the process computed, as the machine may be busy.
#
#     Tests/faults/large.pl [SEG] [--match NAME,…] [--after SECONDS]
#
# SEG: the command, .build/release/seg by default. Calls that end before Ctrl-C count as right. Status 1 if one is
# late. About half an hour.
use strict;
use warnings;
use Cwd 'abs_path';
use File::Basename 'dirname';
use File::Temp 'tempdir';
use Getopt::Long;
use Time::HiRes qw(time);
use lib dirname(abs_path($0));
use Prompt;

my ($seg, $match, $after, $limit) = ('', '', 0.3, 0.2);
GetOptions('match=s' => \$match, 'after=f' => \$after) or exit 2;
$seg = shift // '';
$seg = abs_path($seg || dirname(abs_path($0)) . '/../../.build/release/seg');
$ENV{SEG_STDLIB} = abs_path($ENV{SEG_STDLIB}) if $ENV{SEG_STDLIB};
$| = 1;
my $folder = tempdir(CLEANUP => 1);
$ENV{HOME} = $folder;
$ENV{SEG_CACHE} = "$folder/cache";

my @setup = (
    'numbers = to_list(rand(8000000))', 'scalars = list(rand(300000))', 'texts = ["ab"] * 4000000', 'lists = (1...700000).map(x -> [x])',
    'rows = (1...300000).map(x -> (a=x, b="q"))', 'text = "ab<" * 15000000', 'letters = "\u{e9}b " * 8000000',
    'record = (); i = 0; while i < 300000 { record["k{i}"] = i; i += 1 }', 'data = streets(count=1000000, size=16)',
    't = rand(15000000)', 'compute(t)', 'u = rand(4000, 4000)', 'compute(u)', 'w = (u * 5).to(int64)', 'compute(w)',
    'pictures = rand(10, 3, 700, 700)', 'compute(pictures)', 'masks = (rand(4, 1500, 1500) * 5).to(int64)',
    'compute(masks)',
);
my @values = qw(numbers scalars texts lists rows text letters record data t u w pictures masks);
my @calls  = (
    (map { "f($_)" } @values), (map { "f($_, $_)" } @values),
    'f(numbers, 0.5)', 'f(numbers, x -> x)', 'f(texts, "b")', 'f(texts, x -> x)', 'f(lists, x -> x)', 'f(rows, "a")',
    'f(text, "b")', 'f(text, "ab")', 'f(text, "<", "qq")', 'f(letters, "b")', 'f("a", text)', 'f("x.tmp", text)',
    'f(text, "x.tmp")', 'f(u, "x.tmp")', 'f(rows, "x.tmp")', 'f(numbers, "x.tmp")', 'f(record, "k5")', 'f(t, 2)', 'f(u, 0)',
    'f(w, 5)', 'f(u, 1)', 'f(pictures, 2)', 'f(pictures, masks)', 'f(masks, masks, 5)', 'f(data, 3)', 'f(data, "a")',
    'f(data, x -> x)', 'f(data, [1, 2])', 'f(20000)', 'f(15000, 15000)', 'f(100000000)', 'f([20000, 20000])',
);

my $reference = `'$seg' doc --markdown`;
die "large: $seg doc --markdown gives nothing\n" unless $reference;
my %wanted = map { $_ => 1 } split /,/, $match;
my @names = grep { !/^(?:official_weights|load_weights|exit|without_changes|keep_partial|live_plot)$/ && (!%wanted || $wanted{$_}) }
    $reference =~ /^### (\w+)$/gm;

my $session;
sub start_session {
    $session = Prompt->start([ $seg, '--threads', '1', '--memory', '4G' ], folder => $folder);
    $session->expect($Prompt::waiting, 60) // die "large: no prompt: $session->{text}\n";
    for my $line (@setup) {
        my $said = $session->enter($line, 300) // die "large: no answer to $line\n";
        die "large: $line: $said\n" if $said =~ /error:/;
    }
}

start_session();
my ($count, $interrupted, $late) = (0, 0, 0);
for my $name (@names) {
    for my $call (@calls) {
        (my $entry = "y = $call; compute(y)") =~ s/\bf\(/$name(/;
        $count++;
        $session->type("$entry\r");
        next if defined $session->expect($Prompt::waiting, $after);
        my ($since, $taken) = (time, $session->taken);
        $session->type("\x03");
        my ($said, $wall, $work) = (undef, 0, 0);
        # The machine may have stopped the session.
        while (!defined $said && $work < 10 && $wall < 600) {
            $said = $session->expect($Prompt::waiting, 5);
            ($wall, $work) = (time - $since, $session->taken - $taken);
        }
        $interrupted++;
        my $time = $wall < $work ? $wall : $work;
        if (!defined $said) {
            printf "FAILED: no prompt after Ctrl-C: %s\n", $entry;
            $session->stop;
            start_session();
        } elsif ($time > $limit) { printf "LATE %.2f s: %s\n", $time, $entry }
        else { next }
        $late++;
    }
    system "rm -rf $folder/x.tmp $folder/*.tmp";
}
$session->stop;
print "$count calls, $interrupted interrupted, $late late\n";
exit($late ? 1 : 0);
