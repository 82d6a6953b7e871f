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
long = "a run whose name is a sentence of many words that no legend has room for, the"
report((plain=run, "<img src='http://127.0.0.1:9/x'>"=run, "{long} first"=run, "{long} second"=run), args[0], frames=1, title="</title><script>document.title = 'hit'</script>")
SEG
"$seg" "$scratch/run.seg" "$scratch/page.html" || exit 1
cat > "$scratch/save.seg" <<'SEG'
data = streets(count=12, size=[48, 64], seed=1).normalize()
save(trainer(Conv2d(3, 32, 1), data[0..<8], data[8...], batch=4, epochs=1), args[0])
SEG
"$seg" "$scratch/save.seg" "$scratch/a.run" > "$scratch/notes" || exit 1
"$seg" -e "report(load(\"$scratch/a.run\"), \"$scratch/loaded.html\", frames=0)" > /dev/null || exit 1
# The page is measured from within: a copy without its policy, and with a script that writes down what it finds. The
# borders of the pictures of truth and prediction; how many texts of legends reach beyond their drawings, or are equal to
# another; the widths that a share of 1 would have in the columns.
sed -e '/Content-Security-Policy/d' -e 's|</body>|<script>\
const found = () => { const [a, b] = [...document.querySelectorAll(".pair img")].map(x => x.getBoundingClientRect());\
  const shown = getComputedStyle(document.querySelector("input[type=range]")).display !== "none";\
  return (shown ? "slider," : "no slider,") + (Math.abs(a.top - b.top) < 1 ? "over" : b.top >= a.bottom ? "below" : "mixed") };\
const legends = () => { let wrong = 0; for (const svg of document.querySelectorAll("svg")) { const seen = new Set();\
  const box = svg.getBoundingClientRect(); for (const text of svg.querySelectorAll("text[textLength]")) {\
    if (seen.has(text.textContent) \|\| text.getBoundingClientRect().right > box.right) wrong++; seen.add(text.textContent) } }\
  return wrong + " of " + document.querySelectorAll("svg text[textLength]").length };\
const bars = () => new Set([...document.querySelectorAll("td.bar")].filter(x => x.style.getPropertyValue("--share") > 0.05)\
  .map(x => Math.round(parseFloat(getComputedStyle(x).backgroundSize.replace("calc(", "")) / x.style.getPropertyValue("--share")))).size;\
const slider = document.querySelector("input[type=range]"); slider.value = 20; slider.oninput();\
const style = getComputedStyle(document.querySelector(".pair"));\
document.body.dataset.found = ["x=" + style.getPropertyValue("--x"), "title=" + document.title,\
  "wide=" + document.documentElement.scrollWidth, "scripted=" + found(),\
  "legends=" + legends(), "bars=" + bars(), "paper=" + getComputedStyle(document.body).backgroundColor,\
  "fetched=" + performance.getEntriesByType("resource").filter(r => !r.name.startsWith("data:")).length].join(" ; ");\
</script></body>|' "$scratch/page.html" > "$scratch/measured.html"
visit 1000 "$scratch/page.html" > "$scratch/dom"
check "the page opens" 'IoU by class over the epochs' "$scratch/dom"
check_no_complaint
visit 500 "$scratch/measured.html" > "$scratch/narrow"
check "the slider moves the border" 'x=20%' "$scratch/narrow"
check "with scripts the prediction is over the truth, with a slider" 'scripted=slider,over' "$scratch/narrow"
check "no legend leaves its drawing, or is equal to another" 'legends=0 of [1-9]' "$scratch/narrow"
check "bars have one scale" 'bars=1 ' "$scratch/narrow"
sed 's/scripting: enabled/scripting: none/' "$scratch/measured.html" > "$scratch/scriptless.html"
visit 500 "$scratch/scriptless.html" > "$scratch/still"
check "without scripts both are shown, without a slider" 'scripted=no slider,below' "$scratch/still"
check "masks have sharp edges" 'class="mask"' "$scratch/page.html"
check "a title is text" 'title=&lt;/title&gt;&lt;script&gt;' "$scratch/narrow"
check "nothing is fetched" 'fetched=0' "$scratch/narrow"
width=$(sed -n 's/.*wide=\([0-9]*\).*/\1/p' "$scratch/narrow")
if [ "${width:-9999}" -le 500 ]; then echo "pass  it fits a narrow window"; else echo "FAIL  it is $width wide in a narrow window"; failed=1; fi
check "light is white" 'paper=rgb(255, 255, 255)' "$scratch/narrow"
visit 500 "$scratch/measured.html" --blink-settings=preferredColorScheme=0 > "$scratch/dark"
check "dark is dark" 'paper=rgb(22, 25, 29)' "$scratch/dark"
check "a loaded run has the notes on its data" 'class="note">classes only in the validation data' "$scratch/loaded.html"
exit $failed
