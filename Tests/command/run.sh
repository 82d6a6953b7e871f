#!/usr/bin/env bash
# The command itself: options, wrong usage, exit statuses, help, the man page, and the completions as bash
# runs them.
#
#     Tests/command/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
seg=$(realpath "${1:-.build/release/seg}")
tests=$PWD/Tests/command
[ -x "$seg" ] || { echo "there is no $seg; build it first" >&2; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
# says STATUS TEXT ARGUMENTS …: the command ends with the status, and its first line is the text.
says() {
    local wanted="$1: $2"
    shift 2
    local found status
    found=$("$seg" "$@" 2>&1 </dev/null)
    status=$?
    check "seg $*" "$status: ${found%%$'\n'*}" "$wanted"
}

# ---- Wrong usage
says 2 "seg: there is no option --thread; did you mean --threads?" --thread 2
says 2 "seg: there is no option -x" -x
says 2 "seg: --threads needs a number" --threads
says 2 "seg: --threads needs a number from 1 to 1024, got 0" --threads=0
says 2 "seg: --seed needs a whole number, got 1.5" --seed 1.5
says 2 "seg: --memory needs a size such as 500M or 8G, got much" --memory=much
says 2 "seg: --exact takes no value" --exact=1
says 2 "seg: --precision needs float32 or bfloat16, got half" --precision half
says 2 "seg: --precision needs a precision: float32 or bfloat16" --precision
says 2 "seg: --precision bfloat16 rounds, and --exact excludes that" --exact --precision=bfloat16
says 2 "seg: --precision bfloat16 rounds, and --exact excludes that" --precision bfloat16 --exact
says 2 "seg: -e needs a line of code" -e
says 2 "seg: check needs at least one file" check
says 2 "seg: check has no option --quick" check --quick a.seg
says 2 "seg: fmt has no option --chek; did you mean --check?" fmt --chek a.seg
says 2 "seg: --threads must come before test" test --threads 1
says 2 "seg: test needs at least one folder or file" test
says 0 "for x in xs { … }" doc for
says 0 "  cross_validate   Trains on k - 1 parts of the data and validates on the one l…" doc "cross validation"
says 1 "seg: there is no help on lenn; did you mean ?len" doc lenn
says 2 "seg: doc needs one name" doc
says 2 "seg: doc needs one name" doc sum mean
says 2 "seg: doc needs one name" doc --markdown sum
says 2 "seg: --completions needs bash, zsh or fish, got tcsh" --completions tcsh
says 2 "seg: cannot read chekc: there is no such file or folder" chekc
check "a word near a command" "$("$seg" chekc 2>&1 | tail -n 1)" "help: there is a command check"

# ---- Actions
says 0 "2" -e '1 + 1'
says 0 '["a", "--seed"]' -e 'args' a --seed
says 0 "1" --threads=1 --seed 3 -e '1'
says 0 "float32" --precision float32 -e 'convolution_precision()'
check "bfloat16 for a whole script" "$("$seg" --precision bfloat16 -e 'convolution_precision()' 2>/dev/null)" bfloat16
# Pictures are made ahead by the other threads; order and results are the same.
epochs='for i in 0..<2 { for b in batches(streets(count=7, size=32).augment([noise(0.1), rotate(20)]).normalize(), 3) {
    print(sum(b.images).item(), sum(to(b.masks, int64)).item(), b.names) } }'
