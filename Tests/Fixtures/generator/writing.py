"""How fixtures are written: JSON a person can read and a diff can show, numbers
rounded, one row of a table a line. Also imports torchvision where its compiled
operations (built for CUDA) cannot be loaded; the segmentation models use none of them."""

import json
import math
import platform

import numpy as np
import torch

try:
    import torchvision
except RuntimeError:
    # Only the names are missed: torchvision registers shape functions for these two.
    _library = torch.library.Library("torchvision", "DEF")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

torch.set_num_threads(1)  # the same digits on every machine, as far as its kernels allow


def versions():
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "numpy": np.__version__,
    }


def rounded(value, digits=7):
    """A number to that many significant digits; a whole one without a point; nan and infinities as strings."""
    value = float(value)
    if not math.isfinite(value):
        return str(value)
    short = float(f"{value:.{digits}g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def values(tensor, digits=7):
    """All elements, row-major."""
    return [rounded(value, digits) for value in np.asarray(tensor, dtype=np.float64).reshape(-1)]


def _compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _lines(value, indent):
    pad = " " * indent
    if isinstance(value, dict) and value:
        body = ",\n".join(f"{pad} {json.dumps(key)}: {_lines(item, indent + 1)}" for key, item in value.items())
        flat = not any(isinstance(item, dict) or isinstance(item, list) and item and isinstance(item[0], (list, dict)) for item in value.values())
        small = _compact(value)
        return small if len(small) < 100 or flat else "{\n" + body + f"\n{pad}}}"
    if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        small = _compact(value)
        if len(small) < 100:
            return small
        return "[\n" + ",\n".join(f"{pad} {_compact(item)}" if isinstance(item, list) else f"{pad} {_lines(item, indent + 1)}" for item in value) + f"\n{pad}]"
    return _compact(value)


def write(path, content):
    """Writes the fixture with the versions that made it first; returns its size in bytes."""
    text = _lines({"made_with": versions(), **content}, 0) + "\n"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return len(text.encode())
