"""Random operations of seg against PyTorch and NumPy: shapes (empty and odd sizes too), strides, dilations, types,
values and gradients; arguments that PyTorch refuses are to be errors. References are computed in float64 from the same
float32 numbers.

    VENV/bin/python Tests/Fixtures/random_operations.py [COUNT] [--seed N] [--seg .build/release/seg]

Prints each difference with what reproduces it, then a line with the numbers. Status 1 if there is a difference.
"""

import argparse
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import torch
import torch.nn.functional as F

TOLERANCE = 2e-4  # of the largest magnitude of the reference
BATCH = 250
SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 11, 16, 17, 33]
DTYPES = {"float32": np.float32, "float64": np.float64, "int64": np.int64, "int32": np.int32, "uint8": np.uint8,
          "bool": np.bool_}


class Case:
    """`expression` is of seg, over the names of `inputs`; `reference` is a function of the same tensors."""

    def __init__(self, name, expression, reference, inputs, by=(), tolerance=TOLERANCE):
        self.name, self.expression, self.reference = name, expression, reference
        self.inputs, self.by, self.tolerance = inputs, by, tolerance


R = random.Random()
N = None  # NumPy's generator


def shape(low=0, high=4, limit=3000, empty=0.06):
    while True:
        sizes = [R.choice(SIZES) for _ in range(R.randint(low, high))]
        if sizes and R.random() < empty:
            sizes[R.randrange(len(sizes))] = 0
        if math.prod(sizes) <= limit:
            return sizes


def real(sizes, scale=1.0, offset=0.0):
    return np.asarray(N.standard_normal(sizes) * scale + offset, dtype=np.float32)


