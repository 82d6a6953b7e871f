"""Every operation on tiny inputs: outputs, and gradients of sum(output * cotangent), where
cotangent is v of name "cotangent" in the output's shape. Computed in float64 from float32 inputs."""

import numpy as np
import torch
import torch.nn.functional as F

import formula
from writing import rounded, values

WHOLE = 48  # results of more elements are kept as sums and samples
SAMPLES = 16


class Input:
    """One argument: float values offset + scale * v(name), or whole numbers floor(u(name) * below), or literal values."""

    def __init__(self, shape=None, scale=1.0, offset=0.0, below=None, literal=None, dtype="float32", formula_name=None):
        self.shape, self.scale, self.offset, self.below = shape, scale, offset, below
        self.literal, self.dtype, self.formula_name = literal, dtype, formula_name

    def make(self, name):
        key = self.formula_name or name
        if self.literal is not None:
            array = np.array(self.literal, dtype=np.float32 if self.dtype == "float32" else np.int64)
        elif self.below is not None:
            array = np.floor(formula.uniform(key, int(np.prod(self.shape))) * self.below).astype(np.int64).reshape(self.shape)
        else:
            array = formula.signed(key, self.shape, self.scale, self.offset)
        return torch.from_numpy(array.astype(np.float64) if self.dtype == "float32" else array)

    def described(self, name):
        if self.literal is not None:
            return ({} if self.dtype == "float32" else {"dtype": self.dtype}) | {"values": self.literal}
        row = ({} if self.dtype == "float32" else {"dtype": self.dtype}) | {"shape": self.shape, "code": formula.code(self.formula_name or name)}
        return row | ({"below": self.below} if self.below is not None else {"scale": self.scale, "offset": self.offset})


def real(*shape, scale=1.0, offset=0.0, name=None):
    return Input(list(shape), scale, offset, formula_name=name)


def whole(*shape, below, name=None):
    return Input(list(shape), below=below, dtype="int64", formula_name=name)


def literal(data, dtype="float32"):
    return Input(literal=data, dtype=dtype)


def result_of(tensor):
    array = np.asarray(tensor.detach() if isinstance(tensor, torch.Tensor) else tensor)
    flat = array.astype(np.float64).reshape(-1)
    kind = "bool" if array.dtype == bool else "int64" if np.issubdtype(array.dtype, np.integer) else "float32"
    row = ({} if kind == "float32" else {"dtype": kind}) | {"shape": list(array.shape)}
    if flat.size <= WHOLE:
        row["values"] = values(flat)
    else:
        row["max_abs"], row["sum"], row["abs_sum"] = (rounded(x) for x in (np.abs(flat).max(), flat.sum(), np.abs(flat).sum()))
        row["samples"] = values(flat[formula.sample_positions(flat.size, SAMPLES)])
    return row


def case(name, operation, inputs, compute, differentiable=(), **arguments):
    """Runs one case; `compute` takes the inputs by name and the arguments, and gives a tensor or a dict of them."""
    tensors = {key: item.make(key) for key, item in inputs.items()}
    for key in differentiable:
        tensors[key].requires_grad_(True)
    outputs = compute(**tensors, **arguments)
    outputs = outputs if isinstance(outputs, dict) else {"out": outputs}
    row = {
        "case": name,
        "operation": operation,
        "arguments": arguments,
        "inputs": {key: item.described(key) for key, item in inputs.items()},
        "outputs": {key: result_of(value) for key, value in outputs.items()},
    }
    if differentiable:
        first = next(iter(outputs.values()))
        cotangent = formula.tensor("cotangent", tuple(first.shape), dtype=torch.float64)
        grads = torch.autograd.grad((first * cotangent).sum(), [tensors[key] for key in differentiable])
        row["gradients"] = {key: result_of(grad) for key, grad in zip(differentiable, grads)}
    return row


