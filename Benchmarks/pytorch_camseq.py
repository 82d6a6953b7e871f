#!/usr/bin/env python3
"""PyTorch's time and result for the task of examples/camseq.seg, to compare both on one machine:
LR-ASPP on MobileNetV2 with ImageNet weights, backbone and its statistics frozen and run once per frame
(features cached explicitly), head trained for 5 epochs, batch 10, Adam 1e-3, 520×520; the last 15
frames are held out. First without class weights, then with each formula.

    VENV/bin/python Benchmarks/pytorch_camseq.py DATA_DIR WEIGHTS [--formulas none,linear] [--threads 2]

DATA_DIR holds NAME.png, NAME_L.png and label_colors.txt. How to make VENV:
Tests/Fixtures/make_fixtures.py. The seconds of a run include training and the validation after each
epoch; the time to read the frames and compute their features is printed separately.
"""

import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "Fixtures", "generator"))

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from PIL import Image  # noqa: E402

from own_models import lraspp_mobilenet_v2  # noqa: E402

SIZE, BATCH, EPOCHS, HELD_OUT = 520, 10, 5, 15
SHOWN = ("Column_Pole", "TrafficLight", "Bicyclist")


def palette(folder):
    """Class names in the file's order, and the class of each packed colour 0xRRGGBB."""
    names, codes = [], {}
    with open(os.path.join(folder, "label_colors.txt"), encoding="utf-8") as file:
        for line in file:
            if line.strip():
                red, green, blue, name = line.split()
                codes[int(red) << 16 | int(green) << 8 | int(blue)] = len(names)
                names.append(name)
    return names, codes


def read(folder, codes):
    """Pictures [N, 3, S, S] normalised for ImageNet weights, masks [N, S, S] of class numbers."""
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    keys = np.array(sorted(codes))
    numbers = np.array([codes[key] for key in keys])
    pictures, masks = [], []
    for file in sorted(os.listdir(folder)):
        if not file.endswith("_L.png"):
            continue
        picture = Image.open(os.path.join(folder, file[:-6] + ".png")).convert("RGB").resize((SIZE, SIZE), Image.BILINEAR)
        pictures.append(((np.asarray(picture) / 255 - mean) / deviation).transpose(2, 0, 1).astype(np.float32))
        mask = np.asarray(Image.open(os.path.join(folder, file)).convert("RGB").resize((SIZE, SIZE), Image.NEAREST)).astype(np.int64)
        packed = mask[..., 0] << 16 | mask[..., 1] << 8 | mask[..., 2]
        at = np.searchsorted(keys, packed).clip(0, len(keys) - 1)
        if (keys[at] != packed).any():
            sys.exit(f"{file}: a colour that is not in label_colors.txt")
        masks.append(numbers[at])
    return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack(masks))


def make_model(weights, classes):
    """The model with ImageNet weights in its backbone and PyTorch's default initialisation in its head."""
    torch.manual_seed(0)
    model = lraspp_mobilenet_v2(classes)
    state = torch.load(weights, weights_only=True)
    backbone = {name.removeprefix("features."): value for name, value in state.items() if name.startswith("features.")}
    model.backbone.load_state_dict(backbone, strict=True)
    model.backbone.requires_grad_(False)
    return model


def confusion(logits, masks, classes):
    guess = logits.argmax(1)
    return torch.bincount((masks * classes + guess).reshape(-1), minlength=classes * classes).reshape(classes, classes)


def train(model, features, masks, split, weights):
    """Seconds, confusion matrix of the held-out frames after the last epoch, and a row per epoch."""
    low, high = features
    classes = model.classifier.low_classifier.out_channels
    optimizer = torch.optim.Adam(model.classifier.parameters(), lr=1e-3)
    order = torch.Generator().manual_seed(0)
    start, history = time.time(), []
    for _ in range(EPOCHS):
        model.classifier.train()
        total, pixels = 0.0, 0
        for batch in torch.randperm(split, generator=order).split(BATCH):
            optimizer.zero_grad()
            logits = model.classifier({"low": low[batch], "high": high[batch]})
            logits = F.interpolate(logits, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
            loss = F.cross_entropy(logits, masks[batch], weights)
            loss.backward()
            optimizer.step()
            total, pixels = total + loss.item() * len(batch), pixels + len(batch)
        model.classifier.eval()
        matrix = torch.zeros(classes, classes, dtype=torch.int64)
        with torch.no_grad():
            for batch in torch.arange(split, len(masks)).split(BATCH):
                logits = model.classifier({"low": low[batch], "high": high[batch]})
                logits = F.interpolate(logits, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
                matrix += confusion(logits, masks[batch], classes)
        history.append((total / pixels, (matrix.diag().sum() / matrix.sum()).item()))
    return time.time() - start, matrix, history


FORMULAS = {
    "none": lambda n, X, Y: None,
    "linear": lambda n, X, Y: torch.where(n > 0, X - 100 * (n / n.sum()), Y),
    "max_scaled": lambda n, X, Y: torch.where(n > 0, X * n.max() / n.sum() - Y * (n / n.sum()), X * n.max() / n.sum()),
    "inverse_frequency": lambda n, X, Y: torch.where(n > 0, n.sum() / n.clamp(min=1), 0),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("weights")
    parser.add_argument("--formulas", default=",".join(FORMULAS), help="some of: " + " ".join(FORMULAS))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")

    names, codes = palette(arguments.data)
    start = time.time()
    pictures, masks = read(arguments.data, codes)
    split = len(masks) - HELD_OUT
    read_seconds, start = time.time() - start, time.time()
    model = make_model(arguments.weights, len(names))
    model.backbone.eval()
    with torch.no_grad():
        found = [model.backbone(batch) for batch in pictures.split(BATCH)]
    features = tuple(torch.cat([part[key] for part in found]) for key in ("low", "high"))
    print(f"{split} + {HELD_OUT} frames read in {read_seconds:.1f} s, features in {time.time() - start:.1f} s")

    counts = torch.bincount(masks[:split].reshape(-1), minlength=len(names)).double()
    print(f"majority class of the held-out frames: {torch.bincount(masks[split:].reshape(-1)).max().item() / masks[split:].numel():.4f}")
    print(f"{'':18} accuracy  mIoU (present)  " + "  ".join(SHOWN) + "  seconds   loss by epoch | held-out accuracy by epoch")
    for formula in arguments.formulas.split(","):
        weights = FORMULAS[formula](counts, 100.0, 50.0)
        model = make_model(arguments.weights, len(names))
        seconds, matrix, history = train(model, features, masks, split, None if weights is None else weights.float())
        matrix = matrix.double()
        union = matrix.sum(0) + matrix.sum(1) - matrix.diag()
        iou = matrix.diag() / union
        shown = "  ".join(f"{iou[names.index(name)].item():{len(name)}.3f}" for name in SHOWN)
        print(f"{formula:18} {(matrix.diag().sum() / matrix.sum()).item():8.4f}  {iou[union > 0].mean().item():.4f} ({int((union > 0).sum())})    "
              f"{shown}  {seconds:7.1f}   " + " ".join(f"{loss:.3f}" for loss, _ in history) + " | " + " ".join(f"{a:.3f}" for _, a in history))


if __name__ == "__main__":
    main()
