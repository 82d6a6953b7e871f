#!/bin/bash
# Training across processes: four epochs are to the bit two, saved, loaded in another process
# and two more, in mid-epoch too; and a run that saves itself after each batch survives any
# number of SIGKILLs, its file being always the old or the new one, whole; a full disk, and data
# that changed since. Tests/Golden/training/saved.seg does the first within one process.
#
#     Tests/resume/run.sh [path of seg]
set -u
cd "$(dirname "$0")/../.."
seg=${1:-.build/release/seg}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failures=0

case_of() { "$seg" --threads 1 Tests/resume/_run.seg "$@"; }

expect_equal() { # case, what was done
    found=$(case_of "$1" "$folder/$1.run" compare "$folder/$1.whole")
    if [ "$found" != equal ]; then
        echo "case $1, $2: $found"
        failures=$((failures + 1))
    fi
}

for case in 0 1 2 3 4; do
    case_of $case "$folder/$case.whole" whole >/dev/null
    # Four processes, each a few batches; an epoch has three.
    case_of $case "$folder/$case.run" begin >/dev/null
    for steps in 1 4 2; do case_of $case "$folder/$case.run" steps $steps >/dev/null; done
    case_of $case "$folder/$case.run" finish >"$folder/said"
    expect_equal $case "in four processes"
done

# Killed again and again, a little later each time, until one process comes to the end.
kills=0
for case in 1 3; do
    case_of $case "$folder/$case.run" begin >/dev/null
    for delay in $(seq 5 400); do
        : >"$folder/said"
        "$seg" --threads 1 Tests/resume/_run.seg $case "$folder/$case.run" finish >"$folder/said" 2>&1 &
        process=$!
        sleep "0.$(printf %03d $((delay * 3)))"
        if kill -KILL $process 2>/dev/null; then kills=$((kills + 1)); fi
        wait $process 2>/dev/null
        if grep -q error "$folder/said"; then
            cat "$folder/said"
            failures=$((failures + 1))
            break
        fi
        if grep -q finished "$folder/said"; then break; fi
    done
    expect_equal $case "killed on the way"
done

# A disk that takes no more than 1 kB of a file: nothing is trained that was not saved.
case_of 0 "$folder/0.run" begin >/dev/null
case_of 0 "$folder/0.run" steps 2
found=$(trap '' XFSZ; ulimit -f 1; case_of 0 "$folder/0.run" "full disk")
wanted="file 2 4 2 true
file 2 4 2 true
file 2 4 2 true
2"
if [ "$found" != "$wanted" ]; then
    echo "full disk: $found"
    failures=$((failures + 1))
fi

# Data of files: unchanged ones are found again, a changed one is told of.
mkdir "$folder/frames"
case_of 0 "$folder/frames.run" frames "$folder/frames" >/dev/null
found=$(case_of 0 "$folder/frames.run" steps 1 2>&1)
cp "$folder/frames/0.png" "$folder/frames/2.png"
found="$found$(case_of 0 "$folder/frames.run" steps 1 2>&1)"
if [ "${found/*\/frames\/2.png changed*/told}" != told ] || [ "$(grep -c changed <<<"$found")" != 1 ]; then
    echo "changed data: $found"
    failures=$((failures + 1))
fi

if [ $kills -eq 0 ]; then
    echo "no process was killed in time: nothing was tried"
    failures=$((failures + 1))
fi
if [ $failures -eq 0 ]; then echo "resume: all equal, $kills processes killed"; else exit 1; fi