def convolutions():
    table = [
        # name, input, weight, bias?, stride, padding, dilation, groups
        ("plain 3x3", (2, 3, 5, 6), (4, 3, 3, 3), True, 1, 1, 1, 1),
        ("no padding", (1, 2, 5, 5), (3, 2, 3, 3), False, 1, 0, 1, 1),
        ("stride 2, odd size", (2, 3, 7, 9), (4, 3, 3, 3), True, 2, 1, 1, 1),
        ("stride 2, even size", (1, 3, 8, 6), (4, 3, 3, 3), False, 2, 1, 1, 1),
        ("stem 7x7", (1, 3, 13, 11), (4, 3, 7, 7), False, 2, 3, 1, 1),
        ("dilation 2", (1, 3, 7, 6), (2, 3, 3, 3), True, 1, 2, 2, 1),
        ("dilation beyond the picture", (1, 3, 5, 4), (2, 3, 3, 3), False, 1, 12, 12, 1),
        ("groups 2", (1, 4, 5, 5), (6, 2, 3, 3), True, 1, 1, 1, 2),
        ("depthwise 3x3", (2, 4, 6, 5), (4, 1, 3, 3), False, 1, 1, 1, 4),
        ("depthwise 5x5 stride 2", (1, 4, 9, 7), (4, 1, 5, 5), False, 2, 2, 1, 4),
        ("depthwise 5x5 dilation 2", (1, 4, 9, 7), (4, 1, 5, 5), True, 1, 4, 2, 4),
        ("depthwise, two results a channel", (1, 3, 4, 5), (6, 1, 3, 3), True, 1, 1, 1, 3),
        ("1x1", (2, 5, 3, 4), (3, 5, 1, 1), True, 1, 0, 1, 1),
        ("1x1 stride 2", (1, 5, 5, 5), (3, 5, 1, 1), False, 2, 0, 1, 1),
        ("1x1 on one pixel", (2, 6, 1, 1), (3, 6, 1, 1), True, 1, 0, 1, 1),
        ("uneven kernel, stride and padding", (1, 2, 6, 7), (3, 2, 1, 3), True, (2, 1), (0, 1), 1, 1),
        ("one picture of one pixel", (1, 1, 1, 1), (1, 1, 3, 3), True, 1, 1, 1, 1),
        ("wide 3x3", (2, 16, 17, 19), (24, 16, 3, 3), False, 1, 1, 1, 1),
        ("wide 3x3 dilation 2", (1, 16, 17, 19), (24, 16, 3, 3), False, 1, 2, 2, 1),
        ("wide 3x3 dilation 4", (1, 16, 18, 13), (16, 16, 3, 3), True, 1, 4, 4, 1),
        ("wide 3x3 dilation 12", (1, 16, 33, 30), (8, 16, 3, 3), False, 1, 12, 12, 1),
        ("wide 3x3 stride 2", (2, 16, 17, 18), (24, 16, 3, 3), False, 2, 1, 1, 1),
        ("wide 1x1", (2, 40, 9, 7), (32, 40, 1, 1), True, 1, 0, 1, 1),
        ("wide depthwise 5x5 dilation 2", (2, 48, 17, 16), (48, 1, 5, 5), False, 1, 4, 2, 48),
    ]
    for name, shape, weight, bias, stride, padding, dilation, groups in table:
        inputs = {"x": real(*shape), "weight": real(*weight)}
        if bias:
            inputs["bias"] = real(weight[0])
        yield case(f"conv2d: {name}", "conv2d", inputs, lambda x, weight, bias=None, **a: F.conv2d(x, weight, bias, **a),
                   tuple(inputs), stride=stride, padding=padding, dilation=dilation, groups=groups)
    table = [
        # name, input, weight, bias?, stride, padding, output padding, groups, dilation
        ("2x2 stride 2, a U-Net's", (2, 4, 3, 5), (4, 3, 2, 2), True, 2, 0, 0, 1, 1),
        ("3x3 stride 2 with output padding", (1, 3, 4, 3), (3, 2, 3, 3), True, 2, 1, 1, 1, 1),
        ("3x3 stride 1", (1, 2, 4, 5), (2, 3, 3, 3), False, 1, 1, 0, 1, 1),
        ("4x4 stride 2 in 2 groups", (2, 4, 3, 3), (4, 2, 4, 4), True, 2, 1, 0, 2, 1),
        ("depthwise 4x4 stride 2", (1, 3, 4, 4), (3, 1, 4, 4), False, 2, 1, 0, 3, 1),
        ("dilation 2", (1, 2, 4, 4), (2, 2, 3, 3), False, 1, 1, 0, 1, 2),
        ("uneven kernel, stride and padding", (1, 2, 3, 4), (2, 3, 2, 3), True, (2, 3), (0, 1), (1, 2), 1, 1),
        ("kernel below the stride", (1, 2, 3, 3), (2, 3, 1, 1), True, 3, 0, 2, 1, 1),
        ("wide 2x2 stride 2", (2, 32, 9, 7), (32, 16, 2, 2), True, 2, 0, 0, 1, 1),
    ]
    for name, shape, weight, bias, stride, padding, extra, groups, dilation in table:
        inputs = {"x": real(*shape), "weight": real(*weight)}
        if bias:
            inputs["bias"] = real(weight[1] * groups)
        yield case(f"conv_transpose2d: {name}", "conv_transpose2d", inputs,
                   lambda x, weight, bias=None, **a: F.conv_transpose2d(x, weight, bias, **a), tuple(inputs),
                   stride=stride, padding=padding, output_padding=extra, groups=groups, dilation=dilation)


