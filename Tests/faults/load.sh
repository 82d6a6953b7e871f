#!/usr/bin/env bash
# Several copies train at once, for some minutes, more of them than there are processors: each goes round after round
# through training from scratch, with features of a frozen part on the disk in one cache. All end each round with
# equal bits, and the memory that a copy holds does not grow from round to round.
#
#     Tests/faults/load.sh [MINUTES] [SEG] [COPIES]        1 minute, .build/release/seg, 4 copies by default
set -u
cd "$(dirname "$0")/../.."
minutes=${1:-1}
seg=$(realpath "${2:-.build/release/seg}")
copies=${3:-4}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export SEG_CACHE=$folder/cache

# Arguments: until when, in seconds of the clock. A line for each round: a digest of what it made, and the megabytes.
cat >"$folder/train.seg" <<'SEG'
type Net() { a = Conv2d(3, 16, 3, padding=1); n = BatchNorm2d(16); b = Conv2d(16, 32, 1); forward(x) = b(relu(n(a(x)))) }
held() = number(split_text(read_text("/proc/self/statm"), " ")[1]) * 4096 / 1e6
round() = {
    seed(1)
    d = streets(count=12, size=[64, 96], seed=1).normalize()
    train, val = split(d, [0.7, 0.3])
    plain = trainer(Net(), train.augment(hflip()), val, optimizer=adam(), batch=2, epochs=2, seed=1)
    for epoch in plain { }
    m = lraspp_mobilenet_v2(classes=32)
    freeze(m.backbone)
    frozen = trainer(m, train, val, optimizer=sgd(lr=0.1, momentum=0.9), batch=2, epochs=2, seed=1)
    for epoch in frozen { }
    save(plain, "{args[1]}.run")
    again = load("{args[1]}.run")
    texts = map([plain, frozen, again], r -> "{r.history.epochs[-1].train.loss} {r.history.epochs[-1].val.loss}")
    sums = map(values(state_dict(again.model)) + values(state_dict(frozen.model)), x -> sum(x).item())
    "{texts} {sums}"
}
start = clock()
while clock() - start < number(args[0]) {
    result = round()
    write_text(args[2], "{read_text(args[2])}{result}\t{held():.0}\n")
}
SEG
processes=()
for copy in $(seq "$copies"); do
    : >"$folder/$copy.txt"
    # Different numbers of threads give equal bits too.
    (cd "$folder" && exec "$seg" --threads $((copy % 3 + 1)) --memory 400M train.seg \
        "$(awk -v m="$minutes" 'BEGIN { print m * 60 }')" "$copy" "$folder/$copy.txt") 2>"$folder/$copy.errors" &
    processes+=($!)
done
status=0
for place in "${!processes[@]}"; do
    wait "${processes[$place]}" || { status=1; echo "FAILED: copy $((place + 1))"; head -20 "$folder/$((place + 1)).errors"; }
done
rounds=$(cat "$folder"/*.txt | wc -l)
results=$(cut -f 1 "$folder"/*.txt | sort -u | wc -l)
[ "$results" = 1 ] || { status=1; echo "FAILED: $results different results in $rounds rounds"; }
# The last round may hold a tenth more than the third.
for file in "$folder"/*.txt; do
    awk -F '\t' -v file="$(basename "$file" .txt)" '
        NR == 3 { early = $2 } { last = $2 }
        END {
            printf "copy %s: %d rounds, %d MB\n", file, NR, last
            if (NR > 3 && last > early * 1.1 + 10) { print "FAILED: memory grew from " early " MB"; exit 1 }
        }' "$file" || status=1
done
[ $status = 0 ] && echo "$rounds rounds of $copies copies ended with equal bits"
exit $status
