#!/usr/bin/env bash
# Downloads of official weights from a server on the loopback address: complete, resumed, cut off,
# changed in transit, interrupted, by two processes at once. One line per check; status 1 if one fails.
#
#     Tests/network/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
seg=$(realpath "${1:-$(dirname "$0")/../../.build/release/seg}")
cd "$(dirname "$0")"
for tool in curl perl sha256sum; do
    command -v "$tool" >/dev/null || { echo "the network's tests need $tool" >&2; exit 2; }
done
[ -x "$seg" ] || { echo "there is no $seg; build it first" >&2; exit 2; }

scratch=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server"; rm -rf "$scratch"' EXIT
name=lraspp_mobilenet_v3_large-d234d4ea.pth
# A mebibyte of zeros, and a number chosen so that the SHA-256 begins with the digits in the name.
{ head -c 1048576 /dev/zero; printf 108081448026; } >"$scratch/served"
case $(sha256sum <"$scratch/served") in d234d4ea*) ;; *) echo "the served file is wrong" >&2; exit 2 ;; esac
perl server.pl "$scratch/served" "$scratch/log" >"$scratch/port" &
server=$!
for _ in $(seq 100); do [ -s "$scratch/port" ] && break; sleep 0.05; done
read -r port closed <"$scratch/port"
export HOME="$scratch/home" SEG_CACHE="$scratch/cache" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
unset TORCH_HOME XDG_CACHE_HOME
weights=$SEG_CACHE/weights
failed=0
passed=0

# fetch WAY: asks for the weights, with output and messages in $scratch/out and its status in $status.
fetch() {
    SEG_WEIGHTS_URL=http://127.0.0.1:$port/$1 "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' \
        >"$scratch/out" 2>&1
    status=$?
}
check() {
    if eval "$2"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        sed 's/^/    /' "$scratch/out"
        ls -l "$weights" 2>/dev/null | sed 's/^/    /'
        sed 's/^/    /' "$scratch/log"
    fi
}
fresh() { rm -rf "$SEG_CACHE" "$HOME"; : >"$scratch/log"; : >"$scratch/out"; }
whole() { cmp -s "$weights/$name" "$scratch/served" && [ ! -e "$weights/$name.part" ]; }
says() { grep -q -- "$1" "$scratch/out"; }

fresh; fetch ok
check "a whole download is put into seg's cache" '[ $status = 0 ] && whole && says "$weights/$name"'
: >"$scratch/log"; fetch ok
check "what the cache has is not fetched again" '[ $status = 0 ] && [ ! -s "$scratch/log" ]'

fresh; mkdir -p "$HOME/.cache/torch/hub/checkpoints"; cp "$scratch/served" "$HOME/.cache/torch/hub/checkpoints/$name"
fetch ok
check "PyTorch's cache is found" '[ $status = 0 ] && [ ! -s "$scratch/log" ] && says "torch/hub/checkpoints/$name"'

fresh; mkdir -p "$scratch/torch/hub/checkpoints"; cp "$scratch/served" "$scratch/torch/hub/checkpoints/$name"
TORCH_HOME=$scratch/torch fetch ok
check "so is the folder that TORCH_HOME names" '[ $status = 0 ] && [ ! -s "$scratch/log" ] && says "$scratch/torch/hub"'
: >"$scratch/out"
env -u HOME -u SEG_CACHE TORCH_HOME="$scratch/torch" "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
status=$?
check "without a place of its own too" '[ $status = 0 ] && says "$scratch/torch/hub"'
env -u HOME -u SEG_CACHE "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
check "without any place the error names the address" 'says "no folder for https://.*/$name: neither SEG_CACHE nor HOME is set"'
printf x >>"$scratch/torch/hub/checkpoints/$name"
TORCH_HOME=$scratch/torch fetch ok
check "a damaged file there is reported, not used" \
    '[ $status = 1 ] && [ ! -s "$scratch/log" ] && says "$name is damaged: its SHA-256 begins with" && says "remove it"'

fresh; fetch half
check "a broken download is an error and keeps its part" \
    '[ $status = 1 ] && says "cannot download $name" && [ ! -e "$weights/$name" ] && [ "$(stat -c %s "$weights/$name.part")" = 524294 ]'
fetch ok
check "the next attempt resumes" '[ $status = 0 ] && whole && grep -q " 524294$" "$scratch/log"'

fresh; fetch half; fetch whole
check "a server without ranges is asked from the start" '[ $status = 0 ] && whole'

fresh; mkdir -p "$weights"; head -c 3000 /dev/urandom >"$weights/$name.part"; fetch ok
check "a part of something else is dropped" '[ $status = 0 ] && whole'

