#!/usr/bin/env bash
# Training across processes: four epochs are to the bit two, saved, loaded in another process
# and two more, in mid-epoch too; and a run that saves itself after each batch survives any
# number of SIGKILLs, as its file is always the complete old or new one; a full disk, and data
# that changed since. Tests/Golden/training/saved.seg tests the first within one process.
#
#     Tests/resume/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
seg=${1:-.build/release/seg}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

case_of() { "$seg" --threads 1 Tests/resume/_run.seg "$@"; }

expect_equal() { # case, what was done
    check "case $1, $2" "$(case_of "$1" "$folder/$1.run" compare "$folder/$1.whole")" equal
}

for case in 0 1 2 3 4; do
    case_of $case "$folder/$case.whole" whole >/dev/null
    # Four processes, each a few batches; an epoch has three.
    case_of $case "$folder/$case.run" begin >/dev/null
    for steps in 1 4 2; do case_of $case "$folder/$case.run" steps $steps >/dev/null; done
    case_of $case "$folder/$case.run" finish >"$folder/said"
    expect_equal $case "in four processes"
done

# Killed repeatedly, a little later each time, until one process reaches the end.
kills=0
for case in 1 3; do
    case_of $case "$folder/$case.run" begin >/dev/null
    for delay in $(seq 5 400); do
        : >"$folder/said"
        "$seg" --threads 1 Tests/resume/_run.seg $case "$folder/$case.run" finish >"$folder/said" 2>"$folder/errors" &
        process=$!
        sleep "$((delay * 3 / 1000)).$(printf %03d $((delay * 3 % 1000)))"
        if kill -KILL $process 2>/dev/null; then kills=$((kills + 1)); fi
        wait $process 2>/dev/null
        if grep -q "^error" "$folder/errors"; then
            check "case $case, killed and loaded" "$(cat "$folder/errors")" finished
            break
        fi
        if grep -q finished "$folder/said"; then break; fi
    done
    expect_equal $case "killed on the way"
done

# A search and a cross-validation that were killed go on with what their file keeps.
for what in halving folds; do
    whole=$(case_of 0 "$folder/$what-whole.run" $what)
    killed=0
    for delay in $(seq 20 400); do
        : >"$folder/said"
        "$seg" --threads 1 Tests/resume/_run.seg 0 "$folder/$what.run" $what >"$folder/said" 2>"$folder/errors" &
        process=$!
        sleep "$((delay * 5 / 1000)).$(printf %03d $((delay * 5 % 1000)))"
        if kill -KILL $process 2>/dev/null; then killed=$((killed + 1)); fi
        wait $process 2>/dev/null
        if grep -q -e "^error" -e finished "$folder/said" "$folder/errors"; then break; fi
    done
    check "$what, killed $killed times" "$(cat "$folder/said")" "$whole"
done
check "no temporary file is left" "$("$seg" -e "save(1, \"$folder/one.run\")"; ls -A "$folder" | grep -c '^\.seg-')" 0

# Two processes with one file: a sweep keeps the rows of both, other searches leave a file with other facts.
cat >"$folder/shared.seg" <<'SEG'
f(x) = {
    start = clock()
    while clock() - start < 0.05 { }
    x
}
sweep(f, x=map(args[1...], a -> number(a)), file=args[0], progress=false)
SEG
"$seg" "$folder/shared.seg" "$folder/shared.json" 1 2 3 4 5 &
"$seg" "$folder/shared.seg" "$folder/shared.json" 11 12 13 5 &
wait
check "rows of two processes" "$("$seg" -e "print(sorted(map(read_json(\"$folder/shared.json\").rows, r -> r.x)))")" \
    "[1, 2, 3, 4, 5, 11, 12, 13]"
cat >"$folder/folds.seg" <<'SEG'
data = streets(count=4, size=[24, 32]).normalize()
f(train, val) = trainer(Conv2d(3, 32, 1), train, val, batch=2, epochs=2)
print(len(cross_validate(data, f, k=2, seed=number(args[1]), file=args[0], progress=false).folds))
SEG
for seed in 1 2; do "$seg" "$folder/folds.seg" "$folder/shared.run" $seed >"$folder/said$seed" 2>&1 & done
wait
check "one of two takes the file" "$(cat "$folder"/said[12] | grep -cE '^2$|shared.run holds a cross_validate with another seed')" 2
check "and the other is refused" "$(cat "$folder"/said[12] | grep -c '^2$')" 1

# A disk that takes no more than 1 kB of a file: nothing is trained that was not saved.
case_of 0 "$folder/0.run" begin >/dev/null
case_of 0 "$folder/0.run" steps 2
found=$(trap '' XFSZ; ulimit -f 1; case_of 0 "$folder/0.run" "full disk")
wanted="file 2 4 2 true
file 2 4 2 true
file 2 4 2 true
2"
check "a full disk" "$found" "$wanted"

# A log that takes no more than 1 kB: the run goes on, and its log lacks what does not fit.
cat >"$folder/log.seg" <<'SEG'
data = streets(count=2, size=[24, 32]).normalize()
run = trainer(Conv2d(3, 32, 1), data, data, batch=2, epochs=2, log=args[0])
for epoch in run { }
print(run.done)
SEG
found=$(trap '' XFSZ; ulimit -f 1; "$seg" "$folder/log.seg" "$folder/log" 2>"$folder/notes")
check "a log on a full disk" "$found $(grep -c 'log lacks epoch' "$folder/notes")" "2 2"

# Data of files: unchanged files are found again, a changed one is reported.
mkdir "$folder/frames"
case_of 0 "$folder/frames.run" frames "$folder/frames" >/dev/null
found=$(case_of 0 "$folder/frames.run" steps 1 2>&1)
cp "$folder/frames/0.png" "$folder/frames/2.png"
found="$found$(case_of 0 "$folder/frames.run" steps 1 2>&1)"
[[ $found == */frames/2.png\ changed* ]] && found=$(grep -c changed <<<"$found")
check "one changed file is reported" "$found" 1

[ $kills -gt 0 ] && kills=some
check "processes were killed in time" "$kills" some
checked