def norms():
    def norm(x, weight, bias, running_mean, running_var, training, momentum, eps):
        mean, var = running_mean.clone(), running_var.clone()
        out = F.batch_norm(x, mean, var, weight, bias, training, momentum, eps)
        return {"out": out, "running_mean": mean, "running_var": var}

    for name, shape, training, momentum, eps in (
        ("evaluation", (2, 3, 3, 4), False, 0.1, 1e-5),
        ("evaluation, MobileNetV3", (2, 3, 3, 4), False, 0.01, 1e-3),
        ("training", (2, 3, 3, 4), True, 0.1, 1e-5),
        ("training, MobileNetV3", (2, 3, 3, 4), True, 0.01, 1e-3),
        ("training, two values a channel", (2, 3, 1, 1), True, 0.1, 1e-5),
        ("training, wide", (3, 32, 7, 9), True, 0.1, 1e-5),
    ):
        inputs = {
            "x": real(*shape, scale=2.0, offset=0.5),
            "weight": real(shape[1], scale=0.2, offset=1.0),
            "bias": real(shape[1], scale=0.1),
            "running_mean": real(shape[1], scale=0.1),
            "running_var": real(shape[1], scale=0.4, offset=1.0),
        }
        yield case(f"batch_norm: {name}", "batch_norm", inputs, norm, ("x", "weight", "bias"), training=training, momentum=momentum, eps=eps)


