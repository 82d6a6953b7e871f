"""Numbers from a formula of name and index, the same in every language.

All in float64, each operation rounded by itself (a fused multiply-add would
change the argument of sin, and so the digits), then cast to float32:

    code(s)  = (sum over the characters of s of codepoint * (position + 1)) mod 1000, positions from 0
    u_i      = frac(abs(sin((i + 1) * 12.9898 + code(s) / 1000 * 78.233) * 43758.5453)), i from 0, row-major
    v_i      = 2 u_i - 1

What is made of u and v for parameters, pictures and masks is below.
"""

import math

import numpy as np
import torch


def code(name):
    """The number of a name in the formula, 0 to 999."""
    return sum(ord(character) * (position + 1) for position, character in enumerate(name)) % 1000


def uniform(name, count):
    """u: `count` numbers in [0, 1), float64."""
    index = np.arange(1, count + 1, dtype=np.float64)
    wave = np.abs(np.sin(index * 12.9898 + code(name) / 1000 * 78.233) * 43758.5453)
    return wave - np.floor(wave)


def signed(name, shape, scale=1.0, offset=0.0):
    """offset + scale * v as a float32 array of that shape."""
    values = 2 * uniform(name, math.prod(shape)) - 1
    return (offset + scale * values).astype(np.float32).reshape(shape)


def tensor(name, shape, scale=1.0, offset=0.0, dtype=torch.float32):
    return torch.from_numpy(signed(name, shape, scale, offset)).to(dtype)


def recipe(name, shape, norms):
    """Scale and offset of one entry of a state dict; its value is offset + scale * v of its name.
    Six significant digits, so that a table can hold them.

    Batch norm (`norms` has its path): num_batches_tracked 0; running_mean 0.1 v; running_var
    1 + 0.4 v; weight gain * (1 + 0.2 v); bias 1 + 0.1 v: most values then lie off the kinks
    of ReLU, so that a rounding error turns few of them over and steps of training can be compared.
    Other biases 0.1 v. Weights sqrt(2) sqrt(3 / fan_in) v, fan_in the product of shape[1:].
    """
    path, last = name.rsplit(".", 1)
    if last == "num_batches_tracked":
        return 0, 0
    if last == "running_mean":
        return 0.1, 0
    if last == "running_var":
        return 0.4, 1
    if path in norms:
        return (0.2 * norms[path], norms[path]) if last == "weight" else (0.1, 1)
    if last == "bias":
        return 0.1, 0
    return float(f"{math.sqrt(6 / math.prod(shape[1:])):.6g}"), 0


def norm_gains(model):
    """The gain of each batch norm by its path: 1, but 1/8 (ResNet) or 1/4 (MobileNet) where a residual is added,
    lest each of up to 33 sums double the variance."""
    gains = {name: 1 for name, module in model.named_modules() if isinstance(module, torch.nn.BatchNorm2d)}
    for name, module in model.named_modules():
        kind = type(module).__name__
        if kind == "Bottleneck":
            gains[f"{name}.bn3"] = 0.125
        elif kind == "InvertedResidual" and module.use_res_connect:
            last = [path for path in gains if path.startswith(f"{name}.")][-1]
            gains[last] = 0.25
    return gains


def fill(model):
    """Gives every entry of the model's state dict its formula value; returns the recipes by name."""
    norms = norm_gains(model)
    state, recipes = {}, {}
    for name, value in model.state_dict().items():
        recipes[name] = recipe(name, tuple(value.shape), norms)
        state[name] = tensor(name, tuple(value.shape), *recipes[name]).to(value.dtype)
    model.load_state_dict(state, strict=True)
    return recipes


def images(shape, name="input"):
    """[N, C, H, W]: 2 v of the name, about unit variance."""
    return tensor(name, shape, 2.0)


def masks(shape, classes):
    """[N, H, W], int64: floor(u_j * classes) of name "mask", constant in blocks of 4 × 4;
    j = (n * ceil(H / 4) + h // 4) * ceil(W / 4) + w // 4."""
    count, height, width = shape
    rows, columns = -(-height // 4), -(-width // 4)
    blocks = np.floor(uniform("mask", count * rows * columns) * classes).astype(np.int64)
    blocks = blocks.reshape(count, rows, columns).repeat(4, axis=1).repeat(4, axis=2)
    return torch.from_numpy(blocks[:, :height, :width].copy())


def sample_positions(total, count):
    """Row-major positions at which large results are kept: (k * 1000003 + 11) mod total."""
    return (np.arange(count, dtype=np.int64) * 1000003 + 11) % total


def tensor_positions(total, count):
    """Positions at which a parameter is kept: floor((2 k + 1) * total / (2 count))."""
    return (2 * np.arange(count, dtype=np.int64) + 1) * total // (2 * count)
