#!/usr/bin/env perl
# Lists definitions without a caller in the product: Swift's functions, properties and types,
# C's functions and macros, and names of stdlib/ that are not documented and so not public. Tests do not count
# as callers. Status 1 if it finds something.
#
#     perl Tests/lint/uncalled.pl
#
# It reads text, not types: a name that something else has too counts as called. A definition that only
# itself or listed definitions call is listed.
use strict;
use warnings;

# Names that Swift and the package manager call, and what the code uses that EmbedStdlib writes.
my %called_from_outside = map { $_ => 1 } qw(
    description hash next makeIterator callAsFunction createBuildCommands StdlibPlugin StdlibFile
    CodingKeys codingPath userInfo container unkeyedContainer singleValueContainer nestedContainer
    nestedUnkeyedContainer superEncoder encodeNil
);

# ---- Text without comments and strings; the code within strings stays. Lines keep their numbers.

sub blank { my $text = shift; $text =~ s/[^\n]/ /g; $text }

# Strings are `"…"` and `"""…"""`; what `opening` matches within one begins code that `closing` ends.
my %syntax = (
    swift => { comment => qr{//[^\n]*|/\*.*?\*/}s, opening => qr/\\#*\(/, up => '(', down => ')' },
    c     => { comment => qr{//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])+'}s },
    seg   => { comment => qr/\#[^\n]*/, opening => qr/\{/, up => '{', down => '}' },
);

sub code_of {
    my ($text, $language) = @_;
    my $rules = $syntax{$language};
    my ($out, @open) = ('');    # open: [closing quote, or undef within code; depth of brackets]
    pos($text) = 0;
    while (pos($text) < length $text) {
        my $quote = @open ? $open[-1][0] : undef;
        if (defined $quote) {
            if ($text =~ /\G\Q$quote\E/gc) { $out .= blank($quote); pop @open }
            elsif ($rules->{opening} && $text =~ /\G$rules->{opening}/gc) { $out .= blank($&); push @open, [undef, 1] }
            elsif ($text =~ /\G(?:\\.|.)/gcs) { $out .= blank($&) }
            next;
        }
        if ($text =~ /\G(?:$rules->{comment})/gc) { $out .= blank($&) }
        elsif ($text =~ /\G(#*)("""|")/gc) { $out .= blank($&); push @open, ["$2$1", 0] }
        elsif ($text =~ /\G./gcs) {
            my $c = $&;
            if (@open) {
                $open[-1][1]++ if $c eq $rules->{up};
                $open[-1][1]-- if $c eq $rules->{down};
                if ($open[-1][1] == 0) { pop @open; $c = ' ' }
            }
            $out .= $c;
        }
    }
    return $out;
}

sub files {
    my ($ending, @folders) = @_;
    open(my $list, '-|', 'find', @folders, '-type', 'f') or die "find: $!";
    return sort grep { chomp; /\.(?:$ending)$/ && !m{/\.build} } <$list>;
}

sub contents {
    my $path = shift;
    open(my $in, '<', $path) or die "$path: $!";
    local $/;
    return scalar <$in>;
}

# ---- Definitions: name => [[file, line, from, to], …], the place from..to being the definition with its body.

# The end of the brackets { … } that open at or after `$from`.
sub end_of_body {
    my ($code, $from) = @_;
    my $depth = 0;
    pos($code) = $from;
    while ($code =~ /[{}]/g) {
        $depth += $& eq "{" ? 1 : -1;
        return pos($code) if $depth == 0;
    }
    return length $code;
}

sub line_of { my ($code, $at) = @_; return 1 + (substr($code, 0, $at) =~ tr/\n//) }

my %found;    # what is listed: "file:line" => text

# Lists the definitions without a use outside of themselves and of others that are listed.
sub list_uncalled {
    my ($kind, $codes, $definitions, $is_used) = @_;
    my $removed = 1;
    while ($removed) {
        $removed = 0;
        my %uses;
        for my $file (keys %$codes) {
            # A small name in front of a colon is a label.
            while ($codes->{$file} =~ /\b([A-Z]\w*|[a-z_]\w*\b(?!:))/g) { push @{ $uses{$1} }, [$file, $-[1]] }
        }
        for my $name (sort keys %$definitions) {
            my @places = @{ $definitions->{$name} };
            next if $is_used->($name);
            my $outside = grep {
                my ($file, $at) = @$_;
                !grep { $_->[0] eq $file && $at >= $_->[2] && $at < $_->[3] } @places;
            } @{ $uses{$name} // [] };
            next if $outside;
            for my $place (@places) {
                my ($file, $line, $from, $to) = @$place;
                next if substr($codes->{$file}, $from, 1) eq ' ';    # inside of what is listed
                $found{ sprintf '%s:%05d', $file, $line } //= "$file:$line: nothing calls $name ($kind)";
                substr($codes->{$file}, $from, $to - $from) = blank(substr($codes->{$file}, $from, $to - $from));
            }
            delete $definitions->{$name};
            $removed = 1;
        }
    }
}

# The places where a pattern matches: [start, end, captures …]. Positions are those of the capture `$place`.
sub places {
    my ($code, $pattern, $place) = @_;
    my @all;
    while ($code =~ /$pattern/g) {
        push @all, [$-[$place], $+[0], map { defined $-[$_] ? substr($code, $-[$_], $+[$_] - $-[$_]) : undef } 1 .. $#-];
    }
    return @all;
}

# ---- Swift

my $modifier = qr/\@\w+(?:\([^)]*\))?|(?:public|package|private|fileprivate|internal)(?:\(set\))?|static|final|mutating|override|lazy|indirect|weak|unowned/;
my (%swift, %swift_definitions, %in_strings);
for my $file (files('swift', 'Sources', 'stdlib', 'examples/embed')) {
    my $text = contents($file);
    $in_strings{$_}++ for $text =~ /"(\w+)"/g;
    my $code = $swift{$file} = code_of($text, 'swift');
    next if $file =~ m{^examples/};
    for (places($code, qr/^( *)((?:$modifier )*)(func|var|let|struct|class|enum|protocol|typealias) (\w+)/m, 4)) {
        my ($from, $end, $indent, $words, $kind, $name) = @$_;
        # The compiler checks local variables: they are indented and have no modifier.
        next if $kind =~ /^(?:var|let)$/ && $words eq '' && length $indent > 4;
        my $rest = substr($code, $end, 3000);
        my $has_body = $kind =~ /^(?:var|let)$/ ? $rest =~ /\A[^\n=]*\{/ : $kind ne 'typealias';
        # A requirement of a protocol has no body.
        $has_body = 0 if $kind eq 'func' && $rest =~ /\A[^{]*\n\s*(?:\}|(?:$modifier )*(?:func|var|init)\b)/;
        my $to = $has_body ? end_of_body($code, $end) : $end;
        push @{ $swift_definitions{$name} }, [$file, line_of($code, $from), $from, $to];
    }
}

# ---- C

my (%c, %c_definitions, @pasted);
for my $file (files('c|h', 'Sources')) {
    my $code = $c{$file} = code_of(contents($file), 'c');
    push @pasted, $code =~ /\b(\w+)##/g;
    for (places($code, qr/^#define (\w+)(?:[^\n]*\\\n)*[^\n]*/m, 1)) {
        my ($from, $end, $name) = @$_;
        next if $name =~ /^_/ || $code =~ /^#ifndef \Q$name\E\n/m;    # the system's, or the guard of a header
        push @{ $c_definitions{$name} }, [$file, line_of($code, $from), $from, $end];
    }
    for (places($code, qr/^(?!#|return\b|else\b|typedef\b)[A-Za-z_][\w *]*?[ *](\w+)\((?:[^()]|\([^()]*\))*\)\s*([;{])/m, 1)) {
        my ($from, $end, $name, $closing) = @$_;
        my $to = $closing eq '{' ? end_of_body($code, $end - 1) : $end;
        push @{ $c_definitions{$name} }, [$file, line_of($code, $from), $from, $to];
    }
}

# ---- seg

my (%seg, %seg_definitions);
for my $file (files('seg', 'stdlib')) {
    my $text = contents($file);
    my $code = $seg{$file} = code_of($text, 'seg');
    my @lines = split /\n/, $text;
    for (places($code, qr/^( *)(type )?([A-Za-z_]\w*)(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))? (?:= |\{)/m, 3)) {
        my ($from, $end, $indent, $type, $name, $parameters) = @$_;
        next if $indent ne '' && !defined $parameters;    # a local name
        # Names documented by `##` are public.
        my $line = line_of($code, $from);
        next if $line > 1 && $lines[$line - 2] =~ /^ *##/;
        my ($block) = substr($text, $from) =~ /\A([^\n]*(?:\n(?:$indent[ }\])][^\n]*|(?=\n)))*)/;
        push @{ $seg_definitions{$name} }, [$file, $line, $from, $from + length $block];
    }
}

my %c_and_swift = (%c, %swift);
list_uncalled('Swift', \%swift, \%swift_definitions, sub { $called_from_outside{ $_[0] } });
list_uncalled('C', \%c_and_swift, \%c_definitions, sub { my $name = shift; grep { index($name, $_) == 0 } @pasted });
list_uncalled('seg', \%seg, \%seg_definitions, sub { $in_strings{ $_[0] } });

print "$found{$_}\n" for sort keys %found;
exit(%found ? 1 : 0);
