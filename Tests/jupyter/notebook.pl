#!/usr/bin/env perl
# The tutorial as a notebook: the text of docs/tutorial.md in cells of text, its blocks of seg in cells of code, without
# the expectations. `<!-- notebook: … -->` in the page is a cell of the notebook alone, `<!-- notebook text: … -->`
# stands for the paragraph before it.
#
#     Tests/jupyter/notebook.pl             writes examples/tutorial.ipynb
#     Tests/jupyter/notebook.pl --check     only compares
use strict;
use warnings;
use Cwd qw(realpath);
use File::Basename qw(dirname);
use JSON::PP;

chdir dirname(realpath($0)) . '/../..' or die;
sub contents { my ($path) = @_; open my $file, '<:raw:encoding(UTF-8)', $path or return ''; local $/; return scalar <$file> }

my $page = contents('docs/tutorial.md');
# What is said of a script is not said of a notebook.
$page =~ s/(?<=\n\n)(?:(?!\n\n).)*?\n\n<!-- notebook text: (.*?) -->/$1/gs;
my @cells;
sub cell {
    my ($kind, $text) = @_;
    $text =~ s/^\n+|\s+$//g;
    return if $text eq '';
    my @lines = map { "$_\n" } split /\n/, $text;
    $lines[-1] =~ s/\n$//;
    push @cells, { cell_type => $kind, id => sprintf('tutorial-%02d', scalar @cells), metadata => {}, source => \@lines,
        $kind eq 'code' ? (execution_count => undef, outputs => []) : () };
}
while ($page =~ /\G(.*?)(?:```seg(?: continued)?\n(.*?)```\n|<!-- notebook: (.*?) -->\n|\z)/gs) {
    my ($text, $code, $own) = ($1, $2, $3);
    # Pages beside the tutorial are in docs.
    $text =~ s/\]\((?!http)([\w-]+\.md)/](..\/docs\/$1/g;
    cell('markdown', $text);
    $code = $own if defined $own;
    if (defined $code) {
        $code =~ s/ *# expect[^\n]*//g;
        cell('code', $code);
    }
    last if !defined $code;
}
my $notebook = {
    cells => \@cells, nbformat => 4, nbformat_minor => 5,
    metadata => { kernelspec => { display_name => 'seg', language => 'seg', name => 'seg' }, language_info => { name => 'seg' } },
};
my $text = JSON::PP->new->canonical->pretty->indent_length(1)->encode($notebook);
my $path = 'examples/tutorial.ipynb';
if (@ARGV && $ARGV[0] eq '--check') {
    exit 0 if contents($path) eq $text;
    print "FAILED: $path is not that of docs/tutorial.md; Tests/jupyter/notebook.pl writes it\n";
    exit 1;
}
open my $file, '>:raw:encoding(UTF-8)', $path or die "cannot write $path\n";
print $file $text;
