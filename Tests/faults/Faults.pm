# What the campaigns of this folder share: a scratch folder, the command run with a limit of time, checks and their
# count. A script ends with `finish`, whose line says how many checks passed.
package Faults;
use strict;
use warnings;
use Cwd qw(realpath);
use Exporter 'import';
use File::Temp ();
use POSIX ();
use Time::HiRes qw(time sleep);

our @EXPORT = qw(begin path seg results start ended kill_and_wait put contents check finish leftovers between
    training_with_features $folder $net $command %environment);

our ($folder, $net, $command, %environment);
my $scratch;
my ($passed, $failed) = (0, 0);

# A model and data that train in milliseconds.
$net = <<'SEG';
type Net() { a = Conv2d(3, 16, 3, padding=1); b = Conv2d(16, 32, 1); forward(x) = b(relu(a(x))) }
d = streets(count=8, size=[32, 48], seed=1).normalize()
SEG

# A script that trains the head of a frozen model on so many pictures of a height and width. Under --memory 64M it keeps
# the features on the disk. It prints the losses.
sub training_with_features {
    my ($count, $height, $width) = @_;
    return <<"SEG";
d = streets(count=$count, size=[$height, $width], seed=1).normalize()
seed(1)
m = lraspp_mobilenet_v2(classes=32)
freeze(m.backbone)
run = trainer(m, d, batch=2, epochs=2)
for epoch in run { print(epoch.train.loss) }
SEG
}

# The command, from the first argument; an empty folder is the working folder of what follows.
sub begin {
    $command = realpath($_[0] || '.build/release/seg');
    -x $command or die "there is no $command; build it first\n";
    $| = 1;
    $scratch = File::Temp->newdir;
    $folder = "$scratch";
    mkdir path($_) for qw(home state cache);
    %environment = (HOME => path('home'), XDG_STATE_HOME => path('state'), SEG_CACHE => path('cache'), LC_ALL => 'C.UTF-8',
        # A toolchain's backtraces of SIGQUIT take seconds.
        SWIFT_BACKTRACE => 'enable=no');
    srand($ENV{SEED} // 1);
}

sub path { "$folder/$_[0]" }

# Starts the command. Options: `environment`, `folder`, `wrapper` (a command that runs it), `in`, `out`, `err` (files,
# or open handles).
sub start {
    my ($arguments, %options) = @_;
    my $process = fork;
    die "fork: $!" unless defined $process;
    return $process if $process;
    chdir($options{folder} || $folder) or POSIX::_exit(99);
    %ENV = (%ENV, %environment, %{ $options{environment} || {} });
    # A script in the background ignores these, and would pass that on.
    $SIG{$_} = 'DEFAULT' for qw(INT QUIT HUP TERM PIPE);
    my $place = 0;
    for my $way (['in', '<'], ['out', '>'], ['err', '>']) {
        my $target = $options{ $way->[0] } || '/dev/null';
        my $handle;
        if (ref $target) { $handle = $target }
        else { open $handle, $way->[1], $target or POSIX::_exit(99) }
        POSIX::dup2(fileno $handle, $place++);
    }
    exec(@{ $options{wrapper} || [] }, $command, @$arguments) or POSIX::_exit(99);
}

# Whether a process has ended, with its status as `$?`.
sub ended { return waitpid($_[0], POSIX::WNOHANG()) > 0 }

# Runs the command to its end, at most 300 seconds (`limit`): { out, err, status, seconds }. The status is -1 past
# the limit, and 1000 more than the number of a signal. What it says comes through pipes, which no full disk stops.
sub seg {
    my ($arguments, %options) = @_;
    my %result = (out => '', err => '', status => undef);
    my %readers;
    for my $way (qw(out err)) {
        next if $options{$way};
        pipe my $reader, my $writer or die "pipe: $!";
        ($readers{$way}, $options{$way}) = ($reader, $writer);
    }
    my $begun = time;
    my $process = start($arguments, %options);
    delete @options{qw(out err)};
    my $limit = $begun + ($options{limit} || 300);
    while (%readers || !defined $result{status}) {
        my $set = '';
        vec($set, fileno $_, 1) = 1 for values %readers;
        select $set, undef, undef, 0.005;
        for my $way (keys %readers) {
            next unless vec $set, fileno $readers{$way}, 1;
            sysread($readers{$way}, $result{$way}, 65536, length $result{$way}) or delete $readers{$way};
        }
        if (!defined $result{status} && ended($process)) { $result{status} = $? & 127 ? 1000 + ($? & 127) : $? >> 8 }
        if (time > $limit) {
            $result{status} //= do { kill 'KILL', $process; waitpid $process, 0; -1 };
            last;
        }
    }
    $result{seconds} = time - $begun;
    return \%result;
}

# Sends a signal after some seconds, if the process still runs; true if it did. Waits for its end at most 5 seconds.
sub kill_and_wait {
    my ($process, $signal, $delay) = @_;
    my $until = time + $delay;
    while (time < $until) {
        return 0 if ended($process);
        sleep 0.001;
    }
    kill $signal, $process;
    $until = time + 5;
    while (time < $until) {
        return 1 if ended($process);
        sleep 0.001;
    }
    kill 'KILL', $process;
    waitpid $process, 0;
    check("the process ends after SIG$signal", 0, 'it did not within 5 seconds');
    return 1;
}

sub put {
    my ($name, $text) = @_;
    open my $out, '>', path($name) or die "$name: $!";
    print $out $text;
    close $out;
    return path($name);
}

sub contents {
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar(<$in>) // '';
}

# What a result, or a text, says beside notes: these depend on how fast the machine is.
sub results { return join '', grep { !/^note:/ } split /^/, ref $_[0] ? $_[0]{out} : $_[0] }

# Temporary files in a folder.
sub leftovers { my @found = glob(($_[0] || $folder) . '/.seg-*'); return scalar @found }

sub between { my ($low, $high) = @_; return $low + rand($high - $low) }

# Counts a check, and says why one failed. The detail may be a result of `seg`.
sub check {
    my ($name, $isGood, $detail) = @_;
    if ($isGood) { $passed++; return 1 }
    $failed++;
    $detail = "status $detail->{status}\n$detail->{out}$detail->{err}" if ref $detail;
    print "FAILED: $name\n", map({ "    $_\n" } split /\n/, substr $detail // '', 0, 2000);
    return 0;
}

sub finish {
    print "$passed passed, $failed failed\n";
    undef $scratch;
    exit($failed ? 1 : 0);
}

1;