fresh; mkdir -p "$weights"; cat "$scratch/served" "$scratch/served" >"$weights/$name.part"; fetch ok
check "a part that is too long is dropped" '[ $status = 0 ] && whole'

fresh; mkdir -p "$weights"; cp "$scratch/served" "$weights/$name.part"; fetch ok
check "a part that is whole is taken" '[ $status = 0 ] && whole && [ ! -s "$scratch/log" ]'

fresh; fetch other
check "a changed file is refused and removed" \
    '[ $status = 1 ] && says "its SHA-256 begins with" && [ ! -e "$weights/$name" ] && [ ! -e "$weights/$name.part" ]'

fresh; fetch missing
check "a missing file names address, file and folder" \
    '[ $status = 1 ] && says "http://127.0.0.1:$port/missing/$name" && says "$weights" && [ ! -e "$weights/$name.part" ]'

fresh
SEG_WEIGHTS_URL=http://127.0.0.1:$closed/models "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
status=$?
check "without a network the error names address, file and folder" \
    '[ $status = 1 ] && says "cannot download $name from http://127.0.0.1:$closed/models/$name" && says "$weights"'

# What is not on this machine comes by https; redirections lead nowhere else, and links are not followed.
fresh
for url in http://example.org/models ftp://127.0.0.1/models http://127.0.0.1@example.org/ http://localhost:x@127.0.0.2/ scp://x; do
    SEG_WEIGHTS_URL=$url "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
    status=$?
    check "refused: $url" '[ $status = 1 ] && says "it is not https" && [ ! -e "$weights/$name.part" ]'
done
fresh; fetch redirect
check "a redirection to http is refused" '[ $status = 1 ] && [ ! -e "$weights/$name" ]'
fresh; mkdir -p "$weights"; echo precious >"$scratch/victim"; ln -s "$scratch/victim" "$weights/$name.part"; fetch ok
check "a part that is a link is refused" \
    '[ $status = 1 ] && says "it is a link" && [ "$(cat "$scratch/victim")" = precious ]'
fresh; mkdir -p "$weights"; mkfifo "$weights/$name.part"; fetch ok
check "a part that is a pipe is refused" '[ $status = 1 ] && says "it is not a file of this user"'

fresh; mkdir -p "$scratch/nothing"
PATH=$scratch/nothing "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
status=$?
check "without curl too" '[ $status = 1 ] && says "there is no curl" && says "https://download.pytorch.org/models/$name"'

# A curl that writes more than a pipe holds, as with "verbose" in .curlrc, and one that a full disk stops.
for way in "head -c 300000 /dev/zero | tr '\\0' '\\n' >&2; echo 'curl: (7) no way' >&2; exit 7" "exit 23"; do
    fresh; mkdir -p "$scratch/tools"
    printf '#!/bin/sh\n%s\n' "$way" >"$scratch/tools/curl"; chmod +x "$scratch/tools/curl"
    PATH=$scratch/tools:$PATH timeout 20 "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1
    status=$?
    check "a failing curl is reported: $way" '[ $status = 1 ] && says "(7) no way" || says "is the disk full"'
done

fresh
SEG_WEIGHTS_URL=http://127.0.0.1:$port/slow "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out" 2>&1 &
child=$!
for _ in $(seq 100); do [ -s "$weights/$name.part" ] && break; sleep 0.05; done
kill -INT "$child"; wait "$child"; status=$?
check "Ctrl-C ends the child and keeps the part" \
    '[ $status = 130 ] && ! pgrep -f "continue-at.*127.0.0.1:$port" >/dev/null && [ -s "$weights/$name.part" ] && [ ! -e "$weights/$name" ]'
fetch ok
check "what Ctrl-C left is resumed" '[ $status = 0 ] && whole'

fresh
for i in 1 2 3 4; do
    SEG_WEIGHTS_URL=http://127.0.0.1:$port/ok "$seg" -e 'official_weights("lraspp_mobilenet_v3_large")' >"$scratch/out$i" 2>&1 &
    children[$i]=$!
done
status=0
for i in 1 2 3 4; do wait "${children[$i]}" || status=1; done
cat "$scratch"/out[1-4] >"$scratch/out"
check "four processes at once download once" '[ $status = 0 ] && whole && [ "$(wc -l <"$scratch/log")" = 1 ]'

fresh; touch "$scratch/file"
SEG_CACHE=$scratch/file fetch ok
check "a cache that cannot be made is an error" '[ $status = 1 ] && says "cannot make the folder"'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