def pools():
    for name, shape, arguments in (
        ("3x3 stride 2 padding 1", (2, 2, 7, 6), dict(kernel_size=3, stride=2, padding=1)),
        ("2x2", (1, 2, 6, 5), dict(kernel_size=2, stride=2, padding=0)),
        ("3x3 stride 1", (1, 2, 4, 5), dict(kernel_size=3, stride=1, padding=1)),
    ):
        x = {"x": real(*shape, offset=-2.0)}
        yield case(f"max_pool2d: {name}", "max_pool2d", x, lambda x, **a: F.max_pool2d(x, **a), ("x",), **arguments)
        yield case(f"avg_pool2d: {name}, padding counted", "avg_pool2d", x, lambda x, **a: F.avg_pool2d(x, **a), ("x",), **arguments)
    for name, shape, arguments in (
        ("2x2, the last windows cut off", (1, 2, 5, 7), dict(kernel_size=2, stride=2, padding=0, ceil_mode=True)),
        ("3x3 stride 2 padding 1, rounded up", (2, 2, 6, 8), dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)),
        ("3x3 stride 3, no window beyond the padding", (1, 2, 7, 5), dict(kernel_size=3, stride=3, padding=1, ceil_mode=True)),
    ):
        x = {"x": real(*shape, offset=-2.0)}
        yield case(f"max_pool2d: {name}", "max_pool2d", x, lambda x, **a: F.max_pool2d(x, **a), ("x",), **arguments)
        for counted in (True, False):
            yield case(f"avg_pool2d: {name}, padding {'counted' if counted else 'not counted'}", "avg_pool2d", x,
                       lambda x, **a: F.avg_pool2d(x, **a), ("x",), count_include_pad=counted, **arguments)
    dilated = dict(kernel_size=2, stride=1, padding=1, dilation=2)
    yield case("max_pool2d: dilation 2", "max_pool2d", {"x": real(1, 2, 6, 5)}, lambda x, **a: F.max_pool2d(x, **a), ("x",), **dilated)
    for size in (1, 3, (2, 4)):
        yield case(f"adaptive_avg_pool2d: to {size}", "adaptive_avg_pool2d", {"x": real(2, 3, 5, 7)},
                   lambda x, output_size: F.adaptive_avg_pool2d(x, output_size), ("x",), output_size=size)


def resizing():
    for mode, corners in (("bilinear", False), ("bilinear", True), ("nearest", None)):
        for shape, size in (((1, 2, 5, 7), (13, 11)), ((1, 2, 13, 11), (5, 7)), ((2, 2, 3, 3), (8, 8)), ((1, 2, 1, 1), (3, 4)), ((1, 2, 4, 5), (4, 5))):
            arguments = {"size": size, "mode": mode} | ({} if corners is None else {"align_corners": corners})
            yield case(f"interpolate: {mode}{' on corners' if corners else ''} {shape[2:]} to {size}", "interpolate",
                       {"x": real(*shape)}, lambda x, **a: F.interpolate(x, **a), ("x",), **arguments)
    for mode, corners in (("bilinear", False), ("bilinear", True), ("nearest", None)):
        for shape, scale in (((1, 2, 5, 7), 1.5), ((2, 2, 5, 7), 0.6), ((1, 2, 5, 5), 1.1), ((1, 2, 5, 20), 1.1)):
            arguments = {"scale_factor": scale, "mode": mode} | ({} if corners is None else {"align_corners": corners})
            yield case(f"interpolate: {mode}{' on corners' if corners else ''} {shape[2:]} by {scale}", "interpolate",
                       {"x": real(*shape)}, lambda x, **a: F.interpolate(x, **a), ("x",), **arguments)
    yield case("interpolate: bilinear (33, 33) to (65, 65)", "interpolate", {"x": real(1, 4, 33, 33)},
               lambda x, **a: F.interpolate(x, **a), ("x",), size=(65, 65), mode="bilinear", align_corners=False)


