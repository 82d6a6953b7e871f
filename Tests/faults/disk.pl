#!/usr/bin/env perl
# A disk that gets full at each place of each write: what was there before stays whole, or the new is whole; the
# error says so, and the status is 1. Two forms: a limit on the size of files (`ulimit -f`), which always works, and
# a small file system in memory (tmpfs), which needs the right to mount.
#
#     perl Tests/faults/disk.pl [SEG] [PLACES]       PLACES: how many for each write, 8 by default
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Faults;
use Prompt;

my $places = $ARGV[1] || 8;
begin($ARGV[0]);

my $train = $net . <<'SEG';
run = trainer(Net(), d, batch=4, epochs=2, autosave="file.run", autosave_steps=1)
for epoch in run { }
SEG
# What writes: the file, code that writes it, code that reads it and fails for what is not whole. A code may say
# `old` or `new`, of which either is good.
my @writes = (
    ['file', 'save((x=rand(9000), k="new"), "file")', 'v = load("file"); sum(v.x); print(v.k)',
        'save((x=rand(100), k="old"), "file")'],
    ['file.json', 'write_json((x=(1...3000).map(x -> x / 7), k="new"), "file.json")',
        'print(read_json("file.json").k)', 'write_json((k="old"), "file.json")'],
    ['file.csv', 'write_csv((1...3000).map(x -> (k="new", x=x / 7)), "file.csv")',
        't = read_csv("file.csv"); if len(t) == 3000 or len(t) == 1 { print(t[-1].k) }', 'write_csv([(k="old")], "file.csv")'],
    ['file.txt', 'write_text("file.txt", join((1...3000).map(x -> "0123456789"), "") + " new")',
        't = read_text("file.txt"); if len(t) == 30_004 or len(t) == 3 { print(t[-3...]) }',
        'write_text("file.txt", "old")'],
    ['file.png', 'write_image(rand(3, 90, 90), "file.png")',
        'print(if read_image("file.png").shape[1] == 90 { "new" } else { "old" })',
        'write_image(rand(3, 2, 2), "file.png")'],
    ['plot.png', 'plot(arange(500), save="plot.png")',
        'print(if read_image("plot.png").shape[1] > 9 { "new" } else { "old" })',
        'write_image(rand(3, 2, 2), "plot.png")'],
    ['file.pth', 'save_weights(Conv2d(30, 30, 3), "file.pth")',
        'print(if read_tensors("file.pth")["weight"].shape[0] == 30 { "new" } else { "old" })',
        'save_weights(Conv2d(1, 1, 1), "file.pth")'],
    ['file.run', $train, 'r = load("file.run"); r.autosave = nil; r.step(); print("new")', undef],
);

sub is_whole {
    my ($name, $place, $read, $result) = @_;
    check("$name: status 1 and an error that names the file, or none",
        $result->{status} == 0 && $result->{err} eq '' || $result->{status} == 1 && $result->{err} =~ /file|plot/, $result);
    my $found = seg(['-e', $read], folder => $place);
    check("$name: whole", $found->{status} == 0 && $found->{out} =~ /^(old|new)/, $found);
    check("$name: new if there was no error", $result->{status} || $found->{out} =~ /^new/, $found);
}

# Each write, in a folder, with the disk full after so many bytes; `full` runs a code like that.
sub writes {
    my ($form, $place, $full) = @_;
    for my $write (@writes) {
        my ($file, $code, $read, $before) = @$write;
        my $first = seg(['-e', $code], folder => $place);
        check("$file is written", $first->{status} == 0, $first) or next;
        my $size = -s "$place/$file";
        for my $part (0 .. $places) {
            my $bytes = int($size * $part / $places);
            unlink "$place/$file";
            seg(['-e', $before], folder => $place) if $before;
            my $name = "$form, $file of $size bytes, full after $bytes";
            my $result = $full->($bytes, $code);
            if ($before || -e "$place/$file") { is_whole($name, $place, $read, $result) }
            else { check("$name: status 1", $result->{status} == 1 && $result->{err} =~ /file/, $result) }
        }
        unlink "$place/$file";
        seg(['-e', 'save(1, "one")'], folder => $place);
        check("$form, $file: no temporary file is left", leftovers($place) == 0);
    }
}

writes('ulimit -f', $folder, sub {
    my ($bytes, $code) = @_;
    my $blocks = int($bytes / 1024);
    return seg(['-e', $code], wrapper => ['bash', '-c', "trap '' XFSZ; ulimit -f $blocks; exec \"\$0\" \"\$@\""]);
});

# Output that cannot be written.
for my $code ('print("result")', '1 + 1', 'for i in 0..<9999 { print(i) }', 'eprint("a"); print("result")') {
    my $result = seg(['-e', $code], out => '/dev/full');
    check("output to a full device: $code", $result->{status} == 1 && $result->{err} =~ /cannot write/, $result);
}
my $unsaid = seg(['-e', 'error("unsaid")'], err => '/dev/full');
check('an error that cannot be written', $unsaid->{status} == 1, $unsaid);

# A history that is full in the middle of an entry: the entry is lost, its beginning is not kept.
for my $entry ('"' . 'a' x 300 . '"', '"' . 'b' x 900 . '"') {
    my $prompt = Prompt->start(['bash', '-c', "trap '' XFSZ; ulimit -f 1; exec '$command'"], folder => $folder,
        environment => \%environment);
    defined $prompt->expect($Prompt::waiting, 20) or check('the prompt starts', 0);
    $prompt->enter($entry, 10);
    $prompt->stop;
}
check('a history has whole entries', contents(path('state/seg/history')) eq '"' . 'a' x 300 . "\"\n");

# A small file system.
my $small = path('small');
mkdir $small;
if (system("mount -t tmpfs -o size=4m tmpfs '$small' 2>/dev/null") != 0) {
    print "a small file system cannot be mounted here: left out\n";
    finish();
}
END { system("umount '$small' 2>/dev/null") if $small && -d $small }

# Leaves so many bytes, in pages.
sub fill {
    my ($bytes) = @_;
    unlink "$small/.fill";
    my ($free) = qx(df --output=avail -B1 '$small') =~ /(\d+)\s*$/;
    open my $out, '>', "$small/.fill" or die "fill: $!";
    my $size = $free - $bytes;
    syswrite $out, "\0" x $size if $size > 0;
    close $out;
}

writes('tmpfs', $small, sub {
    my ($bytes, $code) = @_;
    fill($bytes);
    my $result = seg(['-e', $code], folder => $small);
    unlink "$small/.fill";
    return $result;
});

# A cache without room changes no result; nor does a history.
my $frozen = training_with_features(6, 64, 96);
my $whole = seg(['--memory', '64M', '-e', $frozen]);
check('a training that keeps features', $whole->{status} == 0, $whole);
for my $bytes (0, 8192, 65_536, 300_000) {
    system("rm -rf '$small'/cache");
    fill($bytes);
    my $result = seg(['--memory', '64M', '-e', $frozen], environment => { SEG_CACHE => "$small/cache" });
    check("features with $bytes bytes left", results($result) eq results($whole) && $result->{status} == 0, $result);
}
fill(0);
for my $round (1 .. 2) {
    my $prompt = Prompt->start([$command], folder => $folder,
        environment => { %environment, XDG_STATE_HOME => "$small/state" });
    my $isReady = defined $prompt->expect($Prompt::waiting, 20);
    my $answer = $isReady ? $prompt->enter('"is " + "here"', 10) : '';
    check('the prompt without room for its history', ($answer // '') =~ /is here/, $answer);
    $prompt->stop;
    unlink "$small/.fill";
}
system("umount '$small'");
finish();
