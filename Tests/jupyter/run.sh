#!/usr/bin/env bash
# seg as a kernel of Jupyter, by Jupyter's own programs: jupyter_client asks what a notebook asks, and nbconvert runs
# the tutorial's notebook. They are installed into a virtual environment, which VENV may name to keep it.
#
#     Tests/jupyter/run.sh [SEG]        SEG: the command, .build/release/seg by default
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
root=$PWD
seg=$(realpath "${1:-.build/release/seg}")
[ -x "$seg" ] || { echo "there is no $seg; build it first" >&2; exit 2; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
venv=${VENV:-$scratch/venv}
[ -x "$venv/bin/jupyter" ] || {
    python3 -m venv "$venv" && "$venv/bin/pip" install -q ipykernel jupyter_client nbconvert
} || { echo "FAILED: Jupyter cannot be installed" >&2; exit 1; }
cd "$scratch"
export HOME=$scratch/home SEG_CACHE=$scratch/cache JUPYTER_PLATFORM_DIRS=1
mkdir -p "$HOME"
unset JUPYTER_DATA_DIR XDG_DATA_HOME

check "the kernel for the user" "$("$seg" jupyter install | head -n 1)" "the kernel is in $HOME/.local/share/jupyter/kernels/seg"
check "its files" "$(ls "$HOME/.local/share/jupyter/kernels/seg" | tr '\n' ' ')" "kernel.json seg_kernel.py "
check "the kernel of an environment" "$("$seg" jupyter install --prefix "$venv" | head -n 1)" \
    "the kernel is in $venv/share/jupyter/kernels/seg"
rm -r "$HOME/.local"
check "Jupyter finds it" "$("$venv/bin/jupyter" kernelspec list 2>/dev/null | awk '$1 == "seg" { print $2 }')" \
    "$venv/share/jupyter/kernels/seg"

"$venv/bin/python" "$root/Tests/jupyter/client.py" >client.log 2>&1 || { cat client.log; failed=$((failed + 1)); }
read -r ok _ < <(grep -E '^[0-9]+ passed' client.log)
passed=$((passed + ${ok:-0}))

cp "$root/examples/tutorial.ipynb" .
"$venv/bin/jupyter" nbconvert --to notebook --execute --ExecutePreprocessor.timeout=600 --output done.ipynb tutorial.ipynb >convert.log 2>&1
check "nbconvert runs the tutorial" "$?" 0
[ -e done.ipynb ] || cat convert.log
check "its outputs" "$("$venv/bin/python" "$root/Tests/jupyter/outputs.py" done.ipynb "$root/docs/tutorial.md" 2>&1)" "as the tutorial says"
"$venv/bin/jupyter" nbconvert --to html --output done.html done.ipynb >convert.log 2>&1
check "nbconvert makes a page of it" "$? $(grep -c 'data:image/png;base64' done.html)" "0 5"
checked
