#!/usr/bin/env bash
# The kernels in C compiled for arm64 and run by qemu-user: the same bits as on this processor with AVX2. Installs a
# linker, a C library and qemu of Debian where they lack. seg itself is not compiled: Debian has no Swift for arm64.
set -euo pipefail
cd "$(dirname "$0")/../.."
sums=.build/arm64
rm -rf $sums && mkdir -p $sums/objects
missing=()
command -v qemu-aarch64 >/dev/null || missing+=(qemu-user)
command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
[ ${#missing[@]} -eq 0 ] || make --no-print-directory install-packages "PACKAGES=${missing[*]}"
clang=$(dirname "$(readlink -f "$(command -v swift)")")/clang
flags=(-O2 -Wall -Wextra -Werror)
for folder in include Shared Convolution Images; do flags+=(-I "$PWD/Sources/CKernels/$folder"); done
sources=("$PWD/Tests/arm64/kernels.c" "$PWD"/Sources/CKernels/*/*.c)

"$clang" "${flags[@]}" "${sources[@]}" -o $sums/native -lm -lpthread
(cd $sums/objects && "$clang" --target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include "${flags[@]}" -c "${sources[@]}")
aarch64-linux-gnu-gcc -static $sums/objects/*.o -o $sums/arm64 -lm -lpthread
SEG_KERNELS=avx2 $sums/native >$sums/native.txt
qemu-aarch64 $sums/arm64 >$sums/arm64.txt
diff $sums/native.txt $sums/arm64.txt
echo "$(wc -l <$sums/arm64.txt) digests: the same with AVX2 and on arm64"
