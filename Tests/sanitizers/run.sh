#!/usr/bin/env bash
# The pool of threads under ThreadSanitizer, then the tests of tensors and pictures and the quick golden scripts
# under AddressSanitizer, the C code also under UndefinedBehaviorSanitizer. Any finding, and a toolchain without
# sanitizers, ends with status 1. Builds for debugging, in a folder of its own. With `--all` more golden scripts run,
# and everything with threads under ThreadSanitizer.
set -euo pipefail
cd "$(dirname "$0")/../.."

swift=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
clang=$swift/bin/clang
libraries=$swift/lib/swift/linux
scratch=.build-sanitizers
mkdir -p $scratch

echo "== the pool of threads: ThreadSanitizer"
# The toolchain's run time of this sanitizer asks for libdispatch.
"$clang" -Wall -Wextra -Werror -g -O1 -fsanitize=thread -ISources/CKernels/include \
    Sources/CKernels/Shared/pool.c Tests/sanitizers/pool.c -o $scratch/pool \
    -L"$libraries" -Wl,-rpath,"$libraries" -ldispatch -lBlocksRuntime -lpthread
TSAN_OPTIONS=halt_on_error=1 $scratch/pool

echo "== building with AddressSanitizer and UndefinedBehaviorSanitizer"
flags=(--sanitize address -Xcc -O1 -Xcc -fsanitize=undefined -Xcc -fno-sanitize-recover=undefined
    -Xswiftc -use-ld=lld --scratch-path $scratch)
swift build "${flags[@]}" --build-tests --quiet

# What Swift's run time allocates once is never freed.
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1
export SEG_CACHE=$PWD/$scratch/cache

echo "== tensors, kernels, weight files, pictures"
swift test "${flags[@]}" --skip-build --quiet --no-parallel --filter '^(TensorTests|ImagingTests|SystemTests)\.'

echo "== golden scripts"
$scratch/debug/seg test Tests/Golden/{tensors,losses,saving} Tests/Golden/language/limits/endless_recursion.seg
if [ "${1:-}" = --all ]; then
    # Without long_line, which takes minutes here.
    mapfile -t language < <(find Tests/Golden/language -name '*.seg' ! -name '_*' ! -name long_line.seg)
    $scratch/debug/seg test "${language[@]}" Tests/Golden/{gradients,metrics,pictures,data,weights,summary}

    echo "== pictures read ahead, kept features, kernels: ThreadSanitizer"
    "$clang" -c -Wall -Wextra -Werror -g -O1 -fsanitize=thread Tests/sanitizers/mutex.c -o $scratch/mutex.o
    threads=(--sanitize thread -Xcc -O1 -Xswiftc -use-ld=lld -Xlinker "$PWD/$scratch/mutex.o"
        --scratch-path .build-threads)
    swift build "${threads[@]}" --product seg --quiet
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    export TSAN_OPTIONS=halt_on_error=1
    for memory in 8G 250M; do
        mkdir "$folder/$memory"
        SEG_CACHE=$folder/cache .build-threads/debug/seg --threads 4 --memory $memory Tests/sanitizers/threads.seg \
            "$folder/$memory"
    done
fi
