#!/usr/bin/env perl
# The protocol of `seg --kernel`: cells, pictures, errors, questions, interrupts, and lines that are no requests.
#
#     Tests/kernel/run.pl [SEG]        SEG: the command, .build/release/seg by default
use strict;
use warnings;
use utf8;
use Cwd qw(realpath);
use File::Temp qw(tempdir);
use IPC::Open2;
use JSON::PP;
use MIME::Base64;
use Time::HiRes qw(time sleep);

binmode STDOUT, ':utf8';
my $seg = realpath($ARGV[0] // '.build/release/seg') or die "there is no seg; build it first\n";
my $folder = tempdir(CLEANUP => 1);
chdir $folder or die;
$ENV{SEG_CACHE} = "$folder/cache";
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "FAILED: the kernel did not answer in two minutes\n" };
alarm 120;

my $json = JSON::PP->new->utf8->canonical;
my ($passed, $failed) = (0, 0);
my ($pid, $to, $from, $id);

sub check {
    my ($what, $found, $wanted) = @_;
    my $shown = ref $wanted eq 'Regexp' || !ref $wanted ? $wanted : JSON::PP->new->canonical->encode($wanted);
    $found = ref $found ? JSON::PP->new->canonical->encode($found) : $found // 'undef';
    if (ref $wanted eq 'Regexp' ? $found =~ $wanted : $found eq $shown) { $passed++; return }
    $failed++;
    print "FAILED: $what: expected\n$shown\nbut found\n$found\n";
}