def apart(sizes):
    """Numbers no two of which are close: order and kinks are certain."""
    count = math.prod(sizes)
    return ((N.permutation(count) - count // 2 + 0.25) / max(count, 1) * 4).astype(np.float32).reshape(sizes)


def whole(sizes, low=-9, high=10, dtype="int64"):
    if dtype in ("uint8", "bool"):
        low, high = 0, 2 if dtype == "bool" else high
    return np.asarray(N.integers(low, high, sizes), dtype=DTYPES[dtype])


def any_values(sizes, dtype):
    return apart(sizes).astype(DTYPES[dtype]) if dtype.startswith("float") else whole(sizes, dtype=dtype)


def axis_of(sizes):
    axis = R.randrange(len(sizes))
    return axis - len(sizes) if R.random() < 0.4 else axis


def flag(value):
    return "true" if value else "false"


def numbers(values):
    return "[" + ", ".join(map(str, values)) + "]"


# MARK: Families


def unary():
    functions = {
        "abs": torch.abs, "exp": torch.exp, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh,
        "floor": torch.floor, "ceil": torch.ceil, "sign": torch.sign, "relu": F.relu, "relu6": F.relu6,
        "sigmoid": torch.sigmoid, "hardsigmoid": F.hardsigmoid, "silu": F.silu, "gelu": F.gelu,
        "leaky_relu": F.leaky_relu, "hardswish": F.hardswish, "round": torch.round,
    }
    positive = {"log": torch.log, "log2": torch.log2, "log10": torch.log10, "sqrt": torch.sqrt}
    if R.random() < 0.2:
        name, function = R.choice(list(positive.items()))
        x = np.abs(apart(shape())) + np.float32(0.1)
    else:
        name, function = R.choice(list(functions.items()))
        x = apart(shape())
    return Case(name, f"{name}(x)", function, {"x": x}, ["x"])


def clamp():
    low, high = sorted(round(R.uniform(-2, 2), 3) for _ in range(2))
    low, high = R.choice([(low, high), (low, None), (None, high)])
    given = ", ".join(f"{k}={v}" for k, v in (("low", low), ("high", high)) if v is not None)
    return Case("clamp", f"clamp(x, {given})", lambda x: torch.clamp(x, low, high), {"x": apart(shape())}, ["x"])


def broadcast_pair():
    whole_shape = shape(0, 4, 2000)
    def part():
        sizes = [1 if R.random() < 0.25 else s for s in whole_shape]
        return sizes[R.randint(0, len(sizes)):] if R.random() < 0.3 else sizes
    return part(), part()


def binary():
    one, other = broadcast_pair()
    operator = R.choice(["+", "-", "*", "/", "minimum", "maximum", "^"])
    a, b = apart(one), apart(other) + np.float32(0.113)
    if operator == "^":
        a, b = np.abs(a) + np.float32(0.3), R.choice([2, 3, 0.5, -1, -2.5])
        return Case("power", f"x ^ ({b})", lambda x: x ** b, {"x": a}, ["x"])
    if operator == "/":
        b = np.where(np.abs(b) < 0.2, b + np.float32(0.5), b).astype(np.float32)
    functions = {"+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "minimum": torch.minimum,
                 "maximum": torch.maximum}
    expression = f"x {operator} y" if len(operator) == 1 else f"{operator}(x, y)"
    return Case(f"binary {operator}", expression, functions[operator], {"x": a, "y": b}, ["x", "y"])


def integer_binary():
    one, other = broadcast_pair()
    dtype = R.choice(["int64", "int32", "uint8"])
    operator = R.choice(["+", "-", "*", "//", "%"] if dtype != "uint8" else ["//", "%"])
    a, b = whole(one, dtype=dtype), whole(other, dtype=dtype)
    if operator in ("//", "%"):
        b = np.where(b == 0, 3, b).astype(DTYPES[dtype])
    functions = {"+": np.add, "-": np.subtract, "*": np.multiply, "//": np.floor_divide, "%": np.remainder}
    return Case(f"{dtype} {operator}", f"x {operator} y", functions[operator], {"x": a, "y": b}, tolerance=0)


def comparison():
    one, other = broadcast_pair()
    dtype = R.choice(["float32", "float64", "int64", "int32", "uint8"])
    operator, function = R.choice([("==", np.equal), ("!=", np.not_equal), ("<", np.less), ("<=", np.less_equal),
                                   (">", np.greater), (">=", np.greater_equal)])
    a, b = whole(one, -2, 3, "int64").astype(DTYPES[dtype]), whole(other, -2, 3, "int64").astype(DTYPES[dtype])
    if not one and not other:
        one = [2]
        a = np.array([1, 2], DTYPES[dtype])
    return Case(f"comparison {operator}", f"x {operator} y", function, {"x": a, "y": b}, tolerance=0)


def where():
    one, other = broadcast_pair()
    condition = whole(one, dtype="bool")
    a, b = real(one), real(other)
    return Case("where", "where(c, x, y)", lambda c, x, y: torch.where(c.bool(), x, y),
                {"c": condition, "x": a, "y": b}, ["x", "y"])


def reduction():
    sizes = shape(1, 4)
    name = R.choice(["sum", "mean", "prod", "min", "max", "var", "std", "any", "all"])
    keep = R.random() < 0.4
    dtype = "float32" if name in ("mean", "var", "std") else R.choice(["float32", "float32", "int64", "int32", "float64"])
    x = any_values(sizes, dtype)
    if name == "prod" and dtype == "float32":
        x = (1 + x / 8).astype(np.float32)
    if name == "prod" and dtype != "float32":
        x = np.clip(x, -1, 1)
    if name in ("any", "all"):
        x = (x > 0).astype(np.bool_)
    axes = [axis_of(sizes)] if R.random() < 0.7 else sorted(R.sample(range(len(sizes)), R.randint(1, len(sizes))))
    if name in ("prod", "any", "all"):
        axes = axes[:1]
    given = "" if R.random() < 0.2 else f", axis={axes[0] if len(axes) == 1 else numbers(axes)}, keepdims={flag(keep)}"
    settings = {"axis": axes[0] if len(axes) == 1 else tuple(axes), "keepdims": keep} if given else {}
    count = math.prod(sizes) if not given else math.prod(sizes[a] for a in axes)
    if count == 0 and name in ("min", "max", "mean", "var", "std"):
        return reduction()
    correction = R.choice([0, 1]) if name in ("var", "std") and count > 1 else 0
    if correction:
        given += ", correction=1"
    if name in ("min", "max") or dtype != "float32" or name in ("any", "all"):
        function = getattr(np, name)
        tolerance = 1e-12 if dtype == "float64" else 0
        return Case(f"{dtype} {name}", f"{name}(x{given})", lambda x: function(x, **settings), {"x": x},
                    tolerance=tolerance)
    def reference(x):
        dims = settings.get("axis", tuple(range(len(sizes))))
        if name == "prod":
            return torch.prod(x) if not settings else torch.prod(x, dim=dims, keepdim=keep)
        function = getattr(torch, name)
        extra = {"correction": correction} if name in ("var", "std") else {}
        return function(x, dim=dims, keepdim=settings.get("keepdims", False), **extra)
    by = [] if name == "std" and count == 1 else ["x"]
    return Case(name, f"{name}(x{given})", reference, {"x": x}, by)


def positions():
    sizes = shape(1, 4, empty=0)
    dtype = R.choice(["float32", "float64", "int64", "int32", "uint8"])
    x, axis = any_values(sizes, dtype), axis_of(sizes)
    kind = R.choice(["argmin", "argmax", "sort", "argsort", "cumsum", "unique", "topk", "median"])
    if kind in ("argmin", "argmax"):
        given, extra = ("", {}) if R.random() < 0.3 else (f", axis={axis}", {"axis": axis})
        return Case(kind, f"{kind}(x{given})", lambda x: getattr(np, kind)(x, **extra), {"x": x}, tolerance=0)
    if kind in ("sort", "argsort"):
        x = apart(sizes)
        down = R.random() < 0.5
        def reference(x):
            values = getattr(np, kind)(-x if down else x, axis=axis)
            return -values if down and kind == "sort" else values
        return Case(kind, f"{kind}(x, axis={axis}, descending={flag(down)})", reference, {"x": x}, tolerance=0)
    if kind == "cumsum":
        if dtype == "uint8":
            x = x.astype(np.int64)
        given, extra = ("", {}) if R.random() < 0.3 else (f", axis={axis}", {"axis": axis})
        return Case(kind, f"cumsum(x{given})", lambda x: np.cumsum(x.astype(np.float64), **extra), {"x": x})
    if kind == "unique":
        x = whole(sizes, dtype=R.choice(["int64", "uint8", "int32"]))
        return Case(kind, "unique(x)", np.unique, {"x": x}, tolerance=0)
    if kind == "topk":
        x = apart(sizes)
        k, largest = R.randint(1, sizes[axis]), R.random() < 0.5
        place = R.randrange(2)
        return Case(kind, f"topk(x, {k}, axis={axis}, largest={flag(largest)})[{place}]",
                    lambda x: torch.topk(torch.from_numpy(x), k, dim=axis, largest=largest)[place].numpy(), {"x": x},
                    tolerance=0)
    return Case(kind, "median(x)", lambda x: np.median(x.astype(np.float64)), {"x": apart(sizes)}, tolerance=1e-6)


def counting():
    if R.random() < 0.5:
        x = whole(shape(1, 1, empty=0), 0, 12)
        return Case("bincount", "bincount(x)", np.bincount, {"x": x}, tolerance=0)
    x, bins = apart(shape(1, 2, empty=0)), R.randint(1, 9)
    place = R.randrange(2)
    return Case("histogram", f"histogram(x, {bins}, [-1.37, 1.21])[{place}]",
                lambda x: np.histogram(x.astype(np.float64), bins, (-1.37, 1.21))[place], {"x": x}, tolerance=1e-6)


def arrangement():
    sizes = shape(1, 4)
    rank, axis = len(sizes), axis_of(sizes)
    x = real(sizes)
    kind = R.choice(["reshape", "transpose", "permute", "squeeze", "unsqueeze", "flip", "roll", "expand", "chunk",
                     "pad"])
    if kind == "reshape":
        other = sizes[:]
        R.shuffle(other)
        if len(other) > 1 and R.random() < 0.5:
            other = [other[0] * other[1]] + other[2:]
        return Case(kind, f"reshape(x, {numbers(other)})", lambda x: torch.reshape(x, other), {"x": x}, ["x"])
    if kind == "transpose":
        other = axis_of(sizes)
        return Case(kind, f"transpose(x, {axis}, {other})", lambda x: torch.transpose(x, axis, other), {"x": x}, ["x"])
    if kind == "permute":
        order = R.sample(range(rank), rank)
        return Case(kind, f"permute(x, {', '.join(map(str, order))})", lambda x: x.permute(order), {"x": x}, ["x"])
    if kind == "squeeze":
        return Case(kind, "squeeze(x)", torch.squeeze, {"x": x}, ["x"])
    if kind == "unsqueeze":
        place = R.randint(-rank - 1, rank)
        return Case(kind, f"unsqueeze(x, {place})", lambda x: torch.unsqueeze(x, place), {"x": x}, ["x"])
    if kind == "flip":
        return Case(kind, f"flip(x, {axis})", lambda x: torch.flip(x, [axis]), {"x": x}, ["x"])
    if kind == "roll":
        shift = R.randint(-20, 20)
        return Case(kind, f"roll(x, {shift}, axis={axis})", lambda x: torch.roll(x, shift, axis), {"x": x}, ["x"])
    if kind == "expand":
        narrow = [1 if R.random() < 0.5 else s for s in sizes]
        target = [R.choice(SIZES[:4]) for _ in range(R.randint(0, 1))] + sizes
        return Case(kind, f"expand(x, {', '.join(map(str, target))})", lambda x: x.expand(target), {"x": real(narrow)},
                    ["x"])
    if kind == "chunk":
        n = R.randint(1, 5)
        if sizes[axis] == 0:
            return arrangement()
        return Case(kind, f"chunk(x, {n}, axis={axis})[-1]", lambda x: torch.chunk(x, n, axis)[-1], {"x": x}, ["x"])
    widths = [[R.randint(0, 3), R.randint(0, 3)] for _ in sizes]
    value = R.choice([0, 1.5, -2])
    flat = [w for pair in reversed(widths) for w in pair]
    return Case(kind, f"pad(x, {numbers(map(numbers, widths))}, value={value})",
                lambda x: F.pad(x, flat, value=value), {"x": x}, ["x"])


def joining():
    sizes, count = shape(1, 4, 800), R.randint(1, 4)
    axis = axis_of(sizes)
    inputs = {}
    stacked = R.random() < 0.4
    for place in range(count):
        own = sizes[:]
        if not stacked:
            own[axis] = R.choice([0, 1, 2, 3, 5])
        inputs[f"x{place}"] = real(own)
    names = ", ".join(inputs)
    function = torch.stack if stacked else torch.cat
    name = "stack" if stacked else "cat"
    return Case(name, f"{name}([{names}], axis={axis})", lambda *xs: function(xs, dim=axis), inputs, list(inputs))


def slicing():
    sizes = shape(1, 4)
    texts, indices = [], []
    for size in sizes[: R.randint(1, len(sizes))]:
        kind = R.randrange(4)
        if kind == 0 or size == 0:
            texts.append(":")
            indices.append(slice(None))
        elif kind == 1:
            place = R.randint(-size, size - 1)
            texts.append(str(place))
            indices.append(place)
        else:
            start = R.randint(0, size - 1)
            end = R.randint(start, size)
            texts.append(f"{start}..<{end}")
            indices.append(slice(start, end))
    return Case("slice", f"x[{', '.join(texts)}]", lambda x: x[tuple(indices)], {"x": real(sizes)}, ["x"])


def gathering():
    sizes = shape(1, 3, empty=0)
    axis = axis_of(sizes)
    other = sizes[:]
    other[axis] = R.randint(1, 6)
    places = N.integers(0, sizes[axis], other)
    return Case("gather", f"gather(x, {axis}, i)", lambda x, i: torch.gather(x, axis, i.long()),
                {"x": real(sizes), "i": places}, ["x"])


def products():
    m, k, n = (R.choice(SIZES + [0] if R.random() < 0.1 else SIZES) for _ in range(3))
    lead = [R.choice([1, 2, 3]) for _ in range(R.randint(0, 2))]
    other = [1 if R.random() < 0.3 else s for s in lead][R.randint(0, len(lead)):] if lead else []
    a, b = lead + [m, k], other + [k, n]
    if R.random() < 0.15:
        b = [k]
    if R.random() < 0.15:
        a = [k]
    return Case("matmul", "x @ y", torch.matmul, {"x": real(a), "y": real(b)}, ["x", "y"])


def pair(low, high):
    return [R.randint(low, high), R.randint(low, high)]


def convolution():
    groups = R.choice([1, 1, 1, 2, 3, 4])
    depthwise = R.random() < 0.2
    if depthwise:
        groups = R.choice([1, 3, 8, 16, 17])
    per = 1 if depthwise else R.choice([1, 2, 3, 5, 8, 16])
    out = groups * (R.choice([1, 2]) if depthwise else R.choice([1, 2, 3, 7, 16]))
    kernel = R.choice([[1, 1], [3, 3], [3, 3], [5, 5], [2, 2], pair(1, 5)])
    stride, padding, dilation = R.choice([[1, 1], [2, 2], pair(1, 3)]), pair(0, 3), R.choice([[1, 1], [2, 2], pair(1, 4)])
    h, w = R.choices([1, 2, 5, 7, 8, 13, 16, 21, 30], k=2)
    if R.random() < 0.9:
        h, w = (max(n, dilation[i] * (kernel[i] - 1) + 1 - 2 * padding[i]) for i, n in enumerate((h, w)))
    n = R.choice([1, 1, 2, 3])
    inputs = {"x": real([n, groups * per, h, w]), "w": real([out, per] + kernel, 1 / math.sqrt(per * math.prod(kernel)))}
    bias = R.random() < 0.5
    if bias:
        inputs["b"] = real([out])
    expression = (f"conv2d(x, w, {'b' if bias else 'nil'}, stride={numbers(stride)}, padding={numbers(padding)}, "
                  f"dilation={numbers(dilation)}, groups={groups})")
    return Case("conv2d", expression,
                lambda x, w, b=None: F.conv2d(x, w, b, stride, padding, dilation, groups), inputs, list(inputs))


def transposed():
    groups, per, out = R.choice([1, 1, 2, 3]), R.choice([1, 2, 5, 8]), R.choice([1, 2, 3, 8])
    kernel, stride, dilation = pair(1, 4), pair(1, 3), R.choice([[1, 1], pair(1, 3)])
    padding = [R.randint(0, min(2, dilation[i] * (kernel[i] - 1))) for i in (0, 1)]
    extra = [R.randint(0, max(stride[i], dilation[i]) - (R.random() < 0.95)) for i in (0, 1)]
    h, w = R.choice([1, 2, 3, 5, 8]), R.choice([1, 2, 3, 7])
    inputs = {"x": real([R.choice([1, 2]), groups * per, h, w]), "w": real([groups * per, out] + kernel)}
    bias = R.random() < 0.5
    if bias:
        inputs["b"] = real([groups * out])
    expression = (f"conv_transpose2d(x, w, {'b' if bias else 'nil'}, stride={numbers(stride)}, "
                  f"padding={numbers(padding)}, output_padding={numbers(extra)}, groups={groups}, "
                  f"dilation={numbers(dilation)})")
    return Case("conv_transpose2d", expression,
                lambda x, w, b=None: F.conv_transpose2d(x, w, b, stride, padding, extra, groups, dilation), inputs,
                list(inputs))


def pooling():
    sizes = [R.choice([1, 2]), R.choice([1, 3, 8, 17]), R.choice([1, 3, 4, 7, 9, 16]), R.choice([2, 4, 5, 8, 13])]
    x = apart(sizes)
    kind = R.choice(["max", "avg", "adaptive"])
    if kind == "adaptive":
        size = pair(1, 6)
        return Case("adaptive_avg_pool2d", f"adaptive_avg_pool2d(x, {numbers(size)})",
                    lambda x: F.adaptive_avg_pool2d(x, size), {"x": x}, ["x"])
    kernel, stride = pair(1, 4), pair(1, 6)
    padding = [R.randint(0, k // 2) for k in kernel]
    ceil = R.random() < 0.4
    start = f"{kind}_pool2d(x, {numbers(kernel)}, stride={numbers(stride)}, padding={numbers(padding)}, ceil_mode={flag(ceil)}"
    if kind == "max":
        dilation = R.choice([[1, 1], pair(1, 3)])
        reference = lambda x: F.max_pool2d(x, kernel, stride, padding, dilation, ceil)
        try:
            # The largest value of padding alone is that of no pixel, though PyTorch gives one the gradient.
            if reference(torch.from_numpy(x)).isinf().any():
                return pooling()
        except RuntimeError:
            pass
        return Case("max_pool2d", f"{start}, dilation={numbers(dilation)})", reference, {"x": x}, ["x"])
    counts = R.random() < 0.5
    return Case("avg_pool2d", f"{start}, count_include_pad={flag(counts)})",
                lambda x: F.avg_pool2d(x, kernel, stride, padding, ceil, counts), {"x": x}, ["x"])


def resizing():
    sizes = [R.choice([1, 2]), R.choice([1, 3, 8, 17]), R.choice([1, 2, 5, 9]), R.choice([1, 3, 8])]
    mode = R.choice(["bilinear", "bilinear", "nearest"])
    corners = mode == "bilinear" and R.random() < 0.4
    extra = {} if mode == "nearest" else {"align_corners": corners}
    if R.random() < 0.4:
        factor = R.choices([0.4, 0.5, 1.0, 1.3, 1.7, 2.0, 2.5], k=2)
        factor = factor[0] if R.random() < 0.5 else factor
        given, to = f"scale={factor}", {"scale_factor": factor}
    else:
        to = {"size": pair(1, 19)}
        given = numbers(to["size"])
    return Case(f"interpolate {mode}", f'interpolate(x, {given}, mode="{mode}", align_corners={flag(corners)})',
                lambda x: F.interpolate(x, **to, mode=mode, **extra), {"x": real(sizes)}, ["x"])


def normalising():
    kind = R.choice(["softmax", "log_softmax", "batch_norm", "group_norm", "pixel_shuffle", "pixel_unshuffle"])
    if kind.endswith("softmax"):
        sizes = shape(1, 4, empty=0)
        axis = axis_of(sizes)
        return Case(kind, f"{kind}(x, axis={axis})", lambda x: getattr(F, kind)(x, dim=axis), {"x": real(sizes, 3)}, ["x"])
    n, c, h, w = R.choice([1, 2, 3]), R.choice([1, 2, 4, 6, 16]), R.choice([2, 3, 7]), R.choice([2, 5, 8])
    if kind == "pixel_shuffle":
        r = R.choice([1, 2, 3])
        return Case(kind, f"pixel_shuffle(x, {r})", lambda x: F.pixel_shuffle(x, r), {"x": real([n, c * r * r, h, w])}, ["x"])
    if kind == "pixel_unshuffle":
        r = R.choice([1, 2, 3])
        return Case(kind, f"pixel_unshuffle(x, {r})", lambda x: F.pixel_unshuffle(x, r),
                    {"x": real([n, c, h * r, w * r])}, ["x"])
    inputs = {"x": real([n, c, h, w], 2, 1), "w": real([c]), "b": real([c])}
    if kind == "group_norm":
        groups = R.choice([g for g in (1, 2, 3, 4, c) if c % g == 0])
        return Case(kind, f"group_norm(x, {groups}, w, b)", lambda x, w, b: F.group_norm(x, groups, w, b), inputs,
                    list(inputs), 5e-4)
    if R.random() < 0.5:
        return Case(kind + " of a batch", "batch_norm_training(x, w, b)[0]",
                    lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True), inputs, list(inputs), 5e-4)
    mean, deviation = real([c]), np.abs(real([c])) + np.float32(0.5)
    return Case(kind, "batch_norm(x, m, v, w, b)", lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b),
                {**inputs, "m": mean, "v": deviation}, ["x", "w", "b"])


def losses():
    n, c, h, w = R.choice([1, 2]), R.choice([2, 3, 5, 32]), R.choice([1, 3, 8]), R.choice([2, 5, 9])
    masks = N.integers(0, c, [n, h, w]).astype(np.int64)
    if R.random() < 0.5:
        masks[N.random(masks.shape) < 0.2] = 255
    if (masks == 255).all():
        masks[0, 0, 0] = 0
    weights = np.abs(real([c])) + np.float32(0.1)
    weighted, smoothing = R.random() < 0.5, R.choice([0, 0, 0.1])
    inputs = {"x": real([n, c, h, w], 2), "y": masks}
    given = ""
    if weighted:
        inputs["w"] = weights
        given = ", weights=w"
    if smoothing:
        given += f", smoothing={smoothing}"
    return Case("cross_entropy", f"cross_entropy(x, y.to(uint8){given})",
                lambda x, y, w=None: F.cross_entropy(x, y.long(), w, ignore_index=255, label_smoothing=smoothing),
                inputs, ["x"])


def conversion():
    one, other = R.choice(list(DTYPES)), R.choice(list(DTYPES))
    x = whole(shape(), 0, 100).astype(DTYPES[one])
    return Case(f"{one} to {other}", f"x.to({other})", lambda x: x.astype(DTYPES[other]), {"x": x}, tolerance=0)


FAMILIES = [unary, unary, clamp, binary, binary, integer_binary, comparison, where, reduction, reduction, reduction,
            positions, positions, counting, arrangement, arrangement, arrangement, joining, slicing, slicing, gathering,
            products, products, convolution, convolution, convolution, convolution, transposed, transposed, pooling,
            pooling, resizing, resizing, normalising, normalising, losses, conversion]


# MARK: Both sides


def expected(case):
    """The value, and the gradients of sum(value * cotangent) by `case.by`."""
    if not case.by:
        values = list(case.inputs.values())
        with np.errstate(all="ignore"):
            try:
                result = case.reference(*values)
            except (TypeError, AttributeError):
                result = case.reference(*map(torch.from_numpy, values))
        return np.asarray(result), None, {}
    tensors = {}
    for name, array in case.inputs.items():
        tensor = torch.from_numpy(np.array(array))
        tensors[name] = tensor.double() if array.dtype == np.float32 else tensor
    for name in case.by:
        tensors[name].requires_grad_(True)
    names = list(case.inputs)
    takes = case.reference.__code__.co_varnames if hasattr(case.reference, "__code__") else ()
    if names and all(name in takes for name in names):
        value = case.reference(**tensors)
    else:
        value = case.reference(*tensors.values())
    cotangent = real(list(value.shape))
    gradients = torch.autograd.grad((value * torch.from_numpy(cotangent).double()).sum(), [tensors[n] for n in case.by],
                                    allow_unused=True)
    return (value.detach().numpy(), cotangent,
            {n: np.zeros(case.inputs[n].shape) if g is None else g.numpy() for n, g in zip(case.by, gradients)})


def script(cases, wanted):
    lines = ['t = read_tensors("in.npz")', "out = ()",
             'keep(name, f) = try { y = f(); compute(y); out[name] = y } catch e { print("{name}\\t{e.message}") }']
    for place, case in enumerate(cases):
        names = list(case.inputs)
        given = ", ".join(f't["{place}.{name}"]' for name in names)
        if case.layouts:
            given = ", ".join(
                f't["{place}.{name}"].permute({", ".join(map(str, np.argsort(case.layouts[name])))})'
                if name in case.layouts else f't["{place}.{name}"]' for name in names)
        lines.append(f"f({', '.join(names)}) = {case.expression}")
        lines.append(f'keep("{place}.value", () -> f({given}))')
        for name in case.by:
            lines.append(
                f'keep("{place}.by.{name}", () -> (({", ".join(names)}) -> '
                f'grad(({name}) -> sum(f({", ".join(names)}) * t["{place}.cotangent"]))({name}))({given}))')
    lines.append('write_tensors(out, "out.safetensors")')
    return "\n".join(lines) + "\n"


def read_safetensors(path):
    kinds = {"F32": np.float32, "F64": np.float64, "I64": np.int64, "I32": np.int32, "U8": np.uint8, "BOOL": np.bool_}
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            found[name] = np.frombuffer(body[start:end], kinds[entry["dtype"]]).reshape(entry["shape"])
    return found


def difference(found, wanted, tolerance):
    """None where they agree."""
    if list(found.shape) != list(wanted.shape):
        return f"shape {list(found.shape)}, not {list(wanted.shape)}"
    if wanted.size == 0:
        return None
    a, b = found.astype(np.float64), wanted.astype(np.float64)
    scale = max(np.abs(b[np.isfinite(b)]).max(initial=0), 1)
    with np.errstate(invalid="ignore"):
        good = (a == b) | (np.isnan(a) & np.isnan(b)) | (np.abs(a - b) <= tolerance * scale)
    if good.all():
        return None
    place = np.unravel_index(np.argmin(good), good.shape)
    return f"{(~good).sum()} of {good.size} differ, first at {[int(p) for p in place]}: {a[place]}, not {b[place]}"


def run(cases, seg, folder):
    wanted, arrays = [], {}
    for place, case in enumerate(cases):
        try:
            wanted.append(expected(case))
        except RuntimeError:  # PyTorch refuses it.
            wanted.append((None, None, {}))
            case.by = ()
        case.layouts = {}
        for name, array in case.inputs.items():
            # A tensor that is stored in another order of its axes.
            if array.ndim > 1 and R.random() < 0.3:
                order = R.sample(range(array.ndim), array.ndim)
                case.layouts[name] = order
                array = array.transpose(order)
            arrays[f"{place}.{name}"] = np.ascontiguousarray(array).reshape(array.shape)
        if wanted[-1][1] is not None:
            arrays[f"{place}.cotangent"] = wanted[-1][1]
    np.savez(os.path.join(folder, "in.npz"), **arrays)
    with open(os.path.join(folder, "cases.seg"), "w") as file:
        file.write(script(cases, wanted))
    process = subprocess.run([seg, "cases.seg"], cwd=folder, capture_output=True, text=True)
    if process.returncode != 0:
        sys.exit(f"the script failed with status {process.returncode}:\n{process.stderr}")
    errors = dict(line.split("\t", 1) for line in process.stdout.splitlines() if "\t" in line)
    found = read_safetensors(os.path.join(folder, "out.safetensors"))
    failures, compared = [], 0
    for place, (case, (value, _, gradients)) in enumerate(zip(cases, wanted)):
        targets = {"value": value, **{f"by.{name}": g for name, g in gradients.items()}}
        for part, target in targets.items():
            name = f"{place}.{part}"
            compared += 1
            if target is None:
                problem = None if name in errors else "a value, where PyTorch gives an error"
            elif name in errors:
                problem = "error: " + errors[name]
            else:
                problem = difference(found[name], target, case.tolerance)
            if problem:
                shapes = {n: f"{a.dtype}{list(a.shape)}" for n, a in case.inputs.items()}
                failures.append(f"{case.name}, {part}: {problem}\n    {case.expression}\n    {shapes} {case.layouts or ''}")
    return failures, compared


def main():
    global N
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seg", default=".build/release/seg")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    R.seed(options.seed)
    N = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    seg = os.path.abspath(options.seg)
    failures, compared, done, names = [], 0, 0, set()
    with tempfile.TemporaryDirectory() as folder:
        while done < options.count:
            cases = [R.choice(FAMILIES)() for _ in range(min(BATCH, options.count - done))]
            names |= {case.name for case in cases}
            new, count = run(cases, seg, folder)
            for failure in new[: max(0, 60 - len(failures))]:
                print(failure, flush=True)
            failures += new
            compared += count
            done += len(cases)
    print(f"{done} operations of {len(names)} kinds, {compared} values and gradients compared: {len(failures)} differ")
    sys.exit(1 if failures else 0)


main()
