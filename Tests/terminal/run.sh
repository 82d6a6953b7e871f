#!/usr/bin/env bash
# The prompt on a real terminal (tmux), for what only a terminal shows: editing, completion,
# paste, Ctrl-C, Ctrl-D, Ctrl-Z, resizing, history. One line per check; status 1 if one fails.
#
#     Tests/terminal/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
seg=$(realpath "${1:-.build/release/seg}")
command -v tmux >/dev/null || { echo "the terminal's tests need tmux" >&2; exit 2; }
[ -x "$seg" ] || { echo "there is no $seg; build it first" >&2; exit 2; }

scratch=$(mktemp -d)
socket=seg-test-$$
tm() { tmux -L "$socket" "$@"; }
# A prompt that is still leaving may write its history while its folder is removed.
trap 'tm kill-server 2>/dev/null; rm -rf "$scratch" 2>/dev/null || { sleep 1; rm -rf "$scratch"; }' EXIT
export LC_ALL=C.UTF-8
failed=0
passed=0

# open COLUMNS ROWS [SEG'S ARGUMENTS …]: a shell with seg in it, in an empty folder.
open() {
    local columns=$1 rows=$2
    shift 2
    tm kill-server 2>/dev/null
    mkdir -p "$scratch/home"
    tm -f /dev/null new-session -d -x "$columns" -y "$rows" \
        "cd '$scratch/home' && HOME='$scratch/home' XDG_STATE_HOME='$scratch/state' PS1='shell$ ' bash --norc --noprofile"
    tm set-option -g history-limit 50000
    await 'shell\$ $'
    type_line "'$seg' $*"
    await '^> $' 'the prompt'
}
keys() { tm send-keys "$@"; }
text() { tm send-keys -l -- "$1"; }
type_line() { text "$1"; keys Enter; }
screen() { tm capture-pane -p; }
all() { tm capture-pane -p -S - ; }

# await PATTERN [NAME]: waits until the last lines of the screen show the pattern, at most 10 seconds.
await() {
    for _ in $(seq 1 200); do
        if screen | sed -e 's/[[:space:]]*$//' -e '/^$/d' | tail -n "${lines:-1}" | grep -Eq -- "${1% \$}"; then return 0; fi
        sleep 0.05
    done
    return 1
}
# check NAME PATTERN [LINES]: whether the pattern appears in the last lines.
check() {
    if lines=${3:-6} await "$2"; then
        passed=$((passed + 1))
        echo "pass  $1"
    else
        failed=$((failed + 1))
        echo "FAIL  $1: no line matches $2"
        screen | sed -e 's/[[:space:]]*$//' -e '/^$/d' -e 's/^/      | /'
    fi
}
milliseconds() { date +%s%3N; }

# ---- Typing
open 80 24
check "a line at the start tells how to get help" '\? for help'
type_line '1 + 1'
check "a value is shown" '^2$'
type_line 'f(x) = {'
check "an unfinished entry has a prompt of its own" '^\.\.\.$' 1
type_line 'x + 40'
type_line '}'
type_line 'f(2)'
check "an entry of three lines" '^42$'
type_line '1 +* 2'
check "an error is underlined" '\^'
text 'x = 123'
keys Left Left BSpace
text 9
keys Enter
type_line 'x'
check "editing within the line" '^923$|^193$'
type_line 'größe = "漢字かな"; größe'
check "wide characters" '"漢字かな"'
text '"漢字"'
keys Left Left
text 'x'
keys Enter
check "editing beside wide characters" '"漢x字"'

