"""Changes of light and colour by torchvision, of a small picture made by a formula: as PIL pictures where it has both
ways (brightness, contrast, saturation), as tensors where Pillow's 8-bit hue is coarse (hue, blur)."""

import math

import numpy as np
import torch
from PIL import Image
from writing import torchvision  # noqa: F401

from torchvision.transforms.v2 import functional as F

HEIGHT, WIDTH = 9, 12


def picture():
    """Bytes [3, 9, 12]: 37 c + 11 y^2 + 53 x + 7 x y (c + 1) modulo 256."""
    c, y, x = np.meshgrid(np.arange(3), np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    return ((37 * c + 11 * y * y + 53 * x + 7 * x * y * (c + 1)) % 256).astype(np.uint8)


def numbers(result):
    if isinstance(result, Image.Image):
        result = torch.from_numpy(np.asarray(result).copy()).permute(2, 0, 1)
    return [int(v) for v in result.reshape(-1)]


def fixture():
    image = picture()
    tensor = torch.from_numpy(image)
    pil = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))

    def blurred(sigma):
        size = 2 * math.ceil(3 * sigma) + 1
        return F.gaussian_blur(tensor, [size, size], [sigma, sigma])

    cases = []
    for change, values, make in [
        ("brightness", [0, 0.6, 1.4], lambda v: F.adjust_brightness(pil, v)),
        ("contrast", [0, 0.5, 1.7], lambda v: F.adjust_contrast(pil, v)),
        ("saturation", [0, 0.4, 1.8], lambda v: F.adjust_saturation(pil, v)),
        ("hue", [-0.5, -0.1, 0.05, 0.3], lambda v: F.adjust_hue(tensor, v)),
        ("blur", [0.4, 1, 1.3], blurred),
    ]:
        cases += [{"change": change, "value": value, "picture": numbers(make(value))} for value in values]
    return {"formula": picture.__doc__, "cases": cases}
