#!/usr/bin/env bash
# The settings for Neovim that editors/README.md prints, in the Neovim that is installed: errors, help, completion,
# definitions, renaming and formatting as it asks for them. Skipped where there is none, or an older one.
#
#     Tests/lsp/neovim.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
seg=$(realpath "${1:-.build/release/seg}")
readme=$PWD/editors/README.md
client=$PWD/Tests/lsp/neovim.lua
minor=$(nvim --version 2>/dev/null | sed -nE '1s/^NVIM v0\.([0-9]+).*/\1/p')
[ "${minor:-0}" -ge 7 ] || { echo "skipped: there is no Neovim of version 0.7 or newer"; exit 0; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/home" "$scratch/bin" "$scratch/project/.git"
ln -s "$seg" "$scratch/bin/seg"
export HOME=$scratch/home SEG_CACHE=$scratch/cache PATH=$scratch/bin:$PATH
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME
# The first block is for 0.11 and newer, the second for older ones.
[ "$minor" -ge 11 ] && block=1 || block=2
awk -v block=$block '/^```lua/ { inside = ++count == block; next } /^```/ { inside = 0 } inside' "$readme" > "$scratch/init.lua"
cd "$scratch/project"
printf '## Doubles a number.\ndouble(x) = 2 * x\ny = double(3)\nz = kaiming_normal([y, y])\nq = nothing1 + 1\nt = "😀"; w = double(4)\n' > a.seg
timeout 60 nvim --headless -i NONE -u "$scratch/init.lua" a.seg -c "luafile $client" > found 2> remarks
check "Neovim 0.$minor" "$(cat found; head -5 remarks)" "error 5:5 there is nothing called \`nothing1\`
hover Doubles a number.
signature double(x)
completion double
definition convolution.seg
renamed t = \"😀\"; w = twice(4)
formatted z = kaiming_normal([y, y])"
checked
