# Pages in headless Chromium, for the scripts that source this file; where there is no Chromium they are skipped. They have
# a folder, $scratch, and end with `exit $failed`.
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
[ -n "$browser" ] || { echo "skipped: there is no Chromium (package chromium)"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

# visit WIDTH ADDRESS [ARGUMENTS]: the page as its scripts leave it; what the browser says is in $scratch/log.
visit() {
    local width=$1 address=$2
    shift 2
    timeout 60 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$scratch/profile" --enable-logging=stderr \
        --window-size="$width",900 "$@" --dump-dom "file://$address" 2> "$scratch/log"
}

check() { # NAME PATTERN FILE
    if grep -q -- "$2" "$3"; then echo "pass  $1"; else echo "FAIL  $1"; failed=1; fi
}

# The page of the last visit asked for nothing that its policy refuses, and no script failed.
check_no_complaint() {
    if grep -q 'CONSOLE\|Refused' "$scratch/log"; then
        echo "FAIL  the browser complains"; grep 'CONSOLE\|Refused' "$scratch/log"; failed=1
    else echo "pass  the browser has no complaint"; fi
}
