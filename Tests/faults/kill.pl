#!/usr/bin/env perl
# SIGKILL at random moments: while values are saved, while a run saves itself, while features are written to the
# disk, while a sweep keeps its results, while the prompt writes its history. After each, what is on the disk is the
# whole old or the whole new. Tests/resume/run.sh checks that what is continued ends with equal bits.
#
#     perl Tests/faults/kill.pl [SEG] [KILLS]        1,000 in its long form; SEED=n for other moments
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Faults;
use Prompt;
use Time::HiRes qw(time sleep);

my $kills = $ARGV[1] || 30;
begin($ARGV[0]);
my $share = int(($kills + 4) / 5);
my $done = 0;

# Runs a script and kills it, until it was killed so many times; calls the check after each.
sub campaign {
    my ($name, $arguments, $longest, $after, %options) = @_;
    my ($count, $tries) = (0, 0);
    while ($count < $share && $tries < 4 * $share) {
        $tries++;
        my $errors = path('.errors');
        my $process = start($arguments, err => $errors, %options);
        $count++ if kill_and_wait($process, 'KILL', between(0.02, $longest));
        my $said = contents($errors);
        check("$name: nothing but what SIGKILL ends", $said !~ /error|seg:/, $said);
        last unless $after->();
    }
    $done += $count;
    print "$name: $count kills\n";
}

# 1. Values.
put('values.seg', <<'SEG');
x = ones(1_000_000)
i = if file_exists("v") { load("v").i } else { 0 }
while true { i += 1; save((i=i, t=x * i, u=x * i), "v") }
SEG
my $last = 0;
campaign('saving', ['values.seg'], 0.3, sub {
    return 1 unless -e path('v');
    my $read = seg(['-e', 'x = load("v"); print(x.i, mean(x.t).item(), min(x.u).item(), max(x.u).item())']);
    my @numbers = split ' ', $read->{out};
    my $isWhole = $read->{status} == 0 && @numbers == 4 && !grep({ $_ != $numbers[0] } @numbers);
    my $isLater = $isWhole && $numbers[0] >= $last;
    $last = $numbers[0] if $isWhole;
    return check('the old or the new value', $isLater, $read);
});
seg(['-e', 'save(1, "one")']);
check('no temporary file is left', leftovers() == 0, join "\n", glob path('.seg-*'));

# 2. A run that saves itself after each batch.
put('autosave.seg', $net . <<'SEG');
run = if file_exists("a.run") { load("a.run") } else {
    trainer(Net(), d, batch=2, epochs=100_000, autosave="a.run", autosave_steps=1)
}
for epoch in run { }
SEG
my $steps = -1;
campaign('autosaving', ['autosave.seg'], 0.4, sub {
    return 1 unless -e path('a.run');
    my $read = seg(['-e', 'x = load("a.run"); print(x.steps); x.autosave = nil; x.step()']);
    my ($found) = $read->{out} =~ /^(\d+)/;
    my $isGood = $read->{status} == 0 && defined $found && $found >= $steps;
    $steps = $found if $isGood;
    return check('the run of the last batches', $isGood, $read);
});

# 3. Features on the disk: what is there afterwards changes no number.
put('features.seg', training_with_features(12, 96, 128));
my @small = ('--memory', '64M', 'features.seg');
my $whole = seg([@small], environment => { SEG_CACHE => path('cache-whole') });
check('a training that keeps features on the disk', $whole->{status} == 0, $whole);
my $checks = 0;
campaign('writing features', [@small], $whole->{seconds}, sub {
    return 1 if $checks++ % 5;
    my $again = seg([@small], environment => { SEG_CACHE => path('cache-killed') });
    return check('equal losses with what is on the disk', results($again) eq results($whole), $again);
}, environment => { SEG_CACHE => path('cache-killed') });

# 4. A sweep.
put('sweep.seg', $net . <<'SEG');
f(lr) = trainer(Net(), d[0..<6], d[6...], optimizer=adam(lr=lr), batch=2, epochs=1)
t = sweep(f, lr=(1...12).map(x -> 1 / (100 * x)), progress=false, file="s.json")
print(map(t.rows, row -> row.loss))
SEG
my $complete = seg(['sweep.seg']);
check('a sweep', $complete->{status} == 0, $complete);
my $once = $complete->{seconds};
unlink path('s.json');
campaign('sweeping', ['sweep.seg'], $once, sub {
    return 1 unless -e path('s.json');
    my $read = seg(['-e', 'read_json("s.json")']);
    check('the file of a sweep', $read->{status} == 0, $read) or return 0;
    if (rand() < 0.2) {
        my $end = seg(['sweep.seg']);
        unlink path('s.json');
        return check('the sweep that goes on', results($end) eq results($complete), $end);
    }
    return 1;
});

# 5. The prompt, while it writes its history.
my ($entered, $count) = (0, 0);
for (1 .. $share) {
    my $prompt = Prompt->start([$command], folder => $folder, environment => { %environment });
    $prompt->expect($Prompt::waiting, 10) // last;
    for (1 .. 3) { $entered++; $prompt->enter("x = $entered", 5) }
    $prompt->type("x = 0\r" . ($_ % 2 ? "\x04" : ''));
    sleep between(0, 0.02);
    $prompt->stop;
    $count++;
}
my @lines = split /\n/, contents(path('state/seg/history'));
my %kept = map { $_ => 1 } @lines;
my @lost = grep { !$kept{"x = $_"} } 1 .. $entered;
check('the history has what was entered', !@lost, "lost: @lost of $entered");
check('the history has nothing else', !grep({ !/^x = \d+$/ } @lines), join "\n", @lines);
$done += $count;
print "history: $count kills\n";

print "$done kills\n";
check('enough processes were killed', $done >= $kills * 0.8, "$done of $kills");
finish();