check "the same at any number of threads" "$("$seg" --threads 3 -e "$epochs")" "$("$seg" --threads 1 -e "$epochs")"
says 1 "error: no" -e 'error("no")'
echo 'print(args)' >script.seg
says 0 '["-x", "2"]' script.seg -x 2
says 0 '["2"]' -- script.seg 2
mv script.seg ./-script.seg
says 0 '[]' -- -script.seg
rm ./-script.seg
says 3 "a" -e 'try { print("a"); exit(3); print("b") } catch e { print("caught") }'
says 1 "error: exit: status is 256; an exit status is from 0 to 255" -e 'exit(256)'
check "eprint writes to standard error" "$("$seg" -e 'print("a"); eprint("b"); print("c")' 2>/dev/null)" $'a\nc'
cat >noted.seg <<'END'
data = streets(count=2, size=32)
run = trainer(Conv2d(3, 32, 1), data, val=data.augment(hflip()), batch=2, epochs=1)
print(run)
END
check "notes are on standard error" "$("$seg" noted.seg 2>/dev/null)" "trainer: 0 of 1 epoch done"
check "a note" "$("$seg" noted.seg 2>&1 >/dev/null | grep -c '^note: the validation data are augmented')" 1
check "a note on autosave" "$("$seg" -e 'trainer(Conv2d(3, 32, 1), streets(count=2, size=32).normalize(), batch=2, autosave="none/a.run")' \
    2>&1 >/dev/null)" 'note: autosave is "none/a.run", and there is no folder none; make_folder("none") makes it'
# Help is looked for where it is shown.
seq -f 'print(q%.0fx)' 20000 >names.seg
check "many unknown names" "$(timeout 20 "$seg" check names.seg 2>&1 | grep -c 'there is nothing called')" 20
rm names.seg
# Many small values, each counted where it is made.
for made in '[0] * 60_000' 'list(1...60_000)' 'l[0...50_000]' 'l + [1]' '[...l]' 's + "b"' '"{s}b"' 's[0...500_000]' \
    'reversed(l)' 'upper(s)' 'copy([l, l])' 'sorted(l)'; do
    check "small values within the memory: $made" "$(ulimit -v 4000000; "$seg" --memory 300M -e "
        s = \"a\" * 600_000; l = [0] * 60_000; x = []; for i in 1...3000 { x.push($made) }" 2>&1 |
        grep -c 'the memory limit is 300 MB')" 1
done
for made in 'print([s] * 60_000)' 'print(...[s] * 60_000)' 'write_json([s] * 60_000, "x.json")' 'x = "{s * 30}{s * 30}{s * 30}"'; do
    check "long texts within the memory: $made" "$("$seg" --memory 100M -e "s = \"a\" * 1_000_000; $made" 2>&1 |
        grep -c '^error: this text needs .* the memory limit is 100 MB')" 1
done
check "printed texts within the memory" "$("$seg" --memory 100M -e 's = "a" * 1_000_000
captured(() -> { for i in 1...500 { print(s) } })' 2>&1 | grep -c '^error: the captured text needs .* the memory limit is 100 MB')" 1
# Ctrl-C is for the whole script, also where no loop and no call is.
for line in 's[1...]' 's + s' 'try { error("a") } catch { }'; do
    { echo 's = [...1...200000]'; yes "$line" | head -20000; } >lines.seg
    check "Ctrl-C in a script without loops: $line" "$(timeout --preserve-status -s INT 1 "$seg" lines.seg 2>&1; echo $?)" $'interrupted\n130'
done
rm lines.seg
# Where Swift gets no memory the process ends, so what grows asks before.
for grows in 's = "abc"; while true { s = s + s }' 's = "abc"; while true { s += s }' 'r = (); i = 0; while true { r["k{i}"] = i; i += 1 }' \
    'xs = []; while true { push(xs, [1]) }' 'x = rand(300, 300); sum(x @ x)'; do
    check "within ulimit -v: $grows" "$(ulimit -v 300000; timeout 60 "$seg" -e "$grows" 2>&1 | grep -c '^error: ')" 1
done
deep='m = Sequential(Conv2d(1, 1, 1)); for i in 0..<3000 { m = Sequential(m) }; m(zeros(1, 1))'
check "the layer of an error, deep within" "$(timeout 20 "$seg" -e "{ $deep }" 2>&1 | grep -c '^  in layer 0[.]0.*….*[.]0 (Conv2d)$')" 1
check "the layer of an error" "$("$seg" -e 'Sequential(ReLU(), Sequential(Conv2d(1, 1, 1)))(zeros(1, 1))' 2>&1 |
    grep -c '^  in layer 1.0 (Conv2d)$')" 1
