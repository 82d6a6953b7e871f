#!/usr/bin/env bash
# One script on several ranks of this machine, more than it has processors: the same output, files and training as in one
# process; errors, parted control flow, killed ranks, the end of a scheduler's time; and machines of their own by network
# namespaces, where this user may make them.
#
#     Tests/mpi/run.sh [SEG_WITH_MPI [PLAIN_SEG]]
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
seg=$(realpath "${1:-.build-mpi/release/seg}")
plain=$(realpath "${2:-.build/release/seg}")
tests=$PWD/Tests/mpi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export SEG_CACHE=${SEG_CACHE:-$folder/cache}
# Only shared memory: no address of this machine is used.
ranks() { # how many, then the words after `seg`
    local n=$1
    shift
    if [ "$n" = 1 ]; then "$seg" --threads 1 "$@"; else
        timeout 600 mpirun -q --oversubscribe --mca mpi_yield_when_idle 0 --mca btl self,vader -n "$n" "$seg" --threads 1 "$@"
    fi
}
# A folder of its own for each number of ranks.
within() {
    mkdir -p "$folder/$1"
    cd "$folder/$1" || exit 1
}

check "the version names the MPI" "$("$seg" --version | grep -c 'MPI')" 1
check "a plain seg under a launcher" \
    "$(OMPI_COMM_WORLD_SIZE=2 "$plain" -e 'print(1)' 2>&1 | head -1; echo "${PIPESTATUS[0]}")" \
    "seg: mpirun started 2 processes, but this seg was built without MPI: each would run the whole script
1"
for wrong in soon 0 inf; do
    check "a rank's time: $wrong" "$(SEG_RANK_TIMEOUT=$wrong "$seg" -e 1 2>&1; echo $?)" \
        "seg: SEG_RANK_TIMEOUT must be a number of seconds, at least 1, got \"$wrong\""$'\n1'
done
check "a batch script of Slurm is no step" "$(SLURM_NTASKS=4 "$plain" -e 'print(1)')" 1
check "affinity" "$(taskset -c 0 "$plain" doctor | grep -c 'threads *1 of')" 1

# The same output to the bit; training to 1e-6.
for n in 1 2 4 8; do
    echo "== the same script on $n ranks"
    within "$n"
    for script in _everyone _searches; do
        ranks $n "$tests/$script.seg" >"$script.out" 2>"$script.errors"
        check "$script on $n ranks" "$(diff "$folder/1/$script.out" "$script.out" || cat "$script.errors")" ""
    done
    ranks $n "$tests/_training.seg" whole whole.json >training.out 2>&1
    check "training on $n ranks" "$("$seg" "$tests/_training.seg" near "$folder/1/whole.json" whole.json)" equal
    ranks $n "$tests/_wide.seg" wide.json >wide.out 2>&1
    check "several buckets of gradients on $n ranks" \
        "$("$seg" "$tests/_training.seg" near "$folder/1/wide.json" wide.json)" equal
    check "batch norm of one value for each sample on $n ranks" "$(tail -1 wide.out)" true
done

within longest
ranks 2 "$tests/_longest.seg" >out 2>&1
check "a sweep begins with its longest trials" "$(grep -v trial out)" \
    'rows [1, 60, 3, 30, 90, 2]
first [60, 90] then 30 [1, 2, 3]'
check "each trial prints once" "$(grep trial out | sort)" "$(printf 'trial %s\n' 1 2 3 30 60 90)"

within writers
ranks 8 "$tests/_writers.seg" >out 2>&1
check "files of several processes in one folder" "$(cat out)" "lost 0"

echo "== runs that are saved, errors, signals"
# Saved under some ranks, finished under others.
for pair in "1 2" "2 1" "4 2"; do
    within "runs-${pair// /-}"
    read -r before after <<<"$pair"
    ranks "$before" "$tests/_training.seg" half half.json >said 2>&1
    ranks "$after" "$tests/_training.seg" finish finished.json >>said 2>&1
    check "saved under $before ranks, finished under $after" \
        "$("$seg" "$tests/_training.seg" near "$folder/1/whole.json" finished.json)" equal
done

