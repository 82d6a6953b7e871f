#!/usr/bin/env perl
# A client of `seg lsp`: what an editor asks, and what no editor should send.
#
#     Tests/lsp/run.pl [SEG]        SEG: the command, .build/release/seg by default
use strict;
use warnings;
use utf8;
use Cwd qw(realpath);
use Encode qw(encode_utf8 decode_utf8);
use File::Temp qw(tempdir);
use IPC::Open2;
use JSON::PP;

binmode STDOUT, ':utf8';
my $seg = realpath($ARGV[0] // '.build/release/seg') or die "there is no seg; build it first\n";
my $folder = tempdir(CLEANUP => 1);
chdir $folder or die;
$ENV{SEG_CACHE} = "$folder/cache";
delete $ENV{SEG_STDLIB};
$SIG{PIPE} = 'IGNORE';
$SIG{ALRM} = sub { die "FAILED: the server did not answer in a minute\n" };

my $json = JSON::PP->new->canonical;
my ($passed, $failed) = (0, 0);
my ($pid, $to, $from, $next, @news);

sub check {
    my ($what, $found, $wanted) = @_;
    my $shown = ref $wanted && ref $wanted ne 'Regexp' ? $json->encode($wanted) : $wanted;
    $found = ref $found ? $json->encode($found) : $found // 'undef';
    if (ref $wanted eq 'Regexp' ? $found =~ $wanted : $found eq $shown) { $passed++; return }
    $failed++;
    print "FAILED: $what: expected\n$shown\nbut found\n$found\n";
}

# ---- The stream

sub start { $pid = open2($from, $to, $seg, 'lsp'); binmode $_, ':raw' for $to, $from; $next = 1; @news = (); alarm 60 }

sub bytes { my ($bytes) = @_; syswrite $to, $bytes }

sub message { my ($content) = @_; bytes("Content-Length: " . length($content) . "\r\n\r\n$content") }

sub say_ { my ($message) = @_; message(JSON::PP->new->utf8->encode({ jsonrpc => '2.0', %$message })) }

sub content {
    my $length;
    while (defined(my $line = readline $from)) {
        $line =~ s/\r\n$//;
        last if $line eq '';
        $length = $1 if $line =~ /^Content-Length: (\d+)$/;
    }
    return undef unless defined $length;
    read($from, my $content, $length) == $length or return undef;
    return $content;
}

sub receive { my $content = content(); return defined $content ? JSON::PP->new->utf8->decode($content) : undef }

sub note { my ($method, $params) = @_; say_({ method => $method, params => $params }) }

sub answer {
    my ($id) = @_;
    while (my $message = receive()) {
        if ($message->{method}) { push @news, $message; next }
        return $message if ($message->{id} // 'null') eq $id;
    }
    return { error => { message => 'the server has ended' } };
}

# The result of a request, or the text of its error.
sub ask {
    my ($method, $params) = @_;
    my $id = $next++;
    say_({ id => $id, method => $method, params => $params });
    my $answer = answer($id);
    return $answer->{error} ? "error $answer->{error}{message}" : $answer->{result};
}

# Asks, and reads the answer without looking into it: long ones take this client more time than the server.
sub poke {
    my ($method, $params) = @_;
    my $id = $next++;
    say_({ id => $id, method => $method, params => $params });
    while (defined(my $content = content())) { return 1 if $content =~ /^\{(?:"error":\{.*?\},)?"id":$id,/ }
    return 0;
}

sub ended {
    my ($wanted, $what) = @_;
    close $to;
    1 while receive();
    waitpid $pid, 0;
    check($what, $?, $wanted << 8);
}

sub session { start(); ask('initialize', { processId => undef, capabilities => {} }); note('initialized', {}) }

# ---- Documents

my %version;

sub open_ {
    my ($name, $text) = @_;
    note('textDocument/didOpen', { textDocument =>
        { uri => "file://$folder/$name", languageId => 'seg', version => 1, text => $text } });
    $version{$name} = 1;
}

sub at { my ($name, $line, $character, %more) = @_;
    return { textDocument => { uri => "file://$folder/$name" }, position => { line => $line, character => $character }, %more } }

# The errors of a document, when they come: [line, character, end character, message].
sub errors {
    my ($name) = @_;
    while (1) {
        my $message = (grep { $_->{params}{uri} eq "file://$folder/$name" } @news)[0] // receive() // return 'no errors came';
        @news = grep { $_ != $message } @news;
        next unless ($message->{method} // '') eq 'textDocument/publishDiagnostics' && $message->{params}{uri} =~ /\Q$name\E$/;
        return [map { my $r = $_->{range}; "$r->{start}{line}:$r->{start}{character}-$r->{end}{character} " . (split /\n/, $_->{message})[0] }
            @{ $message->{params}{diagnostics} }];
    }
}

sub change {
    my ($name, @changes) = @_;
    note('textDocument/didChange', { textDocument =>
        { uri => "file://$folder/$name", version => ++$version{$name} }, contentChanges => \@changes });
}

sub range { my ($line, $from, $to, $end) = @_;
    return { start => { line => $line, character => $from }, end => { line => $end // $line, character => $to } } }

sub places { my ($list) = @_;
    return $list unless ref $list;
    return join ' ', map { my $r = $_->{range} // $_->{targetRange}; "$r->{start}{line}:$r->{start}{character}-$r->{end}{character}" } @$list }

sub names { my ($answer) = @_; return [map { $_->{label} } @{ ref $answer eq 'HASH' ? $answer->{items} : $answer }] }

# ---- The order of a session

start();
check('a request before initialize', ask('textDocument/hover', {}), 'error initialize comes first');
my $about = ask('initialize', { processId => undef, capabilities => {} });
check('the name of the server', $about->{serverInfo}{name}, 'seg');
check('positions', $about->{capabilities}{positionEncoding}, 'utf-16');
check('initialize twice', ask('initialize', {}), 'error the server is initialized');
note('initialized', {});
check('a method that is not there', ask('textDocument/moo', {}), 'error there is no method textDocument/moo');
check('a document that is not open', ask('textDocument/hover', at('no.seg', 0, 0)), 'error the document is not open');

# ---- Errors

open_('a.seg', "x = 1\nprint(y)\nz = lenn([1])\ny2 = relu(1, 2, 3)\n");
my $errors = errors('a.seg');
check('several errors at once', $errors, qr/1:6-7 there is nothing called `y`.*2:4-8 there is nothing called `lenn`.*3:/);
change('a.seg', { range => range(1, 6, 7), text => 'x' }, { range => range(2, 4, 8), text => 'len' }, { range => range(3, 0, 0, 4), text => '' });
check('corrected', errors('a.seg'), []);
change('a.seg', { text => "# 😀 ä\ns = \"😀ä\" + q\n" });
check('columns are units of UTF-16', errors('a.seg'), ['1:12-13 there is nothing called `q`']);
change('a.seg', { range => range(1, 5, 7), text => 'b' });
check('a change counts in UTF-16', errors('a.seg'), ['1:11-12 there is nothing called `q`']);
change('a.seg', { text => "a = (1\nb = [2\n" });
check('an unfinished text', errors('a.seg'), qr/is not closed/);
note('textDocument/didSave', { textDocument => { uri => "file://$folder/a.seg" } });
check('a saved text', errors('a.seg'), qr/is not closed/);
note('textDocument/didClose', { textDocument => { uri => "file://$folder/a.seg" } });
check('a closed document has no errors', errors('a.seg'), []);
open_('never.seg', "write_text(\"ran.txt\", \"x\")\nwhile true { }\nerror(\"no\")\n");
check('a script is not run', errors('never.seg'), []);
check('a script is not run', -e 'ran.txt' ? 'ran' : 'not run', 'not run');

# ---- Help

open_('b.seg', <<'END');
## Twice a number.
twice(x, by=2) = x * by
data = streets(count=4, size=32)
model = Net(3)
type Net(width) {
    ## The layer.
    layer = Conv2d(3, width, 1)
    forward(x) = relu(layer(x))
}
print(twice(3, by=4), data.normalize())
settings = (lr=1, batch=2)
run = trainer(model, data, data)
r = run.finish()
used = 3.twice()
END
check('no errors', errors('b.seg'), qr/^\[.*\]$/);
my $hover = ask('textDocument/hover', at('b.seg', 9, 8));
check('hover on an own function', $hover->{contents}{value}, "```seg\ntwice(x, by=2)\n```\n\nTwice a number.");
check('hover has the range of the name', $hover->{range}, range(9, 6, 11));
check('hover on a variable', ask('textDocument/hover', at('b.seg', 9, 23))->{contents}{value}, qr/^```seg\ndata = streets\(/);
check('hover on a function behind a point', ask('textDocument/hover', at('b.seg', 9, 28))->{contents}{value}, qr/normalize\(data/);
check('hover on a method of the library', ask('textDocument/hover', at('b.seg', 12, 10))->{contents}{value}, qr/Trainer\.finish\(/);
check('hover on the library', ask('textDocument/hover', at('b.seg', 7, 18))->{contents}{value}, qr/^```seg\nrelu\(/);
check('hover on a keyword', ask('textDocument/hover', at('b.seg', 4, 1))->{contents}{value}, qr/type/);
check('hover on nothing', ask('textDocument/hover', at('b.seg', 3, 7)), 'undef');
my $help = ask('textDocument/signatureHelp', at('b.seg', 9, 18));
check('the signature of an own function', [$help->{signatures}[0]{label}, $help->{activeParameter}], ['twice(x, by=2)', 1]);
$help = ask('textDocument/signatureHelp', at('b.seg', 2, 30));
check('a named argument', $help->{signatures}[0]{parameters}[$help->{activeParameter}]{label}, qr/^size/);
check('outside of a call', ask('textDocument/signatureHelp', at('b.seg', 0, 2)), 'undef');

# ---- Completion

sub complete {
    my ($line, $character, $text) = @_;
    change('b.seg', { range => range($line, 0, 0), text => $text });
    my $names = names(ask('textDocument/completion', at('b.seg', $line, $character)));
    change('b.seg', { range => range($line, 0, length $text), text => '' });
    return $names;
}
check('own names', complete(14, 2, 'tw'), ['twice']);
check('names of the library', complete(14, 8, 'deeplabv'), qr/"deeplabv3"/);
check('keywords', complete(14, 4, 'whil'), ['while']);
check('named arguments', complete(14, 7, 'twice(b'), qr/^\["by="/);
check('named arguments of the library', complete(14, 12, 'streets(see'), qr/^\["seed="/);
check('members of an own type', complete(14, 6, 'model.'), ['width', 'layer', 'forward']);
check('members of the library', complete(14, 6, 'run.fi'), qr/"finish"/);
check('entries of a record', complete(14, 9, 'settings.'), ['lr', 'batch']);
check('functions behind a point', complete(14, 8, 'data.aug'), qr/"augment"/);
check('kinds', complete(14, 11, 'data is ten'), ['tensor']);
check('nothing in a comment', complete(14, 5, '# twi'), []);
my $item = ask('completionItem/resolve', { label => 'relu', data => { name => 'relu' } });
check('the help of a candidate', $item->{documentation}{value}, qr/^```seg\nrelu\(/);

# ---- Definitions, uses, names

check('the definition of a name', places([ask('textDocument/definition', at('b.seg', 9, 8))]), '1:0-5');
check('the definition of a member', places([ask('textDocument/definition', at('b.seg', 7, 22))]), '6:4-9');
my $place = ask('textDocument/definition', at('b.seg', 11, 8));
check('a definition in the library', $place->{uri}, qr/^file:.*\.seg$/);
(my $path = $place->{uri}) =~ s/^file:\/\///;
open my $file, '<', $path or die "there is no $path\n";
my @lines = <$file>;
check('the line of the definition', $lines[$place->{range}{start}{line}], qr/^trainer\(/);
check('the copy cannot be written to', sprintf('%o', (stat $path)[2] & 0777), '444');
$place = ask('textDocument/definition', at('b.seg', 12, 10));
check('a method of the library', $place->{uri}, qr/train\.seg$/);
check('a native has no script', ask('textDocument/definition', at('b.seg', 9, 2)), 'undef');
check('uses', places(ask('textDocument/references', at('b.seg', 1, 2, context => { includeDeclaration => JSON::PP::true }))), '1:0-5 9:6-11 13:9-14');
check('uses of a parameter', places(ask('textDocument/documentHighlight', at('b.seg', 1, 10))), '1:9-11 1:21-23 9:15-17');

open my $other, '>', 'lib.seg' or die;
print $other "## Three.\nthree() = 3\n";
close $other;
open_('c.seg', <<'END');
w = import("lib.seg")
x = w.three()
f(x) = {
    y = x + 1
    g(z) = { y = y + z; y }
    for x in 0..<3 { print(x, y) }
    g(x)
}
print("{x} and {f(x)}")
count = 0
tick() = { global count = count + 1 }
type Counter(start) {
    n = start
    up() = { n += 1; self.n }
}
c = Counter(start=2)
print(c.n, c.up())
try { f(1) } catch e { print(e.message) }
mean = mean([1, 2])
END
check('no errors', errors('c.seg'), []);
check('a definition in an imported file', ask('textDocument/definition', at('c.seg', 1, 8))->{uri}, qr/lib\.seg$/);
check('hover in an imported file', ask('textDocument/hover', at('c.seg', 1, 8))->{contents}{value}, qr/Three\./);
sub rename_ { my ($line, $character, $new) = @_;
    my $edit = ask('textDocument/rename', at('c.seg', $line, $character, newName => $new));
    return ref $edit ? places($edit->{changes}{"file://$folder/c.seg"}) : $edit }
check('a global and its places in a string', rename_(1, 0, 'v'), '1:0-1 8:8-9 8:18-19');
check('a parameter', rename_(2, 2, 'v'), '2:2-3 3:8-9 6:6-7');
check('the name of a loop', rename_(5, 8, 'v'), '5:8-9 5:27-28');
check('a variable that an inner function rebinds', rename_(3, 4, 'v'), '3:4-5 4:13-14 4:17-18 4:24-25 5:30-31');
check('a global that a function binds', rename_(9, 0, 'total'), '9:0-5 10:18-23 10:26-31');
check('a field', rename_(12, 4, 'total'), '12:4-5 13:13-14 13:26-27 16:8-9');
check('a parameter of a type and its argument', rename_(11, 13, 'first'), '11:13-18 12:8-13 15:12-17');
check('a caught error', rename_(17, 19, 'problem'), '17:19-20 17:29-30');
check('a name that is the library\'s at first', rename_(18, 0, 'v'), qr/^error mean is the library's until/);
check('a name that is taken', rename_(3, 4, 'z'), qr/^error z is already a name there/);
check('a name of the library', rename_(3, 4, 'print'), qr/^error print means the library's/);
check('no name', rename_(3, 4, '1x'), 'error 1x cannot be a name');
check('a keyword', rename_(3, 4, 'while'), 'error while cannot be a name');
check('what is renamed', ask('textDocument/prepareRename', at('c.seg', 2, 2)), { range => range(2, 2, 3), placeholder => 'x' });
check('the library is not renamed', ask('textDocument/prepareRename', at('c.seg', 5, 22)), 'error there is no name of this script');
sub outline { return [map { my $s = $_; my $inner = $s->{children} // [];
    @$inner ? "$s->{name}($s->{kind}): " . join(' ', map { "$_->{name}($_->{kind})" } @$inner) : "$s->{name}($s->{kind})" } @{ $_[0] }] }
check('the outline', outline(ask('textDocument/documentSymbol', at('c.seg', 0, 0))),
    ['w(13)', 'x(13)', 'f(12)', 'count(13)', 'tick(12)', 'Counter(5): n(8) up(6)', 'c(13)', 'mean(13)']);

# ---- Formatting

open_('d.seg', "a = 1\nb=2\nif a>b {\nprint( a )\n}\nc = 3\n");
errors('d.seg');
my $edits = ask('textDocument/formatting', { textDocument => { uri => "file://$folder/d.seg" }, options => {} });
check('only what changes', $edits, [{ range => range(1, 0, 0, 4), newText => "b = 2\nif a > b {\n    print(a)\n" }]);
change('d.seg', { range => $edits->[0]{range}, text => $edits->[0]{newText} });
check('formatted', ask('textDocument/formatting', { textDocument => { uri => "file://$folder/d.seg" } }), []);
for my $pair (["\na = 1\n", "a = 1\n"], ["a = 1", "a = 1\n"], ["a = 1\n\n\n\n", "a = 1\n"], ["a=1\r\nb=2", "a = 1\nb = 2\n"]) {
    my ($old, $new) = @$pair;
    change('d.seg', { text => $old });
    $edits = ask('textDocument/formatting', { textDocument => { uri => "file://$folder/d.seg" } });
    change('d.seg', map { { range => $_->{range}, text => $_->{newText} } } @$edits);
    check('a change of lines', ask('textDocument/formatting', { textDocument => { uri => "file://$folder/d.seg" } }), []);
}
change('d.seg', { text => "a = (" });
check('what cannot be parsed stays', ask('textDocument/formatting', { textDocument => { uri => "file://$folder/d.seg" } }), 'undef');

# ---- Wrong places

for my $wrong ([0, 100_000], [100_000, 0], [9_007_199_254_740_991, 9_007_199_254_740_991]) {
    poke($_, at('c.seg', @$wrong, newName => 'q')) for qw(textDocument/hover textDocument/completion textDocument/definition
        textDocument/signatureHelp textDocument/rename textDocument/references textDocument/documentHighlight);
}
check('a negative line', ask('textDocument/hover', at('c.seg', -1, 0)), 'error a position is missing');
check('a text as a line', ask('textDocument/hover', at('c.seg', '1', 0)), 'error a position is missing');
check('no position', ask('textDocument/hover', { textDocument => { uri => "file://$folder/c.seg" } }), 'error a position is missing');
check('alive', ref ask('textDocument/documentSymbol', at('c.seg', 0, 0)), 'ARRAY');
open_('e.seg', "x = 1\n");
errors('e.seg');
change('e.seg', { range => range(0, 5, 0), text => 'x' });
check('a document is not kept wrong', ask('textDocument/hover', at('e.seg', 0, 0)), 'error the document is not open');
# Each place of a text, also within characters and strings.
open_('f.seg', "s = \"a{f(\"ä{1:.2}\")}😀\" # ä\r\nr.x[\"k\"].y(b=\"\"\"\n{ [\n");
errors('f.seg');
for my $line (0 .. 3) {
    for my $character (0 .. 30) {
        poke($_, at('f.seg', $line, $character, newName => 'q')) for qw(textDocument/hover textDocument/completion textDocument/signatureHelp
            textDocument/definition textDocument/rename);
    }
}
check('all places of a broken text', ref ask('textDocument/documentSymbol', at('f.seg', 0, 0)), 'ARRAY');
check('shutdown', ask('shutdown', undef), 'undef');
check('a request after shutdown', ask('textDocument/hover', at('c.seg', 0, 0)), 'error the server was shut down');
note('exit', undef);
ended(0, 'the status after shutdown and exit');

# ---- What no editor sends

sub memory { open my $status, '<', "/proc/$pid/status" or return 0; my ($peak) = join('', <$status>) =~ /VmHWM:\s+(\d+)/; return $peak / 1024 }

session();
message('{"jsonrpc": "2.0", "id": 7, "method"');
check('half a JSON text', answer('null')->{error}{code}, -32700);
message('[1, 2]');
check('a message that is no object', answer('null')->{error}{code}, -32600);
message('');
check('an empty message', answer('null')->{error}{code}, -32700);
message("\xff\xfe{}");
check('bytes that are no text', answer('null')->{error}{code}, -32700);
message('[' x 100_000);
check('deep nesting', answer('null')->{error}{code}, -32700);
message('[' . '0,' x 300_000 . '0]');
check('too many values', answer('null')->{error}{message}, 'no JSON: the text has too many values');
bytes("Content-Type: x\r\n\r\n");
check('a header without a length', answer('null')->{error}{message}, 'a message has no Content-Length');
bytes("Content-Length: -5\r\n\r\n");
check('a negative length', answer('null')->{error}{code}, -32700);
bytes("Content-Length: 99999999999999999999\r\n\r\n");
check('a length that is no number', answer('null')->{error}{code}, -32700);
bytes("\r\n\r\n" . 'x' x 1_000_000 . "\r\n\r\n");
check('a long header', answer('null')->{error}{code}, -32700);
my $large = 40 << 20;
bytes("Content-Length: $large\r\n\r\n");
bytes(' ' x (1 << 20)) for 1 .. 40;
check('a huge message is read over', answer('null')->{error}{message}, qr/^a message of $large bytes is too long/);
open_('large.seg', 'x = [' . ('1234567, ' x 700_000) . "]\n");
check('a large text is not looked into', errors('large.seg'), qr/too long to be checked here/);
my $wide = time;
open_('wide.seg', 'é = 1' . '; é' x 30_000);
check('many places in a long line', scalar @{ ask('textDocument/references', at('wide.seg', 0, 0)) }, 30_001);
check('they are found soon', time - $wide < 15 ? 'soon' : time - $wide, 'soon');
open_('deep.seg', 'x = ' . '(' x 200_000);
check('a deep text', errors('deep.seg'), qr/nested/);
for (1 .. 1500) { open_("many/$_.seg", "x = 1\n"); ask('textDocument/moo', {}) if $_ % 50 == 0 }
check('more texts than are kept', ask('textDocument/hover', at('many/1500.seg', 0, 0)), 'error the document is not open');
for my $params (undef, [], 'x', 3, { textDocument => 3 }, { textDocument => { uri => 3 } }, { textDocument => { uri => 'untitled:1', text => 'x' } }) {
    note($_, $params) for qw(textDocument/didOpen textDocument/didChange textDocument/didClose textDocument/didSave);
    ask($_, $params) for qw(textDocument/hover textDocument/rename completionItem/resolve textDocument/formatting);
}
check('alive after all that', ask('textDocument/moo', {}), 'error there is no method textDocument/moo');
check('memory stayed small', memory() < 600 ? 'small' : memory() . ' MB', 'small');
ended(1, 'the status where the stream just ends');

session();
bytes("Content-Length: 500\r\n\r\n{\"json");
ended(1, 'a stream that ends within a message');

start();
note('exit', undef);
ended(1, 'exit without shutdown');

# An editor that types: nothing grows.
session();
open_('t.seg', join('', map { "name$_ = $_ + 1\n" } 1 .. 200));
for my $turn (1 .. 6000) { change('t.seg', { range => range(0, 0, 0), text => $turn % 2 ? '#' : "\n" }); poke('textDocument/moo', {}) if $turn % 2 }
ask('textDocument/moo', {});
check('globals of checked texts are released', $errors = do { @news = (); change('t.seg', { text => "a = 1\n" }); errors('t.seg') }, []);
close $from;
note('textDocument/didOpen', {});
close $to;
waitpid $pid, 0;
check('a client that is gone', $? & 127, 0);

alarm 0;
print "$passed passed, $failed failed\n";
exit($failed ? 1 : 0);
