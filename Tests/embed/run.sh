#!/usr/bin/env bash
# seg in another program. First examples/embed, beside this checkout, with what is built here already. Then a
# package that depends on seg by a version: SwiftPM accepts it, as it has no compiler flags; with
# `--whole` that package is also built, which takes minutes, and runs the same example.
#
#     Tests/embed/run.sh [--whole] [FLAGS OF SWIFT BUILD …]
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
whole=
if [ "${1:-}" = --whole ]; then
    whole=yes
    shift
fi

# The folder .build serves two packages. Each must plan its build again; compiled files are kept.
plan_anew() { rm -f "$root/.build/release.yaml" "$root/.build/release/description.json"; }
trap plan_anew EXIT
plan_anew
swift run "$@" --package-path examples/embed --scratch-path .build

scratch=$(mktemp -d)
trap 'plan_anew; rm -rf "$scratch"' EXIT
mkdir "$scratch/seg" "$scratch/user"
tar --exclude='./.build*' --exclude=./.git -cf - . | tar -xf - -C "$scratch/seg"
git -C "$scratch/seg" init -q
git -C "$scratch/seg" add -A
git -C "$scratch/seg" -c user.name=test -c user.email=test@localhost commit -qm "as it is"
git -C "$scratch/seg" tag 1.0.0
cp -r examples/embed/Sources "$scratch/user"
sed "s|\.package(name: \"seg\", path: \"../..\")|.package(url: \"file://$scratch/seg\", from: \"1.0.0\")|" \
    examples/embed/Package.swift >"$scratch/user/Package.swift"
grep -q 'from: "1.0.0"' "$scratch/user/Package.swift"
cd "$scratch/user"
if [ -n "$whole" ]; then
    swift run -c release
else
    # Only plans the build.
    swift build -c release --print-manifest-job-graph >/dev/null
fi
echo "by a version: accepted"