def losses():
    logits = real(2, 4, 3, 5, scale=3.0)
    target = whole(2, 3, 5, below=4, name="mask")
    holes = target.make("mask").numpy()
    holes[0, 0, :3] = 255
    holes = literal(holes.tolist(), "int64")
    weights = real(4, scale=0.9, offset=1.0)

    def loss(logits, target, weights=None, **arguments):
        return F.cross_entropy(logits, target, weights, **arguments)

    for name, mask, weighed, arguments in (
        ("mean", target, False, {}),
        ("sum", target, False, {"reduction": "sum"}),
        ("a value a pixel", target, False, {"reduction": "none"}),
        ("weights", target, True, {}),
        ("ignored pixels", holes, False, {"ignore_index": 255}),
        ("weights and ignored pixels", holes, True, {"ignore_index": 255}),
        ("an ignored class", target, True, {"ignore_index": 2}),
        ("label smoothing", target, False, {"label_smoothing": 0.1}),
        ("label smoothing, weights, ignored pixels", holes, True, {"label_smoothing": 0.1, "ignore_index": 255}),
    ):
        inputs = {"logits": logits, "target": mask} | ({"weights": weights} if weighed else {})
        yield case(f"cross_entropy: {name}", "cross_entropy", inputs, loss, ("logits",), **arguments)
    yield case("cross_entropy: large logits", "cross_entropy", {"logits": real(2, 4, 3, 5, scale=1000.0), "target": target}, loss, ("logits",))

    def upsampled(logits, target, weights=None, **arguments):
        return F.cross_entropy(F.interpolate(logits, size=target.shape[1:], mode="bilinear", align_corners=False), target, weights, **arguments)

    big = whole(2, 17, 23, below=6, name="mask")
    for name, weighed, arguments in (("plain", False, {}), ("weights, an ignored class", True, {"ignore_index": 2}), ("label smoothing", True, {"label_smoothing": 0.1})):
        inputs = {"logits": real(2, 6, 5, 7, scale=3.0), "target": big} | ({"weights": real(6, scale=0.9, offset=1.0)} if weighed else {})
        yield case(f"cross_entropy of bilinear upsampling: {name}", "interpolate, cross_entropy", inputs, upsampled, ("logits",), **arguments)
    for axis in (1, -1, 0):
        for function in (torch.softmax, torch.log_softmax):
            yield case(f"{function.__name__}: axis {axis}", function.__name__, {"x": real(2, 4, 3, scale=4.0)},
                       lambda x, axis, function=function: function(x, axis), ("x",), axis=axis)
    yield case("softmax: large values", "softmax", {"x": literal([[1000.0, 1001.0, -1000.0], [0.0, 0.0, 0.0]])}, lambda x, axis: torch.softmax(x, axis), ("x",), axis=1)


