"""Layers as PyTorch's modules have them: made by their names and arguments, with formula parameters, in float64.
Outputs, and gradients of sum(output * cotangent) by input and parameters, as in operations.py."""

import torch

import formula
from operations import real, result_of

TABLE = [
    # module, positional arguments, named arguments, the input's shape
    ("Conv2d", [3, 4, 3], {"padding": 1, "padding_mode": "reflect"}, (2, 3, 5, 6)),
    ("Conv2d", [3, 4, 3], {"padding": 1, "padding_mode": "replicate"}, (2, 3, 5, 6)),
    ("Conv2d", [3, 4, 3], {"padding": 1, "padding_mode": "circular"}, (2, 3, 5, 6)),
    ("Conv2d", [3, 4, 3, 2, 2, 1, 1, True, "reflect"], {}, (1, 3, 7, 6)),
    ("Conv2d", [2, 4, [3, 5]], {"padding": [1, 2], "padding_mode": "circular", "groups": 2}, (1, 2, 6, 7)),
    ("Conv2d", [3, 4, 3], {"padding": "same"}, (1, 3, 5, 6)),
    ("Conv2d", [3, 4, [2, 4]], {"padding": "same"}, (1, 3, 5, 6)),
    ("Conv2d", [3, 4, [2, 3]], {"padding": "same", "dilation": [1, 2], "padding_mode": "reflect"}, (1, 3, 6, 7)),
    ("Conv2d", [3, 4, 4], {"padding": "same", "padding_mode": "replicate", "bias": False}, (1, 3, 5, 6)),
    ("Conv2d", [3, 4, 3], {"padding": "valid", "padding_mode": "circular"}, (1, 3, 5, 6)),
    ("ConvTranspose2d", [4, 3, 2], {"stride": 2}, (2, 4, 3, 5)),
    ("ConvTranspose2d", [4, 6, 3, 2, 1, 1, 2, False, 2], {}, (1, 4, 4, 3)),
    ("ConvTranspose2d", [4, 2, [3, 2]], {"stride": [2, 1], "padding": [1, 0], "output_padding": [1, 0]}, (1, 4, 3, 4)),
    ("GroupNorm", [2, 6], {}, (2, 6, 4, 5)),
    ("GroupNorm", [3, 6], {"eps": 0.1}, (2, 6, 4, 5)),
    ("GroupNorm", [1, 4, 1e-5, False], {}, (3, 4, 3, 2)),
    ("GroupNorm", [6, 6], {}, (2, 6, 4, 5)),
    ("LeakyReLU", [], {}, (2, 3, 4)),
    ("LeakyReLU", [0.2], {}, (2, 3, 4)),
    ("SiLU", [], {}, (2, 3, 4)),
    ("GELU", [], {}, (2, 3, 4)),
    ("GELU", ["tanh"], {}, (2, 3, 4)),
    ("PixelShuffle", [2], {}, (2, 8, 3, 2)),
    ("PixelShuffle", [3], {}, (1, 9, 2, 2)),
    ("PixelUnshuffle", [2], {}, (2, 3, 4, 6)),
    ("Dropout2d", [], {}, (2, 3, 4, 5)),
    ("MaxPool2d", [2], {"ceil_mode": True}, (1, 2, 5, 7)),
    ("MaxPool2d", [3, 2, 1], {"ceil_mode": True, "dilation": 2}, (1, 2, 9, 8)),
    ("AvgPool2d", [2], {"ceil_mode": True}, (1, 2, 5, 7)),
    ("AvgPool2d", [3, 2, 1, True, False], {}, (1, 2, 6, 8)),
    ("Upsample", [], {"scale_factor": 2, "mode": "bilinear", "align_corners": True}, (1, 2, 4, 5)),
    ("Upsample", [[7, 3], None, "bilinear", True], {}, (1, 2, 4, 5)),
    ("Upsample", [None, 2], {}, (1, 2, 4, 5)),
]


def tupled(value):
    return tuple(value) if isinstance(value, list) else value


def case(name, positional, named, shape):
    layer = getattr(torch.nn, name)(*map(tupled, positional), **{key: tupled(value) for key, value in named.items()})
    layer = layer.double().eval()
    inputs = {"x": real(*shape, scale=2.0), **{key: real(*value.shape) for key, value in layer.named_parameters()}}
    tensors = {key: item.make(key).requires_grad_(True) for key, item in inputs.items()}
    parameters = {key: value for key, value in tensors.items() if key != "x"}
    out = torch.func.functional_call(layer, parameters, (tensors["x"],))
    cotangent = formula.tensor("cotangent", tuple(out.shape), dtype=torch.float64)
    gradients = torch.autograd.grad((out * cotangent).sum(), list(tensors.values()))
    return {
        "layer": name, "positional": positional, "named": named,
        "inputs": {key: item.described(key) for key, item in inputs.items()},
        "outputs": {"out": result_of(out)},
        "gradients": {key: result_of(value) for key, value in zip(tensors, gradients)},
    }


def fixture():
    return {"cases": [case(*row) for row in TABLE]}
