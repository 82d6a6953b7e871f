#!/usr/bin/env bash
# What seg's pool of threads costs, beside OpenMP and libdispatch, on two threads. Needs Debian's libomp-dev.
#
#     Benchmarks/pool/run.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
swift=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
mkdir -p .build/pool
openmp=$(dirname "$(find /usr/lib/llvm-*/lib -name libomp.so | head -1)")
"$swift/bin/clang" -O2 -fopenmp=libomp -ISources/CKernels/include -I"$swift/lib/swift" Benchmarks/pool/pool.c \
    Sources/CKernels/Shared/pool.c -o .build/pool/pool -L"$openmp" -L"$swift/lib/swift/linux" \
    -Wl,-rpath,"$swift/lib/swift/linux" -ldispatch -lBlocksRuntime -lpthread
.build/pool/pool
