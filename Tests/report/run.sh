#!/usr/bin/env bash
# The page of `report` in headless Chromium, where there is one: it asks for nothing, its slider works, and it fits
# a phone. One line per check; status 1 if one fails.
#
#     Tests/report/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
seg=$(realpath "${1:-.build/release/seg}")
. Tests/browser.sh
cat > "$scratch/run.seg" <<'SEG'
data = streets(count=3, size=[48, 64]).normalize()
run = trainer(Conv2d(3, 32, 1), data, data, batch=3, epochs=2)
for epoch in run { }
report((plain=run, "<img src='http://127.0.0.1:9/x'>"=run), args[0], frames=1, title="</title><script>document.title = 'hit'</script>")
SEG
"$seg" "$scratch/run.seg" "$scratch/page.html" || exit 1
cat > "$scratch/save.seg" <<'SEG'
data = streets(count=12, size=[48, 64], seed=1).normalize()
save(trainer(Conv2d(3, 32, 1), data[0..<8], data[8...], batch=4, epochs=1), args[0])
SEG
"$seg" "$scratch/save.seg" "$scratch/a.run" > "$scratch/notes" || exit 1
"$seg" -e "report(load(\"$scratch/a.run\"), \"$scratch/loaded.html\", frames=0)" > /dev/null || exit 1
# The page is measured from within: a copy without its policy, and with a script that writes down what it finds.
sed -e '/Content-Security-Policy/d' -e 's|</body>|<script>\
const slider = document.querySelector("input[type=range]"); slider.value = 20; slider.oninput();\
const style = getComputedStyle(document.querySelector(".pair"));\
document.body.dataset.found = ["x=" + style.getPropertyValue("--x"), "title=" + document.title,\
  "wide=" + document.documentElement.scrollWidth, "paper=" + getComputedStyle(document.body).backgroundColor,\
  "fetched=" + performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length].join(" ; ");\
</script></body>|' "$scratch/page.html" > "$scratch/measured.html"
visit 1000 "$scratch/page.html" > "$scratch/dom"
check "the page opens" 'IoU by class over the epochs' "$scratch/dom"
check_no_complaint
visit 500 "$scratch/measured.html" > "$scratch/narrow"
check "the slider moves the border" 'x=20%' "$scratch/narrow"
check "a title is text" 'title=&lt;/title&gt;&lt;script&gt;' "$scratch/narrow"
check "nothing is fetched" 'fetched=0' "$scratch/narrow"
width=$(sed -n 's/.*wide=\([0-9]*\).*/\1/p' "$scratch/narrow")
if [ "${width:-9999}" -le 500 ]; then echo "pass  it fits a narrow window"; else echo "FAIL  it is $width wide in a narrow window"; failed=1; fi
check "light is white" 'paper=rgb(255, 255, 255)' "$scratch/narrow"
visit 500 "$scratch/measured.html" --blink-settings=preferredColorScheme=0 > "$scratch/dark"
check "dark is dark" 'paper=rgb(22, 25, 29)' "$scratch/dark"
check "a loaded run has the notes on its data" 'class="note">classes only in the validation data' "$scratch/loaded.html"
exit $failed
