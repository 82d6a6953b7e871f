#!/usr/bin/env bash
# The site in headless Chromium, where there is one: every page fits a phone, the search finds, light and dark, nothing is
# fetched. The site is made first, which checks its links; that needs cmark-gfm. Status 1 if a check fails.
#
#     Tests/site/run.sh
set -u
cd "$(dirname "$0")/../.."
command -v cmark-gfm > /dev/null || { echo "skipped: there is no cmark-gfm, which make site installs"; exit 0; }
. Tests/browser.sh
site=$scratch/site
perl docs/publish/site.pl "$site" || exit 1

# A link and an anchor that are not there are found.
cp -r docs editors examples README.md CONTRIBUTING.md CHANGELOG.md LICENSE "$scratch"
echo "[away](guide.md#nowhere) [gone](none.md)" >> "$scratch/docs/speed.md"
perl "$scratch/docs/publish/site.pl" "$scratch/other" > "$scratch/links" 2>&1 && failed=1
check "a dead anchor is an error" 'docs/speed.md: a link to nothing: guide.md#nowhere' "$scratch/links"
check "a dead link is an error" 'docs/speed.md: a link to nothing: none.md' "$scratch/links"

# All pages in frames of a phone's width, which say how wide they are and what they fetched.
{
    echo '<!doctype html><body>'
    for page in "$site"/*.html; do echo "<iframe src='$(basename "$page")' style='width: 360px; height: 600px'></iframe>"; done
    echo '<script>onload = () => { document.body.dataset.found = [...document.querySelectorAll("iframe")].map(frame => {
        const inner = frame.contentWindow, root = inner.document.documentElement, name = frame.getAttribute("src");
        const fetched = inner.performance.getEntriesByType("resource").filter(r => !r.name.startsWith("file:"));
        return (root.scrollWidth > 360 ? name + " is " + root.scrollWidth + " wide; " : "") +
            (fetched.length > 0 ? name + " fetches " + fetched[0].name + "; " : "") +
            (inner.document.querySelector("main h1, main h2") ? "" : name + " has no heading; ");
    }).join("") || "all fit" }</script>'
} > "$scratch/frames.html"
mv "$scratch/frames.html" "$site"
visit 1000 "$site/frames.html" --allow-file-access-from-files > "$scratch/frames"
check "every page fits a phone, fetches nothing and has a heading" 'data-found="all fit"' "$scratch/frames"
grep -o 'data-found="[^"]*"' "$scratch/frames"
check_no_complaint

visit 1000 "$site/index.html?q=lovasz_loss" > "$scratch/found"
check "the search finds a name" '<li><a href="reference-training.html#name-lovasz_loss">lovasz_loss' "$scratch/found"
check_no_complaint
visit 1000 "$site/guide-data.html?q=neighbouring%20frames" > "$scratch/found"
check "the search finds words of a text" '<li><a href="guide-data.html#parts">Parts' "$scratch/found"
visit 1000 "$site/index.html?q=quaggy" > "$scratch/found"
check "a search without a result says so" 'nothing has all these words' "$scratch/found"
sed 's|</body>|<script>document.body.dataset.paper = getComputedStyle(document.body).backgroundColor</script></body>|' \
    "$site/tutorial.html" > "$site/measured.html"
visit 500 "$site/measured.html" > "$scratch/light"
check "light is white" 'data-paper="rgb(255, 255, 255)"' "$scratch/light"
visit 500 "$site/measured.html" --blink-settings=preferredColorScheme=0 > "$scratch/dark"
check "dark is dark" 'data-paper="rgb(22, 25, 29)"' "$scratch/dark"
exit $failed