# ---- Entries of several lines
type_line 'k(x) = {'
type_line '  y = x + 1'
text '  y * 2'
keys Up
check "Up in a block shows it as one text" '^k\(x\) = \{$|^> k\(x\) = \{$' 3
keys Home
text ' '
keys End
text ' + 1'
keys Down End M-Enter BSpace BSpace
text '}'
keys Enter
type_line 'k(1)'
check "the lines above are edited, Alt-Enter adds one" '^6$'
keys Up Up C-a C-k
text 'k(x) = x'
check "Ctrl-A and Ctrl-K keep to the line" '^k\(x\) = x$|^}k\(x\) = x$' 3
keys C-c
type_line 'if true {'
type_line '  11'
keys Up C-e BSpace
text '2'
keys Up C-e
keys Down Down Down M-Enter C-u
text '}'
keys Enter
check "Ctrl-E keeps to the line, Down keeps the text" '^12$'
text 'typed'
keys Down Down
check "Down keeps a typed line" '^> typed$' 1
keys C-u
text 'one two_three four'
keys C-w M-BSpace C-y
check "Ctrl-W and Alt-Backspace delete a word, Ctrl-Y inserts it" '^> one two_three $' 1
keys C-c

# ---- Keys that do nothing
keys M-x
text 'bind "'
keys F5 PPage M-9
check "Alt-x, Alt-9 and unknown keys do nothing" '^> bind "$' 1
keys C-c
keys Escape
sleep 0.2
text '6 * 7'
keys Enter
check "Escape alone does nothing" '^42$'

# ---- Completion
type_line 'settings = (rate=0.5, batch=10)'
text 'settin'
keys Tab
text '.ra'
keys Tab Enter
check "names and members complete" '^0.5$'
text 'settings.'
keys Tab
check "members are listed with help" 'batch +10'
keys C-c
type_line 'area(width, height=2) = width * height'
text 'area('
keys Tab
check "named arguments are listed with their defaults" 'height= +default 2'
check "the line is below the list" '^> area\($' 1
keys C-c
mkdir -p "$scratch/home/pictures"
text 'read_csv("pic'
keys Tab
check "a folder completes with a slash" 'read_csv\("pictures/$' 1
keys C-c
text ':ti'
keys Tab
text '2 * 21'
keys Enter
check "commands complete" '^time: '

# ---- Ctrl-C
text 'this is given up'
keys C-c
check "Ctrl-C cancels the line" '^>$' 1
type_line 'kept = 7'
type_line 'n = 0; while true { n += 1 }'
sleep 0.7
start=$(milliseconds)
keys C-c
lines=2 await 'interrupted'
await '^>$'
took=$(($(milliseconds) - start))
check "Ctrl-C stops a computation" 'interrupted'
if [ "$took" -lt 700 ]; then echo "pass  within $took ms, tmux included"; passed=$((passed + 1)); else echo "FAIL  only after $took ms"; failed=$((failed + 1)); fi
type_line 'kept'
check "the session is whole" '^7$'
type_line 'for i in 0..<100000000 { print(i) }'
sleep 1
start=$(milliseconds)
keys C-c
await '^>$'
took=$(($(milliseconds) - start))
check "Ctrl-C stops printing" 'interrupted'
echo "      after $took ms, tmux included"
# Of a sweep, the trials that are done are kept, and that is said.
type_line 'slow(x) = { if x > 2 { while true { } }; x }'
type_line 's = sweep(slow, x=[1, 2, 3])'
check "a sweep shows its trials" '^2/3 +x 2, value 2' 2
keys C-c
check "Ctrl-C in a sweep says what is kept" '^interrupted: 2 of 3 trials done; with file=' 6
type_line 'partial_result().column("value")'
check "and it is" '^\[1, 2\]$'
# A training that is stopped in the middle of a batch is as it was before that batch. Its epochs are long, so that
# Ctrl-C rarely comes between two of them, where no line is shown.
type_line "s = import(\"$PWD/Tests/Golden/training/_small.seg\")"
type_line 'fresh() = trainer(s.tiny(), s.streets_of(90), batch=2, epochs=100000)'
type_line 'run = fresh(); run.finish()'
check "a line tells how far the epoch is" 'epoch +[0-9]+/100000 .*[0-9]/90 ' 12
keys C-c
check "Ctrl-C stops a training" 'interrupted'
if screen | grep -Eq 'epoch +[0-9]+/100000 .*[0-9]/90 '; then
    echo "FAIL  the line of progress is left over"
    failed=$((failed + 1))
else
    echo "pass  no line of progress is left over"
    passed=$((passed + 1))
