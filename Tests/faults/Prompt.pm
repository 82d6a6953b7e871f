# A session of the prompt on a terminal of its own, for the scripts of this folder. Perl's core has no terminals:
# the ioctl numbers are Linux's.
package Prompt;
use strict;
use warnings;
use POSIX ();
use Time::HiRes qw(time sleep);

use constant { UNLOCK => 0x40045431, NUMBER => 0x80045430, CONTROL => 0x540E, SIZE => 0x5414 };

# Starts the command with its arguments; `rows`, `columns`, `folder`, `environment` are options.
sub start {
    my ($class, $command, %options) = @_;
    open my $master, '+<', '/dev/ptmx' or die "a terminal: $!";
    my ($unlocked, $number) = (pack('i', 0)) x 2;
    ioctl $master, UNLOCK, $unlocked or die "a terminal: $!";
    ioctl $master, NUMBER, $number or die "a terminal: $!";
    my $name = '/dev/pts/' . unpack('i', $number);
    my $process = fork;
    die "fork: $!" unless defined $process;
    if ($process == 0) {
        POSIX::setsid();
        open my $slave, '+<', $name or POSIX::_exit(9);
        my ($none, $size) = (0, pack('S4', $options{rows} || 24, $options{columns} || 80, 0, 0));
        ioctl $slave, CONTROL, $none;
        ioctl $slave, SIZE, $size;
        POSIX::dup2(fileno $slave, $_) for 0 .. 2;
        POSIX::close(fileno $master);
        chdir $options{folder} if $options{folder};
        $ENV{TERM} = 'xterm';
        $ENV{$_} = $options{environment}{$_} for keys %{ $options{environment} || {} };
        exec @$command or POSIX::_exit(9);
    }
    return bless { master => $master, process => $process, text => '' }, $class;
}

# Reads what is there within some seconds; false at the end of the session.
sub read_some {
    my ($self, $seconds) = @_;
    my $ready = '';
    vec($ready, fileno $self->{master}, 1) = 1;
    return 1 unless select $ready, undef, undef, $seconds;
    my $count = sysread $self->{master}, my $piece, 65536;
    return 0 unless $count;
    $self->{text} .= $piece;
    return 1;
}

# Waits until the text matches; removes it up to the end of the match. Nil if it does not in time.
sub expect {
    my ($self, $pattern, $seconds) = @_;
    my $until = time + $seconds;
    while (1) {
        if ($self->{text} =~ /$pattern/) {
            my $before = substr $self->{text}, 0, $+[0];
            $self->{text} = substr $self->{text}, $+[0];
            return $before;
        }
        $self->{text} = substr $self->{text}, -10000 if length $self->{text} > 1_000_000;
        my $left = $until - time;
        return undef if $left <= 0;
        return undef unless $self->read_some($left < 0.02 ? $left : 0.02);
    }
}

sub type { my ($self, $text) = @_; syswrite $self->{master}, $text }

# The prompt that waits for an entry: bracketed paste is switched on before it.
our $waiting = qr/2004h(?:\e\[[0-9;]*m)*> /;

# Types an entry and gives what was printed; nil if it does not end in time.
sub enter {
    my ($self, $entry, $seconds) = @_;
    $self->type("$entry\r");
    return $self->expect($waiting, $seconds);
}

# The processor time of the thread of the process that has taken most, in seconds: threads beside it release large
# values, for which nobody waits.
sub taken {
    my $self = shift;
    my $most = 0;
    for my $file (glob "/proc/$self->{process}/task/*/stat") {
        open my $in, '<', $file or next;
        my @fields = split ' ', (<$in> // '') =~ s/.*\) //r;
        my $time = ($fields[11] // 0) + ($fields[12] // 0);
        $most = $time if $time > $most;
    }
    return $most / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

# Ends the session and gives its status, as `$?`.
sub stop {
    my $self = shift;
    kill 'KILL', $self->{process};
    close $self->{master};
    waitpid $self->{process}, 0;
    return $?;
}

1;
