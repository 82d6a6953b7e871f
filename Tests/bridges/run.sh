#!/usr/bin/env bash
# What seg writes for other programs, read by these programs: ONNX's checker and onnxruntime, TensorBoard's reader,
# pycocotools, Pillow, and where they are installed torch and torchvision. By `make test-all`.
#
#     Tests/bridges/run.sh [SEG]       SEG: the command, .build/release/seg by default
#
# The Python of PYTHON=VENV/bin/python is used if it is set; else a virtual environment is made in .build/bridges from
# requirements.txt, or the checks are skipped where there is no Python or no network. torch and torchvision are large:
# their checks run only where PYTHON has them.
set -u
cd "$(dirname "$0")/../.."
. Tests/checks.sh
seg=$(realpath "${1:-.build/release/seg}")
here=Tests/bridges
python=${PYTHON:-}
if [ -z "$python" ]; then
    venv=.build/bridges
    if ! [ -x $venv/bin/python ]; then
        python3 -m venv $venv 2>/dev/null || { rm -rf $venv; echo "skipped: python3 makes no virtual environment"; exit 0; }
    fi
    $venv/bin/python -m pip install -q -r $here/requirements.txt || { echo "skipped: pip installs no packages"; exit 0; }
    python=$venv/bin/python
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

export PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
# Exact: the rounding of the faster convolutions would add to onnxruntime's, which is near 1e-5 in the deepest models.
bridge() { # what, script, arguments...
    local what=$1 script=$2 found
    shift 2
    if "$seg" --exact "$here/$script.seg" "$@" > "$scratch/said" 2> "$scratch/notes"; then
        # What the other programs' libraries remark is shown only where there is no verdict.
        found=$("$python" "$here/$script.py" "$@" 2> "$scratch/remarks")
        check "$what" "${found:-$(tail -20 "$scratch/remarks")}" "as seg"
    else
        check "$what: $script.seg" "$(cat "$scratch/said" "$scratch/notes")" ""
    fi
    echo "$what: done"
}

for model in fcn_resnet50 fcn_resnet101 deeplabv3_resnet50 deeplabv3_resnet101 deeplabv3_mobilenet_v3_large \
    lraspp_mobilenet_v3_large lraspp_mobilenet_v2 deeplabv3plus_mobilenet_v3_large unet_resnet50 unet own shuffled; do
    bridge "ONNX, $model" check_onnx "$model" "$scratch/$model"
    rm -f "$scratch/$model".*
done
bridge "TensorBoard" check_events "$scratch/runs"
bridge "COCO and CVAT" check_masks "$scratch/masks"
bridge "MLflow" check_tracking "$scratch/tracking"
if "$python" -c "import torch" 2> /dev/null; then
    bridge "PyTorch" check_torch "$scratch/weights"
else
    echo "skipped: this Python has no torch"
fi
checked
