"""The same as deeplab.seg in PyTorch, on two threads.

    python3 Benchmarks/pytorch_deeplab.py
"""

import resource
import time

import torch

try:
    import torchvision
except RuntimeError:
    # The compiled part of this torchvision does not fit this torch: only two operations are missing.
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

torch.set_num_threads(2)
model = torchvision.models.segmentation.deeplabv3_resnet101(
    weights=None, weights_backbone=None, num_classes=21, aux_loss=True
).eval()
x = torch.rand(1, 3, 520, 520)
best = float("inf")
with torch.inference_mode():
    for _ in range(3):
        start = time.perf_counter()
        model(x)
        best = min(best, time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"{best:.2f} s, peak {peak} kB")