sub start { $pid = open2($from, $to, $seg, '--kernel'); $id = 0; return receive() }
sub line { my ($text) = @_; syswrite $to, "$text\n" }
sub receive { my $line = readline $from; return defined $line ? $json->decode($line) : undef }
sub request { my (%request) = @_; line($json->encode({ id => ++$id, %request })) }
# The events of the last request.
sub events { my @events; while (my $event = receive()) { push @events, $event; last if $event->{event} eq 'done' } return @events }
sub ask { request(@_); return (events())[-1] }
# The events of a cell in short.
sub cell {
    my ($code, %more) = @_;
    request(do => 'run', code => $code, %more);
    my @events;
    for my $event (events()) {
        my $last = $events[-1];
        # How output is cut into events depends on the time.
        if ($last && $last->{event} eq 'output' && $event->{event} eq 'output' && $last->{stream} eq $event->{stream}) {
            $last->{text} .= $event->{text};
        } else { push @events, $event }
    }
    return [map { my $e = $_;
        $e->{event} eq 'output' ? "$e->{stream}: $e->{text}" : $e->{event} eq 'value' ? "= $e->{text}"
        : $e->{event} eq 'error' ? "$e->{kind}: $e->{message} " . ($e->{source} // '') . ':' . ($e->{line} // '') . ':' . ($e->{column} // '')
        : $e->{event} eq 'picture' ? "picture $e->{width} x $e->{height}" : $e->{status} } @events];
}

my $ready = start();
check('ready', "$ready->{event} $ready->{protocol}", 'ready 1');
check('output and value', cell("print(\"ä\")\n1 + 1"), ["stdout: ä\n", '= 2', 'ok']);
check('names stay', cell("x = 3"), ['ok']);
check('names stay', cell("x"), ['= 3', 'ok']);
check('the last value', cell("ans"), ['= 3', 'ok']);
check('the error stream', cell('eprint("a")'), ["stderr: a\n", 'ok']);
check('an error has its place', cell("y = 1\nz = y + [1,2] @ 3", cell => 7), qr/"\w+: .* <cell 7>:2:\d+","error"/);
check('a syntax error', cell("a = (", cell => 8), qr/"syntax: this `\(` is not closed <cell 8>:1:5","error"/);
check('what an error says on a terminal', do { request(do => 'run', code => 'nothing1'); join "\n", @{ (events())[0]{lines} } },
    qr/there is nothing called `nothing1`.*-->.*<cell \d+>:1:1/s);
check('a function keeps its cell', cell('f(x) = x + nil', cell => 20), ['ok']);
check('a function keeps its cell', cell('f(1)', cell => 21), qr/<cell 20>:1:\d/);
check('an empty cell', cell(" \n"), ['ok']);
check('a command of the prompt', cell('?relu'), qr/stdout: relu\(/);
my $start = time;
check('a command in the background', cell('!echo a; sleep 30 &'), qr/stdout: a\\n/);
check('it is not waited for', time - $start < 10 ? 'soon' : time - $start, 'soon');
request(do => 'run', code => '!yes &');
sleep 0.5;
kill INT => $pid;
$start = time;
events();
check('an interrupt of what writes in the background', time - $start < 10 ? 'soon' : time - $start, 'soon');
check('a command of the shell', cell('!echo ä; echo b >&2; exit 3'), qr/stdout: ä\\nb\\nexit status 3/);
check('a long list is cut', do { my $text = cell('0..<100000')->[0]; cell('map(0..<100000, i -> i)')->[0] }, qr/more; print shows all/);
check('nothing to read', cell('read_text("/dev/stdin")'), ['= ""', 'ok']);

# ---- Pictures

check('a plot', cell('plot([3, 1, 2])'), qr/^\["picture \d+ x \d+","ok"\]$/);
request(do => 'run', code => 'plot([3, 1, 2], width=300, height=200)');
my ($picture) = events();
check('its size is in points', "$picture->{width} x $picture->{height}", '300 x 200');
my $png = decode_base64($picture->{png});
check('a PNG with two pixels per point', join(' x ', unpack('N2', substr $png, 16, 8)), '600 x 400');
check('a triptych between outputs', cell("s = streets(count=1, size=32)[0]\nprint(1)\ntriptych(s, s.mask)\nprint(2)"),
    qr/^\["stdout: 1\\n","picture \d+ x \d+","stdout: 2\\n","ok"\]$/);
check('a sample', cell('s'), qr/^\["picture \d+ x \d+","= 32 x 32 pixels; fields: .*","ok"\]$/);
check('a data set', cell('streets(count=2, size=32)'), qr/^\["picture \d+ x \d+","= .*","ok"\]$/);
request(do => 'run', code => 'streets(count=20, size=64)');
($picture) = events();
check('a sheet is as wide as the page', $picture->{width} <= 960 && $picture->{width} > 700 ? 'so' : $picture->{width}, 'so');
check('counts', cell('streets(count=2, size=32).counts'), qr/^\["picture \d+ x \d+","ok"\]$/);
check('a picture as a file is none here', cell('plot([1, 2], save="a.png")'), ['ok']);
check('the file is there', -s 'a.png' ? 'there' : 'missing', 'there');
check('nothing to draw', cell('plot([])'), qr/stdout: |value: /);

# ---- Questions

check('completion', [map { $_->{text} } @{ ask(do => 'complete', code => 'x = "ä"; deeplabv3_resnet10', cursor => 26)->{matches} }], ['deeplabv3_resnet101']);
my $answer = ask(do => 'complete', code => 'x = "ä😀"; deeplabv3_resnet10', cursor => 28);
check('its place counts Unicode scalars', "$answer->{start} $answer->{end}", '10 28');
check('completion with help', ask(do => 'complete', code => 'relu', cursor => 4)->{matches}[0]{help}, qr/^\(/);
check('completion of the members of a value', [map { $_->{text} } @{ ask(do => 'complete', code => 's.ima', cursor => 5)->{matches} }], ['image']);
check('a cursor behind the text', ask(do => 'complete', code => 'rel', cursor => 1000)->{status}, 'ok');
check('a negative cursor', ask(do => 'complete', code => 'rel', cursor => -5)->{status}, 'ok');
check('help on a name', ask(do => 'inspect', code => 'y = relu(x)', cursor => 6)->{text}, qr/^relu\(/);
check('help on the call', ask(do => 'inspect', code => 'y = relu(', cursor => 9)->{text}, qr/^relu\(/);
check('help on nothing', ask(do => 'inspect', code => '1 + 1', cursor => 5)->{found} ? 'found' : 'not found', 'not found');
check('complete', ask(do => 'is_complete', code => 'x = 1')->{status}, 'complete');
check('a command is complete', ask(do => 'is_complete', code => '?(')->{status}, 'complete');
$answer = ask(do => 'is_complete', code => 'if true {');
check('incomplete', "$answer->{status}:$answer->{indent}", 'incomplete:    ');
check('invalid', ask(do => 'is_complete', code => 'x = )')->{status}, 'invalid');

# ---- Output comes while the cell runs, and an interrupt ends it

request(do => 'run', code => "print(1)\nprint(2)\nwhile true { }");
$start = time;
my $text = '';
while ($text ne "1\n2\n") { $text .= receive()->{text} }
check('output comes at once', time - $start < 2 ? 'at once' : time - $start, 'at once');
kill INT => $pid;
$start = time;
check('an interrupt', [map { $_->{kind} // $_->{status} } events()], ['interrupt', 'error']);
check('it ends soon', time - $start < 1 ? 'soon' : time - $start, 'soon');
check('names outlive it', cell('x'), ['= 3', 'ok']);
kill INT => $pid;
sleep 0.1;
check('an interrupt of nothing', cell('1'), ['= 1', 'ok']);
request(do => 'run', code => '!sleep 60');
sleep 0.3;
kill INT => $pid;
$start = time;
events();
check('an interrupt of a command of the shell', time - $start < 5 ? 'soon' : time - $start, 'soon');
# What it leaves in the background holds neither the cell nor its interrupt.
$start = time;
check('a command in the background', cell('!sleep 60 & echo a'), ["stdout: a\n", 'ok']);
check('it is not waited for', time - $start < 5 ? 'soon' : time - $start, 'soon');
request(do => 'run', code => '!while sleep 0.01; do echo a; done & echo b');
sleep 0.3;
kill INT => $pid;
$start = time;
events();
check('an interrupt of one that writes', time - $start < 5 ? 'soon' : time - $start, 'soon');
# What takes no notice of the interrupt is ended all the same.
for my $case ([ 'INT', 'exit status 143' ], [ 'INT TERM', "killed\nexit status 137" ]) {
    my ($ignored, $said) = @$case;
    request(do => 'run', code => "!trap '' $ignored; sleep 60; sleep 60");
    sleep 0.3;
    kill INT => $pid;
    $start = time;
    check("an interrupt of what ignores $ignored", join('', map { $_->{text} // '' } events()), qr/$said/);
    check('it ends soon', time - $start < 5 ? 'soon' : time - $start, 'soon');
}
check('many lines', do { my $n = 0; my $events = cell('for i in 0..<20000 { print(i) }'); $n += () = $_ =~ /\n/g for @$events; $n }, 20000);

# ---- Lines that are no requests

for my $wrong ('{"id": 1', '[1]', "\xff\xfe", '[' x 10000, '3') {
    line($wrong);
    check('no request', receive()->{event}, 'fault');
}
check('an unknown request', ask(do => 'fly')->{status}, 'fault');
for my $wrong ({}, { code => undef }, { code => 5 }, { code => '1', cell => 'x' }, { code => '1', cell => 1.5 }) {
    check('a cell that is none', ask(do => 'run', %$wrong)->{status}, 'fault');
}
check('a cursor that is none', ask(do => 'complete', code => '1', cursor => 'x')->{message}, qr/cursor .* whole number/);
line('{"id": {"a": [1]}, "do": "run", "code": "1"}');
my ($value) = events();
check('any id is given back', $value->{id}, { a => [1] });
print $to ' ' x (70 << 20), "\n";
$to->flush;
check('a line that is too long', receive()->{message}, qr/longer than/);

# ---- The end

check('exit', cell('exit(4)'), ['exit']);
waitpid $pid, 0;
check('the exit status', $? >> 8, 4);
start();
request(do => 'run', code => 'print(5)');
close $to;
check('what was asked before the end is answered', [map { $_->{text} // $_->{status} } events()], ["5\n", 'ok']);
waitpid $pid, 0;
check('the status at the end of the input', $?, 0);
start();
close $from;
request(do => 'run', code => 'while true { print(1) }');
waitpid $pid, 0;
check('nobody reads', $? & 127, 0);
# Also where it writes nothing.
start();
request(do => 'run', code => 'while true { }');
close $from;
close $to;
for (1 .. 50) { last if waitpid($pid, 1) == $pid; sleep 0.1 }
check('nobody reads what is not written', kill(0 => $pid) ? 'alive' : 'gone', 'gone');
# The process does not outlive the one that started it.
pipe my $reader, my $writer;
my $middle = fork // die;
if (!$middle) {
    close $reader;
    start();
    request(do => 'run', code => 'print(1); while true { }');
    receive();
    syswrite $writer, "$pid\n";
    kill KILL => $$;
}
close $writer;
chomp(my $orphan = readline $reader);
waitpid $middle, 0;
for (1 .. 50) { last unless kill 0 => $orphan; sleep 0.1 }
check('alone', kill(0 => $orphan) ? 'alive' : 'gone', 'gone');

alarm 0;
print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
