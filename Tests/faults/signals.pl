#!/usr/bin/env perl
# Everything else that a system does to a process: other signals in the middle of a training, a stop and a
# continuation, a terminal that goes away or has one column, closed standard streams, folders without permission,
# two processes on one cache and history, a clock that was set back. After each, what is saved is whole.
#
#     perl Tests/faults/signals.pl [SEG] [ROUNDS]        3 by default; SEED=n for other moments
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Faults;
use Prompt;
use Time::HiRes qw(time sleep);

my $rounds = $ARGV[1] || 3;
begin($ARGV[0]);

put('train.seg', $net . <<'SEG');
run = if file_exists("a.run") { load("a.run") } else {
    trainer(Net(), d, batch=2, epochs=100_000, autosave="a.run", autosave_steps=1)
}
for epoch in run { }
SEG
sub goes_on {
    my ($name) = @_;
    return unless -e path('a.run');
    my $read = seg(['-e', 'x = load("a.run"); x.autosave = nil; x.step(); print(x.steps > 0)']);
    check("$name: the run goes on", $read->{status} == 0 && $read->{out} eq "true\n", $read);
}

# 1. Signals that end the process.
for my $signal (qw(HUP TERM INT QUIT USR1)) {
    for (1 .. $rounds) {
        kill_and_wait(start(['train.seg']), $signal, between(0.05, 0.6));
        goes_on("SIG$signal");
    }
}
# A pipe without a reader is found by writing: the signal itself ends nothing.
{
    my $process = start(['train.seg']);
    sleep 0.3;
    kill 'PIPE', $process;
    sleep 0.2;
    check('SIGPIPE from elsewhere ends nothing', !ended($process));
    kill_and_wait($process, 'TERM', 0);
    goes_on('SIGPIPE');
}
seg(['-e', 'save(1, "one")']);
check('no temporary file is left', leftovers() == 0);

# 2. Stopped and continued: equal numbers.
put('short.seg', $net . <<'SEG');
seed(1)
run = trainer(Net(), d, batch=2, epochs=6)
for epoch in run { print(epoch.train.loss) }
SEG
my $whole = seg(['short.seg']);
check('a training', $whole->{status} == 0, $whole);
for (1 .. $rounds) {
    my $out = path('.short');
    my $process = start(['short.seg'], out => $out);
    my $status;
    for (1 .. 1000) {
        sleep between(0.01, 0.1);
        if (ended($process)) { $status = $?; last }
        kill 'STOP', $process;
        sleep between(0.01, 0.1);
        kill 'CONT', $process;
    }
    check('stopped and continued', defined $status && $status == 0 && results(contents($out)) eq results($whole), contents($out));
}

# 3. A terminal that goes away, in the middle of a training and while waiting; its history stays.
for my $isBusy (0, 1) {
    for my $round (1 .. $rounds) {
        my $prompt = Prompt->start([$command], folder => $folder, environment => \%environment);
        check('the prompt starts', defined $prompt->expect($Prompt::waiting, 20)) or next;
        $prompt->enter("entry = $isBusy$round", 10);
        if ($isBusy) {
            $prompt->type(":load train.seg\r");
            sleep between(0.1, 0.6);
        }
        close $prompt->{master};
        my $until = time + 5;
        my $isOver = 0;
        while (time < $until && !$isOver) { $isOver = ended($prompt->{process}); sleep 0.01 }
        check('the process ends with its terminal', $isOver);
        if (!$isOver) { kill 'KILL', $prompt->{process}; waitpid $prompt->{process}, 0 }
        check('its history stays', contents(path('state/seg/history')) =~ /^entry = $isBusy$round$/m);
        goes_on('the terminal went away');
    }
}

# 4. Terminals of few columns and rows: plots, tables, progress, pictures, completion, help.
for my $size ([1, 1], [1, 24], [2, 2], [3, 80], [80, 1], [0, 0], [10_000, 3]) {
    my ($columns, $rows) = @$size;
    my $name = "a terminal of $columns columns and $rows rows";
    my $prompt = Prompt->start([$command], folder => $folder, columns => $columns, rows => $rows,
        environment => \%environment);
    sleep 0.3;
    for my $entry ('plot((1...30).map(x -> x * x))', 'd = streets(count=4, size=[32, 48], seed=1)', 'd', 'd[0].image',
        'Conv2d(3, 4, 3)', 'heatmap(rand(5, 5))', '[(a=1, b="a long text in a cell"), (a=2, b="c")]', '?mean',
        'bars((a=1, b=2))', 'unknown_name', 'tensor([1, 2], labels=["a", "漢"])', '?')
    {
        $prompt->type("$entry\r");
        $prompt->read_some(0.1) for 1 .. 3;
        $prompt->type('q') if $entry =~ /^\?/;
    }
    # Tab, and a long line that is edited.
    $prompt->type("con\t\t" . 'x' x 50 . "\x01\x05\x15");
    $prompt->read_some(0.2) for 1 .. 3;
    $prompt->type("\x03\x15print(\"still \" + \"here\")\r");
    my $found = $prompt->expect(qr/s\s*t\s*i\s*l\s*l\s+h\s*e\s*r\s*e\s*[\r\n]/, 10);
    check($name, defined $found || !waitpid($prompt->{process}, 1), substr $prompt->{text}, -300);
    $prompt->stop;
}

