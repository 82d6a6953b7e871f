#!/usr/bin/env python3
"""data.seg by PIL and torchvision v2 on one core: the milliseconds of a frame, of three runs.

    taskset -c 0 VENV/bin/python Benchmarks/pytorch_data.py DIR

How to make VENV: Tests/Fixtures/make_fixtures.py.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures", "generator"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402

import writing  # noqa: E402,F401  (makes torchvision importable beside a CPU build of torch)
from torchvision import tv_tensors  # noqa: E402
from torchvision.transforms import v2  # noqa: E402

torch.set_num_threads(1)
folder = sys.argv[1]
frames = sorted(name[:-6] for name in os.listdir(folder) if name.endswith("_L.png"))
codes, classes = [], 0
with open(os.path.join(folder, "label_colors.txt"), encoding="utf-8") as file:
    for line in file:
        if line.strip():
            red, green, blue = map(int, line.split()[:3])
            codes.append(red << 16 | green << 8 | blue)
keys = np.array(sorted(codes))
numbers = np.array([codes.index(key) for key in keys], dtype=np.uint8)

changes = v2.Compose([
    v2.Resize((520, 520)),
    v2.RandomHorizontalFlip(),
    v2.RandomRotation(15, interpolation=v2.InterpolationMode.BILINEAR),
    v2.ColorJitter(saturation=(0.5, 1.5)),
    v2.ToImage(),
    v2.ToDtype(torch.float32, scale=True),
    v2.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])

for run in range(3):
    start = time.time()
    for name in frames:
        picture = Image.open(os.path.join(folder, name + ".png")).convert("RGB")
        colors = np.asarray(Image.open(os.path.join(folder, name + "_L.png")).convert("RGB")).astype(np.int32)
        packed = colors[..., 0] << 16 | colors[..., 1] << 8 | colors[..., 2]
        mask = tv_tensors.Mask(torch.from_numpy(numbers[np.searchsorted(keys, packed)]))
        changes(picture, mask)
    print(f"{1000 * (time.time() - start) / len(frames):.1f} ms a frame")