fi
type_line ':save stopped.seg'
check ":save says that an interrupted entry is a comment" '^note: run = fresh\(\); run.finish\(\) and 3 more' 6
type_line 'again = fresh(); again.step(run.steps); s.same(state_dict(run.model), state_dict(again.model))'
check "the batch in flight left nothing" '^true$'
type_line 'run.step(); run.steps > again.steps'
check "the training continues" '^true$'
keys C-l
type_line 'kept + 1'
check "and the prompt is back" '^8$'

# ---- Paste
tm set-buffer $'a = 1\nb = [a,\n  2]\n\na + b[1]\n'
tm paste-buffer -p
check "a pasted block is one entry" '^3$'
tm set-buffer $'5 * 5'
tm paste-buffer -p
keys Enter
check "a pasted word can be edited on" '^25$'
tm set-buffer $'g(x) = {\n    x + 1\n}'
tm paste-buffer -p
keys Enter
type_line 'g(1)'
check "a block without a last newline waits for Enter" '^2$'
keys Up Up Enter
type_line 'g(2)'
check "a block comes back from the history whole" '^3$'
type_line ':paste'
tm set-buffer $'1  p, q = 100, 50\n2  r = max([p,\n       q])\n3  r + 1\n.\n'
tm paste-buffer -p
check "a numbered listing runs" '^101$'
type_line 'count = tensor([90, 10, 0])'
tm set-buffer $'1  X, Y = 100, 50\n2  weights = torch.where(count > 0,\n       X - 100*(count/sum(count)),\n       Y)\n3  weights.sum().item()\n'
tm paste-buffer -p
check "a listing of one page of print runs as printed" '^150$'
tm set-buffer $'> a = 20\n> f(x) = {\n...   x + a\n... }\n> f(2)\n3\n'
tm paste-buffer -p
check "a pasted session runs its entries" '^22$' 2
tm set-buffer $'    > b = 20\n    c = 3\n    b + c\n    99\n    > h(x) = {\n        x + b\n    }\n    > h(2)\n    3\n'
tm paste-buffer -p
check "also indented, and with lines without a mark" '^22$' 2
if screen | grep -q '^99$'; then
    echo "FAIL  an answer was run"; failed=$((failed + 1))
else
    echo "pass  the answers are left out"; passed=$((passed + 1))
fi
tm set-buffer $'> m(x) = {\n...   x + 5\n... }\n> m(2)\n'
tm paste-buffer
check "also line by line, without bracketed paste" '^7$' 2
type_line '!echo "from $((40 + 1))"'
check "! runs a command of the shell" '^from 41$'
type_line '?"early stopping"'
check "a search finds what is meant" '^ +early_stop '
type_line '?tensors'
check "a long page stops after a screen" '^-- [0-9]+ more lines: Enter goes on, q ends --$' 1
keys Enter
check "Enter goes on" '^-- [0-9]+ more lines: Enter goes on, q ends --$' 1
text q
keys Enter
check "q ends" '^>$' 1
keys C-l
type_line '?'
check "the topics fit the window" '^> \?$' 24
keys C-l

# ---- Display forms
type_line 'rand(40, 50)'
check "a tensor shows shape, type, range and a corner" '^tensor \[40, 50\], float32, .* … .*, mean' 20
type_line 'streets(count=4, size=[32, 48]).counts'
check "class counts are a bar chart with names" '^Road +█' 40
type_line 'streets(count=4, size=[32, 48])'
check "a data set shows its sizes below its pictures" '^32 x 48 pixels, 32 classes$' 3

# ---- History
type_line '"searched" + " for"'
type_line '1'
keys C-l
keys C-r
text 'searched'
keys Enter
check "Ctrl-R finds an entry" '"searched for"'

# ---- Long lines, resizing
text "long = \"$(printf 'abcdefghij%.0s' $(seq 1 20))\""
keys Enter
type_line 'len(long)'
check "a line longer than the window" '^200$'
text "\"$(printf 'abcdefghij%.0s' $(seq 1 12))"
tm resize-window -x 50 -y 20
sleep 0.3
text '"'
keys Enter
sleep 0.3
type_line '41 + 1'
check "typing continues in a smaller window" '^42$'
tm resize-window -x 100 -y 24
sleep 0.2
type_line '42 + 1'
check "and in a larger one" '^43$'
check "the prompt appears once" '^>$' 1