# Lists as tensors, and the working space of kernels, are refused before they are made, by the name of the function.
for made in 'sum sum(x)' 'argmax argmax(x)' 'unique unique(x)' 'tensor tensor(x)' 'tensor tensor([x, x])' \
    'saving save(x, "x.sv")' 'sorting sorted(x)'; do
    check "lists within the memory: $made" "$(ulimit -v 4000000; "$seg" --memory 100M -e "x = [1] * 4_000_000; ${made#* }" 2>&1 |
        grep -cE "^error: ${made%% *}.* needs .* the memory limit is 100 MB")" 1
done
# Lists of a kernel's taps count; long rows need no tables.
check "the taps of a large kernel within the memory" "$("$seg" --memory 200M -e \
    'compute(conv2d(rand(1, 1, 1500, 1500), rand(1, 1, 1500, 1500)))' 2>&1 |
    grep -c '^error: the working space of conv2d needs .* the memory limit is 200 MB')" 1
peak='print(number(split_text(split_text(read_text("/proc/self/status"), "VmHWM:")[1])[0]) < 300_000)'
for made in 'interpolate(rand(1, 1, 3, 3), [3, 15_000_000])' 'interpolate(rand(1, 1, 3, 3), [15_000_000, 3])' \
    'conv2d(rand(1, 1, 520, 520), rand(1, 1, 501, 501))' 'conv_transpose2d(rand(1, 1, 20, 20), rand(1, 1, 501, 501))'; do
    check "the peak within the memory: $made" "$("$seg" --memory 300M -e "compute($made); $peak" 2>&1)" true
done
for made in 'boundary_matches(x, x, 5, 3)' 'boundary_overlap(x, x, 5, 3)'; do
    check "zones within the memory: $made" "$(ulimit -v 4000000; "$seg" --memory 100M -e "x = zeros(3000, 3000, dtype=uint8); $made" 2>&1 |
        grep -cE "^error: the working space of ${made%%(*} needs .* the memory limit is 100 MB")" 1
    check "pictures one by one where the memory has room for one: $made" "$("$seg" --threads 4 --memory 60M -e "seed(1)
