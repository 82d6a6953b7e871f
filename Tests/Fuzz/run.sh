#!/usr/bin/env bash
# Fuzzes with libFuzzer, AddressSanitizer and, in C, UndefinedBehaviorSanitizer. Each target runs for its share of
# the minutes, one after the other on one core, from the inputs in corpus/ and found/ and from what earlier runs kept
# in .build-fuzz/corpus. Prints the time on the processor, executions and coverage, and adds them to
# .build-fuzz/hours.txt; hours.txt beside this file has those of all campaigns. An input that fails is in
# .build-fuzz/failed/TARGET; with FUZZ_SHOW=1 the fuzzer prints the script that it stands for. Mend the fault, and keep
# the input, small, in found/TARGET, where `make test` replays it.
# Status 1 if one failed.
#
#     Tests/Fuzz/run.sh [MINUTES] [TARGET…]       MINUTES: 5 by default, of all targets together
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-5}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(source script png classes checkpoint graph csv json annotations completion)
scratch=$PWD/.build-fuzz

echo "== building the fuzzer"
export SEG_FUZZ=1
flags=(-c release --package-path Tests/Fuzz --scratch-path "$scratch" -Xswiftc -enable-testing
    -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld -Xcc -O1 -Xcc -g -Xcc -fsanitize=fuzzer-no-link,address,undefined
    -Xcc -fno-sanitize-recover=undefined)
swift build "${flags[@]}" --product Fuzz --quiet
binary=$(swift build "${flags[@]}" --show-bin-path)/Fuzz

# What Swift's run time allocates once is never freed. A third of the time would go into where each block was made.
export ASAN_OPTIONS=detect_leaks=0:malloc_context_size=0:detect_stack_use_after_return=0:quarantine_size_mb=16:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1 SWIFT_BACKTRACE=enable=no SEG_CACHE=$scratch/cache
unset SEG_STDLIB
status=0
printf '%-12s %12s %12s %10s %10s %8s\n' target 'CPU seconds' executions coverage features failed
for target in "${targets[@]}"; do
    corpus=$scratch/corpus/$target
    failed=$scratch/failed/$target
    work=$scratch/running/$target
    mkdir -p "$corpus" "$failed" "$work"
    # Digits become bytes.
    for input in Tests/Fuzz/{corpus,found}/"$target"/*; do
        case $input in
        *'*') ;;
        *.hex) perl -0777 -ne 's/\s//g; print pack "H*", $_' "$input" >"$corpus/$(basename "$input" .hex)" ;;
        *) cp "$input" "$corpus/" ;;
        esac
    done
    end=$((SECONDS + minutes * 60 / ${#targets[@]}))
    log=$scratch/$target.log
    : >"$log"
    # A process ends at the first fault, or after some minutes, so that one that grows ends too.
    while [ $((end - SECONDS)) -gt 0 ]; do
        seconds=$((end - SECONDS))
        # One process writes the corpus: there is no need to look every second what others have found.
        options=(-reload=0 -detect_leaks=0 -max_total_time=$((seconds < 300 ? seconds : 300)) -timeout=60 -report_slow_units=60
            -rss_limit_mb=6000 -malloc_limit_mb=3000 -max_len=8192 -print_final_stats=1 "-artifact_prefix=$failed/")
        words=$PWD/Tests/Fuzz/dictionaries/$target
        [ ! -f "$words" ] || options+=("-dict=$words")
        (
            cd "$work"
            ulimit -s unlimited
            export FUZZ_TARGET=$target TIMEFORMAT='stat::cpu_seconds: %U %S'
            time nice -n 19 "$binary" "${options[@]}" "$corpus"
        ) >>"$log" 2>&1 || true
        find "$work" -mindepth 1 -delete
    done
    read -r seconds executions coverage features < <(
        perl -ne '$sum += $1 if /^stat::number_of_executed_units: (\d+)/; $cov = $1 if /^#\d+\s.*cov: (\d+)/;
            $ft = $1 if /^#\d+\s.* ft: (\d+)/; $cpu += $1 + $2 if /^stat::cpu_seconds: (\S+) (\S+)/;
            END { printf "%d %d %d %d\n", $cpu, $sum, $cov, $ft }' "$log")
    count=$(find "$failed" -type f | wc -l)
    [ "$count" = 0 ] || status=1
    printf '%-12s %12s %12s %10s %10s %8s\n' "$target" "$seconds" "$executions" "$coverage" "$features" "$count"
    echo "$(date +%F) $(git rev-parse --short HEAD) $target $seconds $executions" >>"$scratch/hours.txt"
done
[ $status = 0 ] || echo "inputs that failed are in .build-fuzz/failed, what they said in .build-fuzz/*.log"
exit $status