# ---- Ctrl-Z
type_line 'kept = 8'
text 'kept * '
keys C-z
check "Ctrl-Z gives the shell" 'shell\$$' 1
type_line 'echo "from the shell"'
check "the shell's terminal is whole" '^from the shell$'
type_line 'fg'
check "fg shows the line again" '^> kept \*$' 1
text '2'
keys Enter
check "and it can be finished" '^16$'

# ---- Ctrl-D
type_line 'h(x) = {'
keys C-d
type_line 'kept'
check "Ctrl-D cancels an unfinished entry" '^8$'
keys C-d
check "Ctrl-D asks before runs are lost" 'lose (it|them)\?' 3
type_line 'n'
type_line 'kept'
check "and stays where they are not to be lost" '^8$'
keys C-d
check "it asks again" 'lose (it|them)\?' 3
keys C-d
check "Ctrl-D leaves" 'shell\$$' 1
type_line 'stty -a | grep -o " echo " ; echo status $?'
check "the terminal echoes as before" '^status 0$'

# ---- Pictures, and curves while a run trains
open 80 24
type_line 's = streets(count=1, size=[48, 64])[0]; show(s.image)'
check "pictures are blocks where the terminal has no graphics" '▀'
type_line '1 + 41'
check "the answer of the terminal is not left for the prompt" '^42$'
if screen | grep -q '\?1;\|Gi=31'; then
    echo "FAIL  the terminal's answer is on the screen"
    failed=$((failed + 1))
else
    echo "pass  nothing of the terminal's answer is on the screen"
    passed=$((passed + 1))
fi
type_line 'd = streets(count=8, size=[96, 128]).normalize(); net = Sequential(Conv2d(3, 16, 3, padding=1), Conv2d(16, 32, 1))'
type_line 'run = trainer(net, d, d, batch=4, epochs=10000); run.finish()'
check "curves are below the lines of the epochs" '● train   ▲ val' 3
check "and they stay while epochs go on" 'epoch +[5-9]/10000' 24
tm resize-window -x 60 -y 20
sleep 1
check "in another window they are drawn anew" '● train' 4
keys C-c
check "Ctrl-C leaves a clean screen" '^>$' 1
if screen | grep -q '● train'; then
    echo "FAIL  the curves are left over"
    failed=$((failed + 1))
else
    echo "pass  no curves are left over"
    passed=$((passed + 1))
fi
type_line 'exit'
check "exit asks before a run is lost" 'lose it\?' 3
type_line 'y'
check "and the prompt is left as ever" 'shell\$$' 1

# ---- The next session
type_line "'$seg'"
await '^>$'
# Below it are the five entries of the session with pictures and curves.
keys Up Up Up Up Up Up
check "history lasts across sessions" '^> kept' 1
keys C-c
type_line 'exit'
check "exit leaves" 'shell\$$' 1
type_line "NO_COLOR=1 '$seg'"
await '^>$'
type_line 'nowhere'
check "NO_COLOR gives plain text" 'error: ' 8
if tm capture-pane -p -e | tail -n 12 | grep -q $'\033\[1;31m'; then
    echo "FAIL  colour in spite of NO_COLOR"
    failed=$((failed + 1))
else
    echo "pass  no colour"
    passed=$((passed + 1))
fi
keys C-d
check "NO_COLOR leaves" 'shell\$$' 1

# ---- A terminal that claims to have more cells than fit into the memory
type_line "stty rows 60000 cols 60000; '$seg' --memory 1G"
await '^> $'
type_line '40 + 4'
check "a huge terminal" '^44$'
type_line 'number(split_text(split_text(read_text("/proc/self/status"), "VmHWM:")[1])[0]) < 4e5'
check "takes no memory" '^true$'
keys C-d

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
