"""torch.load(weights_only=True) and torchvision's models, strict, on the weights that check_torch.seg wrote.

    python check_torch.py FOLDER
"""

import glob
import os
import sys

import torch

from bridges import expect, expect_near, read_tensors, verdict

try:
    import torchvision
except RuntimeError:
    # A torchvision whose compiled part does not fit this torch: only two operations are missing.
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

folder = sys.argv[1]
kinds = torch.load(folder + "/kinds.pt", weights_only=True)
expect(
    "the kinds",
    {name: (str(t.dtype), list(t.shape)) for name, t in kinds.items()},
    {
        "half": ("torch.float64", [2, 3]),
        "whole": ("torch.float32", [2]),
        "flags": ("torch.bool", [2]),
        "empty": ("torch.float32", [0, 3]),
        "scalar": ("torch.float32", []),
    },
)
tensors = read_tensors(folder + "/tensors.safetensors")
for path in sorted(glob.glob(folder + "/*.pth")):
    name = os.path.basename(path)[:-4]
    more = {} if name.startswith("lraspp") else {"aux_loss": True}
    model = getattr(torchvision.models.segmentation, name)(
        weights=None, weights_backbone=None, num_classes=32, **more
    )
    model.load_state_dict(torch.load(path, weights_only=True), strict=True)
    with torch.no_grad():
        logits = model.eval()(torch.tensor(tensors["input"]))["out"]
    expect_near(name, logits.numpy(), tensors[name])
verdict()
