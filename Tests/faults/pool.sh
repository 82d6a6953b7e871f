#!/usr/bin/env bash
# The pool of threads when processors are few: eight processes at once hand over regions, with priorities that change at
# random by thread; one that makes no end within two minutes is stuck. ThreadSanitizer's form is in Tests/sanitizers.
#
#     Tests/faults/pool.sh [MINUTES]       1 by default; an hour is a good night's test
set -u
cd "$(dirname "$0")/../.."
minutes=${1:-1}
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
"$(dirname "$(readlink -f "$(command -v swift)")")/clang" -O2 -ISources/CKernels/include Sources/CKernels/Shared/pool.c \
    Tests/sanitizers/pool.c -o "$folder/pool" -lpthread || exit 1
end=$((SECONDS + minutes * 60))
copies=()
for copy in 1 2 3 4 5 6 7 8; do
    (
        runs=0
        while [ $SECONDS -lt $end ]; do
            # Scheduled as others are, or only when nobody else wants a processor.
            [ $((RANDOM % 2)) = 0 ] && by=() || by=(chrt --batch 0)
            timeout 120 "${by[@]}" "$folder/pool" >"$folder/$copy.out" 2>&1 ||
                { echo "FAILED: copy $copy, status $?: $(tail -1 "$folder/$copy.out")" >>"$folder/failed"; exit 1; }
            runs=$((runs + 1))
        done
        echo $runs >>"$folder/runs"
    ) &
    copies+=($!)
done
# The system lets a user only lower a priority, and root raise it again.
while [ $SECONDS -lt $end ] && [ ! -e "$folder/failed" ]; do
    for process in $(pgrep -f "$folder/pool"); do
        for thread in "/proc/$process"/task/*; do renice -n $((RANDOM % 20)) -p "${thread##*/}" >/dev/null 2>&1; done
    done
    sleep 0.2
done
wait "${copies[@]}"
[ ! -e "$folder/failed" ] || { cat "$folder/failed"; exit 1; }
echo "$(awk '{ n += $1 } END { print n }' "$folder/runs") processes ended their regions"
