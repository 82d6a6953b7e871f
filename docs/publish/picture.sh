#!/usr/bin/env bash
# The picture of the README: a session of the prompt on a terminal of 24-bit colours (tmux), drawn as SVG.
#
#     docs/publish/picture.sh SEG > docs/session.svg
set -euo pipefail
seg=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
folder=$(mktemp -d)
socket=seg-picture-$$
tm() { tmux -L "$socket" "$@"; }
trap 'tm kill-server 2> /dev/null || true; sleep 0.2; rm -rf "$folder"' EXIT
export LC_ALL=C.UTF-8
cd "$folder"
tm -f /dev/null new-session -d -x 100 -y 60 "HOME='$folder' COLORTERM=truecolor '$seg'"

# Waits until the last line is the prompt, at most two minutes.
await() {
    for _ in $(seq 1 1200); do
        [ "$(tm capture-pane -p | sed '/^$/d' | tail -n 1)" = "${1:->}" ] && return
        sleep 0.1
    done
    echo "the prompt does not come back" >&2
    exit 1
}
await
tm send-keys -R
tm send-keys C-l
while IFS= read -r line; do
    tm send-keys -l -- "$line"
    tm send-keys Enter
    sleep 0.3
    await
done <<'SEG'
data = streets(count=48, size=[96, 128], seed=2)
train, val = split(data.normalize(), [0.75, 0.25])
seed(1)
model = lraspp_mobilenet_v2(classes=data.classes)
run = trainer(model, train, val, optimizer=adam(lr=2e-3), batch=4, epochs=6, recalibrate=true)
for epoch in run { print(epoch) }
plot(run.history.curves().loss, title="loss", height=10)
triptych(val[0], predict(model, val[0]))
SEG
tm capture-pane -p -e -N | perl "$here/picture.pl"