# Errors and parted control flow end all, once, within seconds, with the status 1.
within errors
ends() { # what, code, the wanted line
    printf '%s\n' "$2" >e.seg
    local began=$SECONDS
    ranks 3 e.seg >out 2>errors
    check "$1: the status" $? 1
    # Of several ranks that wait, any may be the first to say so.
    check "$1: the error" "$(head -1 errors | sed 's/rank [12] waits/one waits/')" "$3"
    check "$1: once" "$(grep -c '^error' errors)" 1
    check "$1: soon" $((SECONDS - began < 20)) 1
}
parted="error: the ranks went different ways: rank 0 was in"
ends "an error on one rank" 'if rank() == 1 { error("no") }
everywhere(1)' "error: no"
ends "an error on all ranks" 'error("no")' "error: no"
ends "other collectives" 'if rank() == 2 { everywhere(1) } else { sum_over_ranks(1) }' \
    "$parted sum_over_ranks (e.seg:1), one waits in everywhere (e.seg:1)"
ends "the same, on other lines" 'if rank() == 1 { everywhere(1) }
else { everywhere(1) }' "$parted everywhere (e.seg:2), one waits in everywhere (e.seg:1)"
ends "random numbers on one rank" 'if rank() == 1 { rand(1).item() }
trainer(Conv2d(3, 32, 1), streets(count=4, size=32), batch=4)' \
    "error: the ranks train different runs: the model on rank 1 and on rank 0 differ"
ends "a rate that one rank changes" 'run = trainer(with_seed([1], () -> Conv2d(3, 32, 1)), streets(count=4, size=32), batch=4)
if rank() == 1 { run.optimizer.lr = 5 }
run.epoch()' "error: the ranks train different runs: the settings on rank 1 and on rank 0 differ"
ends "a rank that is at its end" 'if rank() == 0 { everywhere(1) }' \
    "$parted everywhere (e.seg:1), one waits in the end of the script"
ends "others at their end" 'if rank() == 1 { everywhere(1) }' \
    "$parted the end of the script, one waits in everywhere (e.seg:1)"
ends "an error while others compute" 'if rank() == 1 { error("no") }
while true { }' "error: no"
printf 'exit(3)\n' >e.seg
ranks 2 e.seg 2>/dev/null
check "exit" $? 3

# The process of rank 1 of the job that `mpirun` with this id started.
rank_one() {
    for process in $(pgrep -P "$1"); do
        if tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -q '^OMPI_COMM_WORLD_RANK=1$'; then
            echo "$process"
        fi
    done
}
# Starts a job in the background, and waits for a line of its output.
start() { # the line, then how many ranks and the words after `seg`
    local line=$1 n=$2
    shift 2
    mpirun -q --oversubscribe --mca mpi_yield_when_idle 0 --mca btl self,vader --mca odls_base_sigkill_timeout 10 -n "$n" "$seg" --threads 1 "$@" \
        >job 2>&1 &
    job=$!
    for _ in $(seq 600); do
        grep -q "$line" job && return
        sleep 0.1
    done
    check "the job prints $line" "$(cat job)" "$line"
}

within killed
"$seg" --threads 1 "$tests/_long.seg" sweep whole.json | grep -v '^[0-9]*/' >whole
start '^3/8\|^[0-9]/8' 2 "$tests/_long.seg" sweep s.json
kill -KILL "$(rank_one $job)"
wait $job
check "a killed rank ends the job" $(($? != 0)) 1
kept=$("$seg" -e 'len(read_json("s.json").rows)')
check "some trials are kept" $((kept >= 1 && kept < 8)) 1
ranks 2 "$tests/_long.seg" sweep s.json >next
check "the next start does the others" "$(grep -c '^[0-9]*/8' next)" $((8 - kept))
check "and gives the same table" "$(grep -v '^[0-9]*/' next)" "$(cat whole)"

within ended
start 'epoch 3' 2 "$tests/_long.seg" train t.run
kill -TERM $job
wait $job
check "the end of a scheduler's time" "$(grep -c interrupted job)" 1
last=$(grep -c '^epoch' job)
check "the run is saved after its last step" \
    "$("$seg" -e "r = load(\"t.run\"); r.done >= $last and r.steps >= 2 * $last")" true

