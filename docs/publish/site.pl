#!/usr/bin/env perl
# The site: plain HTML of the documents, of the guide a page for each chapter and of the reference one for each topic. It
# is read without a network, from a folder or a server; cmark-gfm makes the HTML, this script the frame around it, the
# links between the pages and the index of the search. A link to nothing is an error.
#
#     perl docs/publish/site.pl FOLDER
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use File::Basename qw(dirname);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp;

my $folder = shift or die "usage: perl docs/publish/site.pl FOLDER\n";
chdir dirname(__FILE__) . "/../.." or die;
make_path($folder);

sub text_of { my ($path) = @_; open(my $in, "<", $path) or die "$path: $!\n"; local $/; return scalar <$in> }

sub write_file { my ($name, $text) = @_; open(my $out, ">", "$folder/$name") or die "$folder/$name: $!\n"; print $out $text }

sub escaped { my ($text) = @_; my %as = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;', '"' => '&quot;'); return $text =~ s/([&<>"])/$as{$1}/gr }

sub slug { my ($text) = @_; return lc($text) =~ s/[^\w\- ]//gr =~ s/ /-/gr }

# ---- The pages: where each comes from, and its Markdown

my @groups;    # [title, pages], as the menu lists them
my %page_of;   # by the path of a source, and by PATH#ANCHOR: the page
my @pages;

sub page {
    my ($name, $path, $title, $markdown) = @_;
    my $page = {name => "$name.html", path => $path, title => $title, markdown => $markdown};
    push @pages, $page;
    $page_of{$path} //= $page;
    return $page;
}

sub whole { my ($path, $name, $title) = @_; return page($name, $path, $title, text_of($path)) }

# A document as its beginning and a page for each heading of the second level.
sub chapters {
    my ($path, $name) = @_;
    my ($fence, @parts) = (0, ["", ""]);
    for my $line (split /^/, text_of($path)) {
        $fence = !$fence if $line =~ /^```/;
        if (!$fence && $line =~ /^## (.*)/) {
            push @parts, [$1 =~ s/`//gr, ""];
            # The anchor before a heading belongs to it.
            $parts[-1][1] = $1 if $parts[-2][1] =~ s/(<a id="[^"]*"><\/a>\n\n)\z//;
        }
        $parts[-1][1] .= $line;
    }
    my $first = shift @parts;
    my ($title) = $first->[1] =~ /^# (.*)/m;
    my @of = map { page("$name-" . slug($_->[0]), $path, $_->[0], $_->[1] =~ s/^(<a .*\n\n|)## /$1# /r) } @parts;
    my $list = $first->[1] =~ /^- /m ? "" : join("", map { "- [$_->{title}]($_->{name})\n" } @of);
    my $start = page($name, $path, $title, "$first->[1]\n$list");
    $page_of{$path} = $start;
    return ($start, @of);
}

# The scripts of a folder, each under its name.
sub scripts {
    my ($folder, $name, $title, $ending) = @_;
    my $markdown = "# $title\n";
    for my $path (sort glob("$folder/*.$ending $folder/Sources/*/*.$ending")) {
        $markdown .= "\n## $path\n\n```$ending\n" . text_of($path) . "```\n";
        $page_of{$path} = undef;
    }
    my $page = page($name, $folder, $title, $markdown);
    for (keys %page_of) { $page_of{$_} //= $page }
    return $page;
}

push @groups, ["Start", whole("README.md", "index", "seg"), whole("docs/tutorial.md", "tutorial", "Tutorial"),
    whole("docs/cookbook.md", "cookbook", "Cookbook"), whole("docs/from-pytorch.md", "from-pytorch", "From PyTorch")];
push @groups, ["Guide", chapters("docs/guide.md", "guide")];
push @groups, ["Reference", chapters("docs/reference.md", "reference")];
push @groups, ["Examples", scripts("examples", "examples", "Examples", "seg"),
    scripts("examples/report", "examples-report", "The scripts of the report", "seg"),
    scripts("examples/embed", "examples-embed", "seg in another Swift program", "swift")];
my %listed = map { $_ => 1 } qw(docs/tutorial.md docs/cookbook.md docs/from-pytorch.md docs/guide.md docs/reference.md);
push @groups, ["More", (map {
    my ($name) = m{([^/]+)\.md$};
    my ($title) = text_of($_) =~ /^# (.*)/m;
    whole($_, lc($name), $title)
} grep { !$listed{$_} } sort glob("docs/*.md")),
    whole("editors/README.md", "editors", "Editors"), whole("CONTRIBUTING.md", "contributing", "Contributing"),
    whole("CHANGELOG.md", "changelog", "Changelog"),
    page("licence", "LICENSE", "Licence", "# Licence\n\n" . text_of("LICENSE"))];

# ---- HTML of a page

my $scratch = File::Temp->newdir;

sub html_of {
    my ($markdown) = @_;
    my $file = "$scratch/page.md";
    open(my $out, ">", $file) or die "$file: $!\n";
    print $out $markdown;
    close $out;
    open(my $from, "-|", qw(cmark-gfm --unsafe -e table -e autolink), $file) or die "cmark-gfm: $!\n";
    local $/;
    my $html = <$from>;
    close $from or die "cmark-gfm failed\n";
    return $html;
}

# The words of seg are in the editors' files, which a test compares with the lexer.
my %word = map { $_ => 1 } map { /^syntax keyword \w+ (.*)/ ? split(/ /, $1) : () } split /\n/, text_of("editors/vim/syntax/seg.vim");

sub coloured {
    my ($code) = @_;
    $code =~ s{(\#[^\n]*)|(&quot;&quot;&quot;.*?&quot;&quot;&quot;|&quot;(?:\\.|(?!&quot;).)*&quot;)|(?<![\w.])([A-Za-z_]\w*)|(?<!\w)(\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?)|(&\w+;)}{
        defined $1 ? "<i>$1</i>" : defined $2 ? "<q>$2</q>" : defined $4 ? "<u>$4</u>" : defined $5 ? $5 : $word{$3} ? "<b>$3</b>" : $3
    }ges;
    return $code;
}

sub plain { my ($html) = @_; return $html =~ s/<[^>]*>//gr =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&quot;/"/gr =~ s/&amp;/&/gr }

# The headings get ids, as hosting sites make them; what a page has is entered for links and the search.
my @index;

for my $page (@pages) {
    my $html = html_of($page->{markdown});
    $html =~ s{<p><a id="([^"]+)"></a></p>\s*<(h\d)>}{<$2 id="$1">}g;
    my %ids;
    $html =~ s{<(h\d)>(.*?)</\1>}{
        my ($level, $inner) = ($1, $2);
        my $id = slug(plain($inner));
        my $count = $ids{$id}++;
        $id .= "-$count" if $count;
        qq(<$level id="$id">$inner</$level>)
    }ges;
    $html =~ s{<code class="language-seg">(.*?)</code>}{'<code class="seg">' . coloured($1) . '</code>'}ges;
    $html =~ s{<table>}{<div class="wide"><table>}g;
    $html =~ s{</table>}{</table></div>}g;
    $page->{ids}{$1} = 1 while $html =~ /\bid="([^"]+)"/g;
    $page_of{"$page->{path}#$_"} //= $page for keys %{$page->{ids}};
    for my $part (split /(?=<h[1-4] id=)/, $html) {
        $part =~ s{^<h\d id="([^"]+)">(.*?)</h\d>}{}s or next;
        my ($id, $title) = ($1, plain($2));
        push @index, [$title, $page->{title}, "$page->{name}#$id", plain($part) =~ s/\s+/ /gr];
    }
    my @parts = $html =~ m{<h[23] (id="[^"]+">.*?)</h[23]>}gs;
    my $contents = join " ", map { my ($id, $title) = /^id="([^"]+)">(.*)/s; qq(<a href="#$id">) . escaped(plain($title)) . "</a>" } @parts;
    $html =~ s{</h1>}{</h1>\n<p class="contents">$contents</p>} if @parts > 3 && $html !~ /href="#/;
    $page->{html} = $html;
}

# ---- Links: to a document's page, to a picture, which is copied, or out of the site

my $dead = 0;
my %named = map { $_->{name} => $_ } @pages;

sub target {
    my ($page, $link) = @_;
    return $link if $link =~ /^(https?|mailto):/;
    my ($path, $anchor) = $link =~ /^([^#]*)(?:#(.*))?$/;
    return $link if $named{$path} && (!defined $anchor || $named{$path}{ids}{$anchor});
    if ($path eq "") {
        return $link if $page->{ids}{$anchor};
        $path = $page->{path};
    } else {
        $path = dirname($page->{path}) . "/$path";
        1 while $path =~ s{(^|/)\./}{$1}g || $path =~ s{[^/]+/\.\./}{};
        $path =~ s{/$}{};
    }
    if ($path =~ m{([^/]+\.(?:svg|png))$} && -e $path) {
        copy($path, "$folder/$1");
        return $1;
    }
    my $to = $page_of{defined $anchor ? "$path#$anchor" : $path};
    return $to->{name} . (defined $anchor ? "#$anchor" : "") if $to;
    print STDERR "$page->{path}: a link to nothing: $link\n";
    $dead++;
    return $link;
}

my $frame = text_of("docs/publish/site/frame.html");
for my $page (@pages) {
    $page->{html} =~ s{\b(href|src)="([^"]*)"}{"$1=\"" . target($page, $2) . '"'}ge;
    my $menu = join "", map {
        my ($title, @list) = @$_;
        my $open = (grep { $_ == $page } @list) ? " open" : "";
        my $links = join "", map {
            my $here = $_ == $page ? ' aria-current="page"' : "";
            qq(<li><a href="$_->{name}"$here>) . escaped($_->{title}) . "</a></li>\n"
        } @list;
        "<details$open><summary>$title</summary><ul>\n$links</ul></details>\n";
    } @groups;
    my %part = (title => escaped($page->{title} eq "seg" ? "seg" : "$page->{title} - seg"), menu => $menu, page => $page->{html});
    write_file($page->{name}, $frame =~ s/\@(\w+)\@/$part{$1}/gr);
}

sub quoted { my ($text) = @_; return '"' . ($text =~ s/(["\\])/\\$1/gr =~ s/</\\u003c/gr) . '"' }
write_file("index.js", "const index = [\n" . join("", map { "[" . join(",", map { quoted($_) } @$_) . "],\n" } @index) . "];\n");
copy("docs/publish/site/$_", "$folder/$_") for qw(style.css search.js);
die "$dead links to nothing\n" if $dead;
printf "%d pages, %d entries in the index\n", scalar @pages, scalar @index;