x = (interpolate(rand(4, 1, 20, 20), [700, 700])[:, 0] * 5).to(uint8); y = flip(x, 1)
print(len(${made//x, x/x, y}), sum(${made//x, x/x, y}).item())")" \
        "$("$seg" --threads 1 -e "seed(1)
x = (interpolate(rand(4, 1, 20, 20), [700, 700])[:, 0] * 5).to(uint8); y = flip(x, 1)
print(4, sum((0...3).map(i -> sum(${made//x, x/x[i], y[i]}).item())))")"
done
# What the limit has no room for is refused before the first step; in pieces it has.
run='run = trainer(lraspp(classes=32), streets(count=16, size=[260, 260]), batch=16, epochs=1'
check "a step beyond the memory" "$("$seg" --memory 400M -e "$run)" 2>&1 | grep -c '^error: a step of 16 samples .* 400 MB are left')" 1
check "its pieces within the memory" "$("$seg" --memory 400M -e "$run, accumulate=4); run.step(); print(run.steps)" 2>/dev/null)" 1
# What a statement held that failed is free for what follows in the same loop.
check "memory after a caught error" "$("$seg" --memory 200M -e '
big(k) = { t = ones(2000, 2000) + k; compute(t); t }
for round in 0..<3 {
    held = []
    try { for i in 0..<100 { push(held, big(i)) } } catch e {}
    held = []
    try { for i in 0..<8 { r = (x=big(i)) } } catch e { print(e.message) }
    r = nil
}' 2>&1)" ""
check "parts of work within the memory" "$("$seg" -e 'spread_work(1e12, i -> i, (i, x) -> nil)' 2>&1 |
    grep -c '^error: a list of 1000000000000 results needs .* the memory limit is')" 1
# The sizes that files state, before anything is allocated for them.
"$seg" -e 'write_image(zeros([6000, 6000], dtype=uint8), "large.png"); write_json((categories=[], annotations=[],
    images=[(id=1, file_name="large.png", width=16384, height=16384)]), "large.json")'
for read in 'read_image("large.png")' 'read_mask("large.png")' 'read_annotations("large.json")'; do
    check "pictures within the memory: $read" "$(ulimit -v 4000000; "$seg" --memory 30M -e "$read" 2>&1 |
        grep -c '^error: large.*, of .*, needs .* the memory limit is 30 MB')" 1
done
rm large.png large.json
# The log of a script that runs for long is written while it runs.
cat >long.seg <<'END'
print("begun")
started = clock()
while clock() - started < 1.2 { }
print("on the way")
while clock() - started < 20 { }
END
{ timeout -s KILL 4 "$seg" long.seg >log; } 2>/dev/null
check "output is written while a script runs" "$(cat log)" $'begun\non the way'
rm noted.seg long.seg log
check "print and eprint keep their order" "$("$seg" -e 'print("a", end=""); eprint("b", "c", sep="-"); print("d")' 2>&1)" $'ab-c\nd'
says 1 "error: the text of a value is nested too deeply" -e 'type T() { line() = self }
T()'
check "output that cannot be written" "$("$seg" -e 'print("x")' 2>&1 >/dev/full; echo $?)" $'seg: cannot write the output: no space is left on the disk\n1'
for text in --help --man --version '--completions bash' 'doc sum' doctor; do
    check "a text that cannot be written: $text" "$("$seg" $text 2>&1 >/dev/full; echo $?)" \
        $'seg: cannot write the output: no space is left on the disk\n1'
    check "a text without an output: $text" "$("$seg" $text 2>&1 >&-; echo $?)" \
        $'seg: cannot write the output: standard output is closed\n1'
done
"$seg" -e 'while true { }' >&- &
sleep 0.5
check "a file does not take the place of a closed output" "$(readlink /proc/$!/fd/1)" /dev/null
kill $! && wait $! 2>/dev/null
mkfifo pipe
check "Ctrl-C is heard while a pipe has no writer" "$(timeout -s INT -k 5 1 "$seg" check pipe 2>&1; echo $?)" $'interrupted\n124'
check "a byte 0 is written" "$("$seg" -e 'print("a\u{0}b")' | od -An -c | tr -d ' ')" 'a\0b\n'
check "and by a test" "$(timeout -s INT -k 5 1 "$seg" test pipe 2>&1; echo $?)" $'interrupted\n124'
"$seg" -e 'g() = on_interrupt(() -> { while true { } }, g)
g()' 2>/dev/null &
sleep 0.5
kill -INT $! && sleep 0.3 && kill -INT $!
wait $!
check "a second Ctrl-C ends what follows the first" $? 130
"$seg" -e 'on_interrupt(() -> { while true { } }, () -> save(1, "/nowhere/at/all.run"))' 2>said &
sleep 0.5
kill -INT $! && wait $!
check "the error of what follows Ctrl-C is shown" "$? $(grep -c -e '^interrupted' -e '^error: cannot write /nowhere' said)" "130 2"
"$seg" -e 'on_interrupt(() -> { while true { } }, () -> exit(7))' 2>said &
sleep 0.5
kill -INT $! && wait $!
check "what follows Ctrl-C may end the script" "$? $(cat said)" "7 "
escape=$(printf '\033')
for wrong in "--$escape[31mX" "-$escape[31mX" "--memory=$escape[31mX" "--threads $escape[31mX" "jupyter $escape[31mX"; do
    check "usage errors show escape sequences: ${wrong%%$escape*}" "$("$seg" $wrong 2>&1 | grep -c "$escape")" 0
done
check "errors show escape sequences" "$("$seg" -e "read_text(\"a$escape[31m\")" 2>&1 | head -n 1)" \
    'error: cannot read a\u{1b}[31m: there is no such file or folder'
strange=$(printf 'b\344r.seg')
echo 'print(args)' >"$strange"
check "a script whose name is not UTF-8" "$("$seg" "$strange" "$(printf '\344')")" '["\u{10fee4}"]'
rm "$strange"
check "such a name in an error" "$("$seg" "$(printf 'b\344d.seg')" 2>&1)" \
    'seg: cannot read b\xE4d.seg: there is no such file or folder'
check "a pipe is read" "$(echo 'print(4)' >pipe & "$seg" pipe)" 4
check "the parameters of a type are distinct" "$("$seg" check <(echo 'type T(a, a) { }') 2>&1 | head -n 1)" "error: the parameter \`a\` appears twice"
echo 'x  =  1' >loose.seg
says 1 "loose.seg is not formatted: seg fmt loose.seg" fmt --check loose.seg
says 0 "" fmt loose.seg
check "fmt writes" "$(cat loose.seg)" "x = 1"
says 0 "" check loose.seg
echo '1 + 1  # expect: 3' >wrong.seg
check "a failing test" "$("$seg" test wrong.seg | tail -n 1)" "0 passed, 1 failed"
printf 'while true { print("abc" * 1000) }\n# expect error: what a test prints is longer than\n' >endless.seg
check "a test that prints without end" "$("$seg" test endless.seg)" "1 passed, 0 failed"
rm endless.seg
says 2 "seg: cannot read none.seg: there is no such file or folder" check none.seg
check "standard input is a script" "$(echo 'print(3)' | "$seg" -)" 3

# ---- A folder for an experiment
says 0 "street/weights has experiment.seg, README.md, data/README.md, results/README.md" new street/weights
says 2 "seg: street/weights is not empty; nothing was written" new street/weights
says 2 "seg: loose.seg is no folder" new loose.seg
says 2 "seg: new needs one folder" new
says 2 "seg: cannot make the folder /proc/street: there is no such file or folder" new /proc/street
says 2 "seg: new needs one folder, got an empty name" new ""
says 2 "seg: test needs at least one folder or file, got an empty name" test ""
says 2 "seg: fmt needs at least one file, got an empty name" fmt --check loose.seg ""
mkdir empty
says 0 "empty has experiment.seg, README.md, data/README.md, results/README.md" new empty
check "its script runs as it is" "$(cd street/weights && "$seg" experiment.seg 2 | grep -c '^epoch  [12]/2')" 2
check "and writes results" "$(cd street/weights/results && ls | tr '\n' ' ')" "README.md classes.csv curves.svg history.csv last.run model.pth "
check "and is formatted" "$("$seg" fmt --check street/weights/experiment.seg 2>&1)" ""
check "the script names the experiment" "$(head -n 1 street/weights/experiment.seg)" "# weights: what this experiment asks, in a sentence."

check "the next step can be pasted" "$("$seg" new "my streets" | tail -n 1)" "next: cd 'my streets' && seg experiment.seg"
check "this folder is named as it is called" "$(cd empty && rm -r ./* && "$seg" new . >/dev/null && head -n 1 README.md)" "# empty"

rm -r street empty "my streets"

# ---- The kernel for notebooks
says 2 "seg: lsp takes nothing, got x" lsp x
says 2 "seg: jupyter needs one word: install" jupyter
says 2 "seg: jupyter takes install, got remove" jupyter remove
says 2 "seg: --prefix needs a folder" jupyter install --prefix
says 2 "seg: --prefix needs a folder" jupyter install --prefix ""
says 2 "seg: --prefix needs a folder" jupyter install --prefix=
says 0 "the kernel is in $scratch/python/share/jupyter/kernels/seg" jupyter install --prefix python
says 0 "the kernel is in $scratch/python/share/jupyter/kernels/seg" jupyter --prefix=python install
check "the kernel names the command" "$(grep -o '"SEG_COMMAND":"[^"]*"' python/share/jupyter/kernels/seg/kernel.json)" "\"SEG_COMMAND\":\"$seg\""
check "the kernel of the user" "$(JUPYTER_DATA_DIR=$scratch/data "$seg" jupyter install | head -n 1)" "the kernel is in $scratch/data/kernels/seg"
check "the user's data" "$(env -u JUPYTER_DATA_DIR XDG_DATA_HOME=$scratch/xdg "$seg" jupyter install --user | head -n 1)" "the kernel is in $scratch/xdg/jupyter/kernels/seg"
rm -r python data xdg
# ---- The doctor
says 2 "seg: doctor takes nothing, got x" doctor x
doctor=$("$seg" doctor)
status=$?
check "the doctor finds no fault here" "$status" 0
for subject in seg processor threads memory OpenBLAS TurboJPEG curl cache state here terminal; do
    check "the doctor looks at $subject" "$(grep -cE "^(ok|note) +$subject  " <<<"$doctor")" 1
done
check "the doctor says what is the version" "$(head -n 1 <<<"$doctor" | tr -s ' ')" "ok $("$seg" --version)"
check "a cache that cannot be written is a fault" "$(SEG_CACHE=loose.seg/none "$seg" doctor | grep -A1 cache | tr -s ' ')" $'FAULT cache loose.seg/none: loose.seg: cannot be written\n set SEG_CACHE to a folder where you may write'
check "the status says so" "$(SEG_CACHE=loose.seg/none "$seg" doctor >/dev/null; echo $?)" 1
check "a terminal without UTF-8" "$(LC_ALL=C "$seg" doctor | grep -A1 terminal | tail -n 1 | tr -s ' ')" " charts need UTF-8: export LANG=C.UTF-8"
check "a library of scripts that is not there" "$(SEG_STDLIB=/none "$seg" doctor | grep library | tr -s ' ')" "FAULT library its scripts are read from /none"
check "no curl" "$(PATH=/none "$seg" doctor | grep -c 'curl *not found')" 1
check "few threads" "$("$seg" --threads 1 doctor | grep -c 'threads *1 of')" 1
check "little memory" "$("$seg" --memory 1G doctor | grep -A1 memory | grep -c 'enough for small pictures')" 1

# ---- Texts about the command name every option and command
options=$("$seg" --help | grep -oE '^  -[-a-z]+' | tr -d ' ')
commands=$("$seg" --help | sed -nE 's/^  seg ([a-z]+).*/\1/p')
check "help has the options" "$(echo $options | wc -w)" 11
check "help has the commands" "$(echo $commands)" "check fmt test weights doc new lsp jupyter doctor"
"$seg" --man >seg.1
for text in "$("$seg" --man | sed 's/\\-/-/g')" "$("$seg" --completions bash)" "$("$seg" --completions zsh)"; do
    for word in $options $commands; do
        check "${text%%$'\n'*} has $word" "$(grep -cFw -- "$word" <<<"$text" | sed 's/[1-9][0-9]*/some/')" some
    done
done
for word in $options $commands; do
    check "fish has $word" "$("$seg" --completions fish | grep -cE -- " (-l|-s|-a) ${word#--} " | sed 's/[1-9][0-9]*/some/')" some
done
check "the man page has roff's lines and plain ones" "$(grep -vcE '^(\.(TH|SH|TP|B|I|br)( |$)|[^.'\''])' seg.1)" 0

# ---- Completion in bash
"$seg" --completions bash >seg.bash
source ./seg.bash
compopt() { :; }
touch a.seg b.txt net.safetensors
mkdir folder
# complete WORDS …: what completion offers for the last of the words.
complete_words() {
    COMP_WORDS=(seg "$@")
    COMP_CWORD=$#
    COMPREPLY=()
    _seg
    printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '
}
check "options complete" "$(complete_words --th)" "--threads "
check "commands complete" "$(complete_words che)" "check "
check "scripts complete" "$(complete_words a)" "a.seg "
check "files of check are scripts and folders" "$(complete_words check '')" "a.seg folder loose.seg wrong.seg "
check "options of fmt" "$(complete_words fmt --)" "--check "
check "options before a command" "$(complete_words --threads 2 fmt --)" "--check "
check "files of weights" "$(complete_words weights n)" "net.safetensors "
check "the word of jupyter" "$(complete_words jupyter i)" "install "
check "options of jupyter" "$(complete_words jupyter --p)" "--prefix "
check "precisions" "$(complete_words --precision b)" "bfloat16 "
check "shells" "$(complete_words --completions z)" "zsh "
check "a value is not completed as a file" "$(complete_words --threads a)" " "

# ---- The environment
for wrong in nonsense -1 '5 Go' 1e400; do
    check "a limit of the cache: $wrong" "$(SEG_CACHE_LIMIT=$wrong "$seg" -e 1 2>&1; echo $?)" \
        "seg: SEG_CACHE_LIMIT must be a size such as 500M or 20G, or 0, got \"$wrong\""$'\n1'
done
for right in 0 5G '5 GB' 1.5T 100 ''; do
    check "a limit of the cache: $right" "$(SEG_CACHE_LIMIT=$right "$seg" -e 1 2>&1)" 1
done
check "a folder of scripts that is not there" "$(SEG_STDLIB=/none "$seg" -e 1 2>&1; echo $?)" \
    $'seg: SEG_STDLIB must be the folder stdlib of seg\'s sources, got "/none", which is not a folder\n1'

# ---- Little memory: a sentence, and no report of a crash
for limit in 'v 30000' 'v 40000' 'v 50000' 'v 60000' 'v 65000' 'd 10000' 'd 40000'; do
    check "ulimit -$limit" "$(ulimit -$limit; "$seg" -e '1 + 1' 2>&1; echo $?)" \
        $'seg: there is no memory to start; do ulimit -v and ulimit -d leave too little?\n1'
done
for limit in 'v 100000' 'd 100000'; do
    check "ulimit -$limit" "$(ulimit -$limit; "$seg" -e '1 + 1' 2>&1)" 2
done

# ---- Levels of kernels: a run saved on one machine goes on to the same bits on another
read -r _ version best _ <<<"$("$seg" --version | tr -d '()')"
check "unknown kernels" "$(SEG_KERNELS=fast "$seg" -e 1 2>&1)" 'seg: SEG_KERNELS must be sse2, avx2 or avx512, got "fast"'
levels=()
for level in sse2 avx2 avx512; do
    SEG_KERNELS=$level "$seg" -e 1 >/dev/null 2>&1 && levels+=("$level")
done
check "the best level is the last that the processor has, or the one below" \
    "$(grep -cx -e "$best" <<<"$(printf '%s\n' "${levels[@]: -2}")")" 1
for level in "${levels[@]}"; do
    mkdir "$level"
    check "the version names the kernels: $level" "$(SEG_KERNELS=$level "$seg" --version)" "seg $version ($level kernels)"
    SEG_KERNELS=$level "$seg" --threads 3 "$tests/levels.seg" "$level"
    SEG_KERNELS=$level "$seg" --precision bfloat16 -e 1 2>"$level/note" >/dev/null
    rounded=$(grep -c "no fast instructions for bfloat16" "$level/note")
    [ "$level" = avx512 ] && grep -q avx512_bf16 /proc/cpuinfo && wanted=0 || wanted=1
    check "a note where bfloat16 gains nothing: $level" "$rounded" $wanted
    [ "$level" = sse2 ] && continue
    SEG_KERNELS=$level "$seg" --threads 3 "$tests/rounded.seg" "$level.safetensors"
    check "logits in bfloat16 have the same bits with $level, with and without instructions" \
        "$(sha256sum <"$level.safetensors" | cut -c 1-16)" b56c3280a40ed661
    check "two networks trained with $level have the bits of everywhere" \
        "$(cat "$level"/*.safetensors | sha256sum | cut -c 1-16)" 61789140f947aef3
done

checked
