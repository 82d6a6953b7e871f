"""The same as work.seg in PyTorch, channels last (the best float32 found) or as people write it.

    python3 Benchmarks/models/work.py MODEL WORK [REPETITIONS] [SIZE] [--plain] [--bfloat16]

The frozen part runs without gradients and in evaluation mode. "step, cached" computes its features once. With --bfloat16
a forward pass is of the model converted to bfloat16 or under autocast, whichever is faster.
"""

import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F

try:
    import torchvision
except RuntimeError:
    # The compiled part of this torchvision does not fit this torch: only two operations are missing.
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision

plain = "--plain" in sys.argv
rounds = "--bfloat16" in sys.argv
arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
name, what = arguments[:2]
repetitions, size = (int(a) for a in (arguments[2:] + ["5", "520"][len(arguments) - 2 :]))
models = torchvision.models.segmentation
make = {"lraspp": models.lraspp_mobilenet_v3_large, "deeplab": models.deeplabv3_resnet101, "fcn": models.fcn_resnet101}
layout = torch.contiguous_format if plain else torch.channels_last

torch.set_num_threads(2)
torch.manual_seed(0)
model = make[name](weights=None, weights_backbone=None, num_classes=32).to(memory_format=layout).eval()


def timed(f):
    f()
    f()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        f()
        times.append(1000 * (time.perf_counter() - start))
    return times


if what == "forward":
    x = torch.rand(1, 3, size, size).to(memory_format=layout)
    with torch.inference_mode():
        if rounds:
            with torch.autocast("cpu", torch.bfloat16):
                times = timed(lambda: model(x)["out"])
            model, x = model.bfloat16(), x.bfloat16()
            times = min(times, timed(lambda: model(x)["out"]), key=statistics.median)
        else:
            times = timed(lambda: model(x)["out"])
else:
    batch = {"lraspp": 10, "deeplab": 2, "fcn": 2}[name]
    x = (torch.rand(batch, 3, size, size) - 0.5).to(memory_format=layout)
    masks = torch.randint(0, 32, (batch, size, size))
    stages = list(model.backbone.items())
    first = 0 if what == "step, all open" else 14 if name == "lraspp" else len(stages) - 1
    frozen, opened = stages[:first], stages[first:]
    taps = {"lraspp": {"4": "low", "16": "high"}, "deeplab": {"layer4": "out"}, "fcn": {"layer4": "out"}}[name]
    for _, stage in frozen:
        stage.requires_grad_(False)
    for _, stage in opened:
        stage.train()
    model.classifier.train()
    optimizer = torch.optim.Adam(p for p in model.parameters() if p.requires_grad)
    kept = []

    def run(stages, x, found):
        for key, stage in stages:
            x = stage(x)
            if key in taps:
                found[taps[key]] = x
        return x

    def features():
        with torch.no_grad():
            found = {}
            return run(frozen, x, found), found

    def step():
        if what == "step, cached":
            if not kept:
                kept.append(features())
            border, found = kept[0]
        else:
            border, found = features()
        found = dict(found)
        run(opened, border, found)
        optimizer.zero_grad()
        logits = model.classifier(found if name == "lraspp" else found["out"])
        logits = F.interpolate(logits, size=(size, size), mode="bilinear", align_corners=False)
        F.cross_entropy(logits, masks).backward()
        optimizer.step()

    times = timed(step)
print(f"{statistics.median(times):.1f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:.0f}")