# 5. Closed streams: files that are opened then do not become the output.
for my $closed ('<&-', '>&-', '2>&-', '<&- >&-', '<&- 2>&-', '>&- 2>&-', '<&- >&- 2>&-') {
    unlink path('closed.txt'), path('closed.run');
    my $code = 'write_text("closed.txt", "text"); save([1, 2], "closed.run"); print("said"); eprint("said"); 7';
    my $result = seg(['-e', $code], wrapper => ['bash', '-c', "exec \"\$0\" \"\$@\" $closed"]);
    my $wanted = $closed =~ /(?:^| )>&-/ ? 1 : 0;
    check("closed: $closed", $result->{status} == $wanted, $result);
    check("closed: $closed: the files are whole", contents(path('closed.txt')) eq 'text'
        && seg(['-e', 'print(load("closed.run") == [1, 2])'])->{out} eq "true\n");
}

# 6. Without permission. Root may do everything: another user then.
my @other = $> == 0 ? ('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups') : ();
if ($> != 0 || system("setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null") == 0) {
    chmod 0711, $folder;
    mkdir path($_) for qw(locked open);
    chmod 0777, path('open');
    put('locked/secret.txt', 'secret');
    put('locked/kept.run', 'not a run');
    chmod 0600, path('locked/secret.txt');
    chmod 0500, path('locked') if $> != 0;
    chmod 0755, path('locked') if $> == 0;
    my %options = (wrapper => \@other, folder => path('open'),
        environment => { SEG_CACHE => path('locked/cache'), XDG_STATE_HOME => path('locked'), HOME => path('locked') });
    for my $case (['save(1, "../locked/kept.run")', 1], ['write_text("../locked/new.txt", "a")', 1],
        ['read_text("../locked/secret.txt")', 1], ['plot([1, 2], save="../locked/a.png")', 1],
        ['write_csv([(a=1)], "../locked/a.csv")', 1], ['save(1, "own.run"); print(load("own.run"))', 0],
        ["d = streets(count=2, size=[32, 48], seed=1).normalize(); m = lraspp_mobilenet_v2(classes=32); freeze(m.backbone); " .
            'run = trainer(m, d, batch=2, epochs=1); run.step()', 0])
    {
        my $result = seg(['-e', $case->[0]], %options);
        check("without permission: $case->[0]", $result->{status} == $case->[1]
            && ($case->[1] == 0 || $result->{err} =~ /permission|not allowed|denied/i), $result);
    }
    check('what may not be written is as it was', contents(path('locked/kept.run')) eq 'not a run'
        && join(' ', map { s{.*/}{}r } glob path('locked/{*,.[a-z]*}')) eq 'kept.run secret.txt', join ' ', glob path('locked/*'));
    my $prompt = Prompt->start([@other, $command], folder => path('open'),
        environment => { %environment, %{ $options{environment} } });
    my $isReady = defined $prompt->expect($Prompt::waiting, 20);
    check('the prompt without a folder for its history', $isReady && ($prompt->enter('40 + 2', 10) // '') =~ /42/);
    $prompt->stop;
} else {
    print "there is no other user to become: permissions left out\n";
}

# 7. Two processes on one cache, one history and one file.
put('features.seg', training_with_features(8, 64, 96));
my @small = ('--memory', '64M', 'features.seg');
my $alone = seg([@small], environment => { SEG_CACHE => path('cache-alone') });
check('features', $alone->{status} == 0, $alone);
for my $round (1 .. $rounds) {
    my $cache = path("cache-$round");
    my @processes = map { start([@small], environment => { SEG_CACHE => $cache }, out => path(".out$_")) } 1 .. 3;
    waitpid $_, 0 for @processes;
    check('three processes with one cache', results(contents(path(".out$_"))) eq results($alone), contents(path(".out$_"))) for 1 .. 3;
    # One file, written by two: each reader finds the whole of one.
    my @writers = map {
        start(['-e', "for i in 1...60 { save((k=$_, x=ones(20000) * $_), \"both\"); v = load(\"both\"); "
            . 'if min(v.x).item() != v.k or max(v.x).item() != v.k { error("mixed") } }'], err => path(".err$_"))
    } 1, 2;
    for my $place (1, 2) {
        waitpid $writers[$place - 1], 0;
        check('two writers of one file', $? == 0, contents(path(".err$place")));
    }
}
{
    my @prompts = map { Prompt->start([$command], folder => $folder, environment => \%environment) } 1 .. 2;
    defined $_->expect($Prompt::waiting, 20) or check('the prompt starts', 0) for @prompts;
    for my $entry (1 .. 10) { $prompts[$_]->enter("both = \"$_ $entry\"", 10) for 0, 1 }
    my $history = contents(path('state/seg/history'));
    my @lost = grep { index($history, "both = \"$_\"\n") < 0 } map { my $entry = $_; map { "$_ $entry" } 0, 1 } 1 .. 10;
    check('two prompts with one history', !@lost, "lost: @lost");
    $_->stop for @prompts;
}

# 8. A clock that was set back: all files are of the future.
my $future = time + 400 * 86_400;
sub age { utime $future, $future, split /\0/, qx(find '$folder' -print0) }
age();
goes_on('files of the future');
my $later = seg([@small], environment => { SEG_CACHE => path('cache-1') });
check('features of the future', $later->{status} == 0 && results($later) eq results($alone), $later);
put('.seg-1-abcdef', 'remains of a killed process');
age();
my $saved = seg(['-e', 'save(2, "one"); print(load("one"))']);
check('saving beside files of the future', $saved->{out} eq "2\n", $saved);
put('module.seg', "a = 1\n");
my $imported = seg(['-e', 'print(import("module.seg").a)']);
check('importing a file of the future', $imported->{out} eq "1\n", $imported);
finish();