# A scheduler that suspends a job stops all of its processes.
within suspended
export SEG_RANK_TIMEOUT=3
start 'epoch 3' 2 "$tests/_long.seg" train t.run
kill -STOP $(pgrep -P $job)
sleep 5
kill -CONT $(pgrep -P $job)
before=$(grep -c '^epoch' job)
for _ in $(seq 100); do
    [ "$(grep -c '^epoch' job)" -gt $((before + 20)) ] && break
    sleep 0.1
done
check "a job that was suspended goes on" \
    "$(grep -c 'sign of life' job) $(($(grep -c '^epoch' job) > before + 20))" "0 1"
kill -TERM $job
wait $job
unset SEG_RANK_TIMEOUT

# Machines of their own: two network namespaces, joined by a bridge in a third, where mpirun runs.
name=seg$$
remove() { for one in a b head; do ip netns del "$name$one" 2>/dev/null; done; }
if ip netns add "${name}head" 2>/dev/null; then
    echo "== machines of their own"
    trap 'remove; rm -rf "$folder"' EXIT
    within machines
    ip -n "${name}head" link add bridge0 type bridge
    ip -n "${name}head" addr add 10.77.0.1/24 dev bridge0
    ip -n "${name}head" link set bridge0 up
    ip -n "${name}head" link set lo up
    place=2
    for one in a b; do
        ip netns add "$name$one"
        ip link add "v$one$$" netns "${name}head" type veth peer name eth0 netns "$name$one"
        ip -n "${name}head" link set "v$one$$" master bridge0 up
        ip -n "$name$one" addr add 10.77.0.$place/24 dev eth0
        ip -n "$name$one" link set eth0 up
        ip -n "$name$one" link set lo up
        place=$((place + 1))
    done
    # In the place of ssh: enters the machine with this address, under a host name of its own.
    cat >agent <<AGENT
#!/bin/sh
host=\$1
shift
case \$host in 10.77.0.2) one=a ;; *) one=b ;; esac
exec ip netns exec $name\$one unshare -u sh -c "hostname machine-\$one; \$*"
AGENT
    chmod +x agent
    export SEG_RANK_TIMEOUT=30
    across() {
        ip netns exec "${name}head" unshare -u sh -c 'hostname head; exec "$@"' sh \
            timeout 300 mpirun -q --host 10.77.0.2,10.77.0.3 -n 2 --mca plm_rsh_agent "$PWD/agent" --mca btl self,tcp \
            --mca btl_tcp_if_include 10.77.0.0/24 --mca oob_tcp_if_include 10.77.0.0/24 \
            -x SEG_CACHE -x SEG_RANK_TIMEOUT "$@"
    }
    across "$seg" --threads 1 "$tests/_everyone.seg" >out 2>errors
    check "across machines" "$(diff "$folder/1/_everyone.out" out || cat errors)" ""
    across "$seg" --threads 1 "$tests/_training.seg" whole whole.json >said 2>&1
    check "training across machines" "$("$seg" "$tests/_training.seg" near "$folder/1/whole.json" whole.json)" equal

    # One of them is cut off in mid-training.
    export SEG_RANK_TIMEOUT=10
    across "$seg" --threads 1 "$tests/_long.seg" train t.run >job 2>&1 &
    job=$!
    for _ in $(seq 600); do
        grep -q 'epoch 3' job && break
        sleep 0.1
    done
    began=$SECONDS
    ip -n "${name}head" link set "vb$$" down
    # mpirun itself may still wait for its daemon there: it is ended with what is left of both machines.
    for _ in $(seq 600); do
        grep -q 'rank 1 has given no sign of life' job && break
        sleep 0.1
    done
    check "a machine that is cut off is an error within a minute" \
        "$(grep -c 'rank 1 has given no sign of life' job) $((SECONDS - began <= 60))" "1 1"
    check "the autosave is whole" "$("$seg" -e 'load("t.run").done >= 3')" true
    for one in a b head; do ip netns pids "$name$one" 2>/dev/null; done | xargs -r kill -KILL
    wait $job
    check "the job has ended" $(($? != 0)) 1
else
    echo "network namespaces cannot be made here: machines of their own are not tested"
fi

checked
