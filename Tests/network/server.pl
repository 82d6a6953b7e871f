# A small HTTP server on the loopback address for the tests of downloads: one file, served in the way that
# the first part of the address names. It prints its port and an unused port, and writes
# each request to the log.
#
#     perl server.pl FILE LOG
use strict;
use warnings;
use IO::Socket::INET;

my ($file, $log) = @ARGV;
open(my $in, '<:raw', $file) or die "cannot read $file";
my $data = do { local $/; <$in> };
my $server = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1', Proto => 'tcp', ReuseAddr => 1)
    or die "no socket";
my $closed = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'tcp') or die "no socket";
$| = 1;
$SIG{CHLD} = 'IGNORE';
$SIG{PIPE} = 'IGNORE';
print $server->sockport, " ", $closed->sockport, "\n";
while (my $client = $server->accept) {
    next if fork;
    my $path = (split ' ', <$client> // '')[1] // '';
    my $from = 0;
    while (my $line = <$client>) {
        $from = $1 if $line =~ /^Range: bytes=(\d+)-/i;
        last if $line =~ /^\r?\n$/;
    }
    open(my $out, '>>', $log);
    print $out "$path $from\n";
    close $out;
    my ($way) = $path =~ m{^/(\w+)/};
    $way //= '';
    my $status = '200 OK';
    my $body = $data;
    my $range = '';
    if ($way eq 'missing') { ($status, $body) = ('404 Not Found', 'no') }
    elsif ($way eq 'other') { substr($body, 100, 1) = 'x' }
    elsif ($from > 0 && $way ne 'whole') {
        if ($from >= length $data) { ($status, $body) = ('416 Range Not Satisfiable', '') }
        else {
            my $last = length($data) - 1;
            ($status, $body) = ('206 Partial Content', substr($data, $from));
            $range = "Content-Range: bytes $from-$last/" . length($data) . "\r\n";
        }
    }
    if ($way eq 'redirect') {
        print $client "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:", $server->sockport, ($path =~ s{^/redirect}{/ok}r), "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        close $client;
        exit 0;
    }
    print $client "HTTP/1.1 $status\r\nContent-Length: ", length($body), "\r\n${range}Connection: close\r\n\r\n";
    # "half" breaks off in the middle; "slow" stops there until the client gives up.
    if ($way eq 'half' || $way eq 'slow') {
        print $client substr($body, 0, length($body) / 2);
        $client->flush;
        sleep 30 if $way eq 'slow';
    } else {
        print $client $body;
    }
    close $client;
    exit 0;
}
