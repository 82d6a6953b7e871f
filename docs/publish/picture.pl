#!/usr/bin/env perl
# Text with escape sequences for colours, as a terminal shows it, drawn as SVG. Blocks and braille are drawn, not written,
# since fonts leave gaps between them.
#
#     tmux capture-pane -p -e | perl docs/publish/picture.pl > picture.svg
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));

my ($width, $height) = (8, 16);    # of a character
my ($ink, $paper) = ([214, 218, 223], [22, 25, 29]);
my @basic = ([90, 97, 105], [240, 113, 120], [127, 200, 140], [229, 192, 110], [97, 165, 230], [199, 135, 220], [90, 195, 200], $ink);

sub indexed {
    my ($n) = @_;
    return $basic[$n % 8] if $n < 16;
    return [(8 + 10 * ($n - 232)) x 3] if $n >= 232;
    return [map { $_ == 0 ? 0 : 55 + 40 * $_ } int(($n - 16) / 36), int(($n - 16) / 6) % 6, ($n - 16) % 6];
}

# Steps of 4 are not seen, and let more pixels have one colour.
sub name { my ($c) = @_; return sprintf("#%02x%02x%02x", map { $_ & ~3 } @$c) }

sub mixed { my ($a, $b) = @_; return [map { int(0.6 * $a->[$_] + 0.4 * $b->[$_]) } 0 .. 2] }

# ---- The cells: [character, colour, background or nil, whether bold]

my @lines;
my ($fore, $back, $bold, $dim) = (undef, undef, 0, 0);
while (my $line = <STDIN>) {
    chomp $line;
    my @cells;
    for my $part (split /(\e\[[\d;:]*m)/, $line) {
        if ($part =~ /^\e\[([\d;:]*)m/) {
            my @codes = map { $_ eq "" ? 0 : $_ } split /[;:]+/, $1 eq "" ? "0" : $1;
            while (defined(my $code = shift @codes)) {
                if ($code == 0) { ($fore, $back, $bold, $dim) = (undef, undef, 0, 0) }
                elsif ($code == 1) { $bold = 1 }
                elsif ($code == 2) { $dim = 1 }
                elsif ($code == 22) { $bold = $dim = 0 }
                elsif ($code == 39) { $fore = undef }
                elsif ($code == 49) { $back = undef }
                elsif ($code == 38 || $code == 48) {
                    my $color = shift(@codes) == 2 ? [splice @codes, 0, 3] : indexed(shift @codes);
                    if ($code == 38) { $fore = $color } else { $back = $color }
                }
                elsif ($code >= 30 && $code < 38) { $fore = $basic[$code - 30] }
                elsif ($code >= 90 && $code < 98) { $fore = $basic[$code - 90] }
            }
            next;
        }
        my $color = $fore // $ink;
        $color = mixed($color, $paper) if $dim;
        push @cells, map { [$_, $color, $back, $bold] } split //, $part;
    }
    pop @cells while @cells && $cells[-1][0] eq " " && !$cells[-1][2];
    push @lines, \@cells;
}
pop @lines while @lines && !@{$lines[-1]};

# ---- The drawing: pixels of half a character, dots, and runs of text

my (%pixels, %dots, @texts);
my $columns = 0;
for my $row (0 .. $#lines) {
    my $line = $lines[$row];
    $columns = @$line if @$line > $columns;
    my $run;
    for my $column (0 .. $#$line) {
        my ($character, $color, $back, $bold) = @{$line->[$column]};
        my @halves = $character eq "▀" ? ($color, $back) : $character eq "▄" ? ($back, $color) : $character eq "█" ? ($color, $color) : ($back, $back);
        for my $half (0, 1) { push @{$pixels{name($halves[$half])}}, [$column, 2 * $row + $half] if $halves[$half] }
        my $code = ord $character;
        if ($code > 0x2800 && $code < 0x2900) {
            # The bits of braille: three rows of two columns, by columns, then the last row.
            my @place = ([0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]);
            for (grep { $code >> $_ & 1 } 0 .. 7) {
                push @{$dots{name($color)}}, [$width * $column + 2 + 4 * $place[$_][0], $height * $row + 2 + 4 * $place[$_][1]];
            }
        }
        if ($character =~ /^[ ▀▄█\x{2800}-\x{28ff}]$/) { $run = undef; next }
        my $style = name($color) . $bold;
        if (!$run || $run->{style} ne $style) {
            $run = {style => $style, color => name($color), bold => $bold, x => $column, y => $row, text => ""};
            push @texts, $run;
        }
        $run->{text} .= $character;
    }
}
my ($w, $h) = ($columns * $width + 24, @lines * $height + 24);
print qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -12 $w $h" width="$w" height="$h" role="img">\n),
    qq(<rect x="-12" y="-12" width="$w" height="$h" rx="6" fill="), name($paper), qq("/>\n);
print qq(<g transform="scale($width)" shape-rendering="crispEdges">\n);
for my $color (sort keys %pixels) {
    print qq(<path fill="$color" d="), join("", map { "M$_->[0] $_->[1]h1v1h-1" } @{$pixels{$color}}), qq("/>\n);
}
print qq(</g>\n<g fill="none" stroke-width="2.6" stroke-linecap="round">\n);
for my $color (sort keys %dots) {
    print qq(<path stroke="$color" d="), join("", map { "M$_->[0] $_->[1]h0" } @{$dots{$color}}), qq("/>\n);
}
print qq(</g>\n<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13.2">\n);
for my $t (@texts) {
    my $text = $t->{text} =~ s/&/&amp;/gr =~ s/</&lt;/gr;
    printf qq(<text x="%d" y="%d" textLength="%d" fill="%s"%s>%s</text>\n), $t->{x} * $width, $t->{y} * $height + 12,
        $width * length $t->{text}, $t->{color}, $t->{bold} ? ' font-weight="bold"' : "", $text;
}
print "</g>\n</svg>\n";