def elementwise():
    positive = real(3, 5, scale=0.9, offset=1.0)
    wide = real(3, 5, scale=8.0)
    table = {
        "relu": (F.relu, wide), "relu6": (F.relu6, wide), "hardswish": (F.hardswish, wide), "hardsigmoid": (F.hardsigmoid, wide),
        "silu": (F.silu, wide), "gelu": (F.gelu, wide), "sigmoid": (torch.sigmoid, wide), "tanh": (torch.tanh, wide), "exp": (torch.exp, wide), "abs": (torch.abs, wide),
        "sin": (torch.sin, wide), "cos": (torch.cos, wide), "log": (torch.log, positive), "log2": (torch.log2, positive),
        "log10": (torch.log10, positive), "sqrt": (torch.sqrt, positive),
    }
    for name, (function, x) in table.items():
        yield case(name, name, {"x": x}, lambda x, function=function: function(x), ("x",))
    kinks = literal([-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0])
    for name in ("relu", "relu6", "hardswish", "hardsigmoid", "abs"):
        yield case(f"{name}: at its kinks, PyTorch's choice of gradient", name, {"x": kinks}, lambda x, f=table[name][0]: f(x), ("x",))
    for slope in (0.01, 0.2):
        for text, x in (("", wide), (", at its kink", kinks)):
            yield case(f"leaky_relu: slope {slope}{text}", "leaky_relu", {"x": x}, lambda x, negative_slope: F.leaky_relu(x, negative_slope), ("x",), negative_slope=slope)
    yield case("gelu: by tanh", "gelu, tanh", {"x": wide}, lambda x: F.gelu(x, approximate="tanh"), ("x",))
    halves = literal([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6])
    for name in ("round", "floor", "ceil", "sign"):
        yield case(f"{name}: halves", name, {"x": halves}, lambda x, name=name: getattr(torch, name)(x))
    yield case("clamp", "clamp", {"x": wide}, lambda x, low, high: torch.clamp(x, low, high), ("x",), low=-2.0, high=3.0)
    a, b = real(3, 4, scale=3.0), real(4, scale=0.5, offset=1.5)
    table = {"+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "minimum": torch.minimum, "maximum": torch.maximum}
    for name, function in table.items():
        yield case(f"{name}: broadcast", name, {"a": a, "b": b}, lambda a, b, function=function: function(a, b), ("a", "b"))
    yield case("^: positive base", "^", {"a": real(3, 4, scale=0.9, offset=1.0), "b": b}, lambda a, b: a**b, ("a", "b"))
    yield case("^: square and cube of either sign", "^", {"a": a}, lambda a: a**2 + a**3, ("a",))
    signs = {"a": literal([7.0, -7.0, 7.0, -7.0, 5.5, -5.5]), "b": literal([3.0, 3.0, -3.0, -3.0, 2.0, 2.0])}
    yield case("//: signs as in Python", "//", signs, lambda a, b: torch.floor_divide(a, b))
    yield case("%: signs as in Python", "%", signs, lambda a, b: torch.remainder(a, b))
    yield case("where", "where", {"condition": whole(3, 4, below=2), "a": a, "b": b}, lambda condition, a, b: torch.where(condition > 0, a, b), ("a", "b"))


def reductions():
    x = real(2, 3, 4, scale=2.0)
    for name in ("sum", "mean", "prod"):
        yield case(f"{name}: all", name, {"x": x}, lambda x, name=name: getattr(torch, name)(x), ("x",))
        yield case(f"{name}: axis 1", name, {"x": x}, lambda x, axis, name=name: getattr(torch, name)(x, axis), ("x",), axis=1)
    for name in ("sum", "mean"):
        yield case(f"{name}: axes, kept", name, {"x": x}, lambda x, axis, keepdims, name=name: getattr(torch, name)(x, axis, keepdims), ("x",), axis=[0, 2], keepdims=True)
    for name in ("var", "std"):
        for text, correction in (("divides by n, NumPy's", 0), ("divides by n - 1, torch's", 1)):
            yield case(f"{name}: {text}", name if correction == 0 else f"torch.{name}", {"x": x},
                       lambda x, axis, name=name, correction=correction: getattr(torch, name)(x, axis, correction=correction), ("x",), axis=2)
    for name in ("min", "max"):
        yield case(f"{name}: axis 2", name, {"x": x}, lambda x, axis, name=name: getattr(torch, name)(x, axis).values, ("x",), axis=2)
        yield case(f"arg{name}: axis 1", f"arg{name}", {"x": x}, lambda x, axis, name=name: getattr(torch, f"arg{name}")(x, axis), axis=1)
        tied = literal([[1.0, 3.0, 3.0, 1.0]])
        yield case(f"arg{name}: the first of equals", f"arg{name}", {"x": tied}, lambda x, axis, name=name: getattr(np, f"arg{name}")(x.numpy(), axis), axis=1)
    yield case("cumsum: axis 1", "cumsum", {"x": x}, lambda x, axis: torch.cumsum(x, axis), ("x",), axis=1)
    yield case("any and all: axis 1", "any", {"x": whole(3, 4, below=2)}, lambda x, axis: {"any": (x > 0).any(axis), "all": (x > 0).all(axis)}, axis=1)


def arrangement():
    x = real(3, 5, scale=2.0)
    yield case("sort: axis 1", "sort", {"x": x}, lambda x, axis: torch.sort(x, axis).values, ("x",), axis=1)
    yield case("argsort: axis 1", "argsort", {"x": x}, lambda x, axis: torch.argsort(x, axis), axis=1)
    yield case("argsort: equals keep their order", "argsort", {"x": literal([2.0, 1.0, 2.0, 1.0, 0.0, 2.0])}, lambda x: torch.argsort(x, stable=True))
    yield case("topk: 2 of 5, the largest first", "topk", {"x": x}, lambda x, k, axis: dict(zip(("values", "indices"), torch.topk(x, k, axis))), ("x",), k=2, axis=1)
    yield case("gather: axis 1", "gather", {"x": x, "index": whole(3, 4, below=5)}, lambda x, index, axis: torch.gather(x, axis, index), ("x",), axis=1)
    yield case("unique", "unique", {"x": literal([3.0, 1.0, 3.0, 2.0, 1.0])}, lambda x: torch.unique(x))
    yield case("bincount", "bincount", {"x": whole(40, below=6)}, lambda x, minlength: torch.bincount(x, minlength=minlength), minlength=8)
    yield case("histogram: NumPy's, the last bin holds its right edge", "histogram", {"x": real(60, scale=2.0)},
               lambda x, bins: dict(zip(("counts", "edges"), np.histogram(x.numpy().astype(np.float32), bins=bins))), bins=5)
    yield case("histogram: with a range", "histogram", {"x": real(60, scale=2.0)},
               lambda x, bins, range: {"counts": np.histogram(x.numpy(), bins=bins, range=range)[0]}, bins=4, range=[-1.0, 1.0])
    yield case("one_hot", "one_hot", {"x": whole(5, below=4)}, lambda x, classes: F.one_hot(x, classes), classes=4)
    yield case("flip: axis 1", "flip", {"x": x}, lambda x, axis: torch.flip(x, [axis]), ("x",), axis=1)
    yield case("roll: by 2 along axis 1", "roll", {"x": x}, lambda x, shift, axis: torch.roll(x, shift, axis), ("x",), shift=2, axis=1)
    yield case("pad: left, right, top, bottom", "pad", {"x": real(1, 2, 3, 3)}, lambda x, padding, value: F.pad(x, padding, value=value), ("x",), padding=[1, 2, 0, 1], value=0.5)
    for mode in ("reflect", "replicate", "circular"):
        yield case(f"pad: {mode}", "pad", {"x": real(1, 2, 4, 5)}, lambda x, padding, mode: F.pad(x, padding, mode), ("x",), padding=[1, 2, 3, 1], mode=mode)
    yield case("pad: replicate, wider than the picture", "pad", {"x": real(1, 1, 2, 1)}, lambda x, padding, mode: F.pad(x, padding, mode), ("x",), padding=[3, 2, 4, 0], mode="replicate")
    yield case("cat: axis 1", "cat", {"a": real(2, 3), "b": real(2, 2)}, lambda a, b, axis: torch.cat([a, b], axis), ("a", "b"), axis=1)
    yield case("stack: axis 1", "stack", {"a": real(2, 3), "b": real(2, 3)}, lambda a, b, axis: torch.stack([a, b], axis), ("a", "b"), axis=1)
    yield case("permute", "permute", {"x": real(2, 3, 4)}, lambda x, axes: x.permute(axes), ("x",), axes=[2, 0, 1])
    yield case("expand", "expand", {"x": real(3, 1)}, lambda x, shape: x.expand(shape), ("x",), shape=[2, 3, 4])
    yield case("matmul: two matrices", "matmul", {"a": real(3, 5), "b": real(5, 4)}, lambda a, b: a @ b, ("a", "b"))
    yield case("matmul: matrix and vector", "matmul", {"a": real(3, 5), "b": real(5)}, lambda a, b: a @ b, ("a", "b"))
    yield case("matmul: a batch of either side", "matmul", {"a": real(2, 1, 3, 4), "b": real(3, 4, 2)}, lambda a, b: a @ b, ("a", "b"))


def fixture():
    cases = [row for group in (convolutions, norms, pools, resizing, losses, elementwise, reductions, arrangement) for row in group()]
    checks = [(name, index) for name in ("input", "weight", "backbone.0.0.weight") for index in (0, 1, 2, 1000, 2359295)]
    return {
        "formula": [[name, formula.code(name), index, repr(float(formula.uniform(name, index + 1)[index]))] for name, index in checks],
        "formula_columns": ["name", "code", "index", "u, all digits"],
        "cotangent_code": formula.code("cotangent"),
        "dtypes": "float32 where none is said",
        "samples": f"where a result has more than {WHOLE} elements: {SAMPLES} of them, at (k * 1000003 + 11) mod total",
        "cases": cases,
    }
