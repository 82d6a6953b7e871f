#!/usr/bin/env perl
# Lists places in tests, examples and documents that name a file under /tmp: the tests of two checkouts would collide there.
# A golden script has its own folder in `args[0]`, a Swift test makes a `ScratchFolder`, a shell script uses
# `mktemp -d`. Status 1 if it finds something.
#
#     perl Tests/lint/scratch.pl
use strict;
use warnings;

my $found = 0;
open(my $files, '-|', 'find', 'Tests', 'Sources', 'stdlib', 'examples', 'docs', '-type', 'f') or die "find: $!";
while (my $file = <$files>) {
    chomp $file;
    next unless $file =~ /\.(?:seg|out|repl|swift|sh|pl|md)$/ && $file !~ m{/\.build|^Tests/lint/};
    open(my $in, '<', $file) or die "$file: $!";
    while (<$in>) {
        next unless m"/tmp/[\w\{]";
        print "$file:$.: a fixed name under /tmp\n";
        $found = 1;
    }
}
exit $found;
