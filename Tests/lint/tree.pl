#!/usr/bin/env perl
# Lists binary files in the repository, and files at its top that a newcomer does not expect there, such as what an
# example wrote. Status 1 if it finds something.
#
#     perl Tests/lint/tree.pl
use strict;
use warnings;

my %expected = map { $_ => 1 } qw(
    .ci .gitignore .swift-format Benchmarks CHANGELOG.md CONTRIBUTING.md LICENSE Makefile Package.swift README.md
    Sources Tests docs editors examples publish stdlib);
# What earlier versions saved, a few kilobytes each: no script can make it any more.
my $kept = qr{^Tests/Golden/saving/_earlier};

# A copy without Git's folder, such as an unpacked archive, has nothing to check.
exit 0 if system('git rev-parse --is-inside-work-tree > /dev/null 2>&1') != 0;

my %text = map { $_ => 1 } split /\0/, `git grep -zIl ''`;
my $found = 0;
for my $path (split /\0/, `git ls-files -z`) {
    my ($top) = split m{/}, $path;
    my $fault =
        !$expected{$top} ? 'not expected at the top of the repository'
        : -s $path && !$text{$path} && $path !~ $kept ? 'a binary file'
        : next;
    print "$path: $fault\n";
    $found = 1;
}
exit $found;
