"""Segmentation models with formula weights: names, shapes and counts, logits in
evaluation, steps of training, and gradients judged in float64."""

import copy
import math
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F

import formula
import own_models
from writing import rounded, torchvision, values  # noqa: F401

from torchvision.models import segmentation

CLASSES = 21
# Compared at small sizes alone.
COMPARED = ["unet", "unet_resnet50", "deeplabv3plus_resnet50", "deeplabv3plus_mobilenet_v3_large"]
SHAKE = 1e-5
SHAKES = ["shake", "shake again", "shake more", "shake last"]


def build(name, classes=CLASSES, aux=True):
    """The model with formula weights; dropout off (p = 0), so that a training step is the same everywhere."""
    if name in own_models.MAKERS:
        model = own_models.MAKERS[name](classes, aux)
    else:
        options = {} if name in own_models.WITHOUT_AUX else {"aux_loss": aux}
        maker = getattr(segmentation, name)
        model = maker(weights=None, weights_backbone=None, num_classes=classes, **options)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    formula.fill(model)
    return model


def counts(name):
    """Learned parameters by number of classes, with and without the auxiliary head."""
    rows = []
    for classes in (21, 32):
        for aux in (True, False):
            if name in own_models.WITHOUT_AUX and aux:
                continue
            model = build(name, classes, aux)
            backbone = sum(p.numel() for p in model.backbone.parameters())
            total = sum(p.numel() for p in model.parameters())
            rows.append({"classes": classes, "aux": aux, "parameters": total, "backbone": backbone})
    return rows


def summary_of(tensor, samples):
    flat = tensor.detach().to(torch.float64).reshape(-1).numpy()
    return {
        "shape": list(tensor.shape),
        "max_abs": rounded(np.abs(flat).max()),
        "sum": rounded(flat.sum()),
        "abs_sum": rounded(np.abs(flat).sum()),
        "std": rounded(flat.std()),
        "samples": values(flat[formula.sample_positions(flat.size, samples)]),
    }


def evaluation(model, shape, samples):
    """Logits of one input in float32, and how far float64 and a shaken input lie from them."""
    x = formula.images(shape)
    with torch.no_grad():
        outputs = model(x)
        exact = copy.deepcopy(model).double()(x.double())["out"]
        shaken = model(shake(x))["out"]
    out = outputs["out"]
    largest = exact.abs().max()
    result = {"input": list(shape)}
    for key, tensor in outputs.items():
        result[key] = summary_of(tensor, samples if key == "out" else samples // 2)
    result["out_class_means"] = values(out.double().mean(dim=(0, 2, 3)))
    result["float32_against_float64"] = rounded((out - exact).abs().max() / largest, 3)
    result["shaken_against_float64"] = rounded((shaken - exact).abs().max() / largest, 3)
    ratio = float(out.std())
    if not 0.1 <= ratio <= 100:
        raise ValueError(f"logits of standard deviation {ratio}: the formula's weights want another gain")
    return result


def stages(model, shape):
    """What each child of backbone and heads gives for one input: name, shape, sum of absolute values, two values."""
    rows, handles = [], []

    def watch(name):
        def hook(_module, _inputs, output):
            if isinstance(output, torch.Tensor):
                flat = output.double().reshape(-1).numpy()
                picked = values(flat[formula.tensor_positions(flat.size, 2)], 6)
                rows.append([name, list(output.shape), rounded(np.abs(flat).sum(), 6), *picked])

        return hook

    for part in ("backbone", "classifier", "aux_classifier"):
        top = getattr(model, part, None)
        for name, child in [] if top is None else top.named_children():
            handles.append(child.register_forward_hook(watch(f"{part}.{name}")))
    with torch.no_grad():
        model(formula.images(shape))
    for handle in handles:
        handle.remove()
    return rows


def shake(x, name=SHAKES[0]):
    return x + SHAKE * x.abs().max() * formula.tensor(name, tuple(x.shape), dtype=x.dtype)


def loss_of(model, x, masks):
    """cross_entropy(out) + 0.5 * cross_entropy(aux), the mean over all pixels, as references/segmentation has it."""
    outputs = model(x)
    parts = {key: F.cross_entropy(value, masks) for key, value in outputs.items()}
    return parts["out"] + 0.5 * parts["aux"] if "aux" in parts else parts["out"], parts


def gradients(model, x, masks):
    model = copy.deepcopy(model).to(x.dtype).train()
    loss, _ = loss_of(model, x, masks)
    loss.backward()
    return OrderedDict((name, p.grad.double().numpy().reshape(-1)) for name, p in model.named_parameters())


def updates(model, x, masks, make):
    """How far each parameter has moved after a step of an optimizer, in units of its learning rate. One step: in a
    second, what rounding did to the first (for gradients near zero, the sign) turns activations over."""
    model = copy.deepcopy(model).to(x.dtype).train()
    before = [p.detach().clone() for p in model.parameters()]
    optimizer = make(model.parameters())
    loss_of(model, x, masks)[0].backward()
    optimizer.step()
    rate = optimizer.param_groups[0]["lr"]
    moved = [((p.detach() - b).double() / rate).numpy().reshape(-1) for p, b in zip(model.parameters(), before)]
    return OrderedDict(zip((name for name, _ in model.named_parameters()), moved))


def errors(candidates, exact, scales, samples):
    """Of |candidate - exact| / scale over the tensors that have a scale, the worst of the candidates: root mean square
    over the sampled positions, over all positions (each tensor weighing alike; rare sign flips show only here), largest sample."""
    sampled, whole, largest = 0.0, 0.0, 0.0
    for candidate in candidates:
        parts, squares = [], []
        for name, truth in exact.items():
            if scales[name]:
                error = np.abs(candidate[name] - truth) / scales[name]
                parts.append(error[formula.tensor_positions(truth.size, samples)])
                squares.append((error**2).mean())
        parts = np.concatenate(parts)
        sampled = max(sampled, math.sqrt((parts**2).mean()))
        whole = max(whole, math.sqrt(np.mean(squares)))
        largest = max(largest, float(parts.max()))
    return {"rms": rounded(sampled, 4), "whole_rms": rounded(whole, 4), "max": rounded(largest, 4)}


def ways(run, model, x, masks):
    """The result of `run` by each of PyTorch's ways of computing in float32, which round differently: oneDNN's
    convolutions, the same on channels-last memory, and matrix products."""
    yield run(model, x, masks)
    yield run(model, x.contiguous(memory_format=torch.channels_last), masks)
    with torch.backends.mkldnn.flags(enabled=False):
        yield run(model, x, masks)


def judged(model, x, masks, run, scales, samples, digits=6):
    """The float64 result of `run`, a row a parameter, with the errors of float32 (the worst of PyTorch's ways) and of
    float32 with shaken inputs."""
    exact = run(model, x.double(), masks)
    rows = []
    for name, truth in exact.items():
        picked = values(truth[formula.tensor_positions(truth.size, samples)], digits)
        rows.append([rounded(scales[name], digits), *picked])
    shaken = (run(model, shake(x, name), masks) for name in SHAKES)
    return {
        "float32": errors(ways(run, model, x, masks), exact, scales, samples),
        "float32_shaken": errors(shaken, exact, scales, samples),
        "columns": ["scale"] + [f"sample{k}" for k in range(samples)],
        "rows": rows,
    }


def snapshot(model, samples, digits):
    rows = []
    for value in model.state_dict().values():
        flat = value.double().numpy().reshape(-1)
        picked = values(flat[formula.tensor_positions(flat.size, samples)], digits)
        rows.append([int(value)] if value.dtype == torch.int64 else [rounded(flat.sum(), digits), rounded(np.abs(flat).sum(), digits), *picked])
    return rows


def largest_difference(a, b):
    """Over all entries of two state dicts, the largest difference relative to the entry's largest value."""
    worst = 0.0
    for name, value in a.state_dict().items():
        if value.dtype.is_floating_point:
            other = b.state_dict()[name].double()
            worst = max(worst, float((value.double() - other).abs().max() / other.abs().max()))
    return rounded(worst, 3)


def training(model, shape, kept_steps, samples, digits):
    """Steps of SGD on all parameters in training mode, from the formula's weights, always on the same batch."""
    masks = formula.masks((shape[0], *shape[2:]), CLASSES)
    x = formula.images(shape)
    result = {
        "input": list(shape),
        "loss": "cross_entropy(out)" + (" + 0.5 * cross_entropy(aux)" if getattr(model, "aux_classifier", None) is not None else ""),
        "optimizer": {"name": "sgd", "lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4},
        "dropout": "off (p = 0)",
        "mask_counts": [int(n) for n in torch.bincount(masks.reshape(-1), minlength=CLASSES)],
        "losses": [],
        "columns": ["sum", "abs_sum"] + [f"sample{k}" for k in range(samples)],
    }

    def stepping(start):
        run = copy.deepcopy(start).train()
        return run, torch.optim.SGD(run.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)

    runs = [stepping(model), stepping(copy.deepcopy(model).double()), stepping(model)]
    inputs = [x, x.double(), shake(x)]
    for step in range(1, max(kept_steps) + 1):
        for index, ((run, optimizer), pictures) in enumerate(zip(runs, inputs)):
            optimizer.zero_grad()
            loss, parts = loss_of(run, pictures, masks)
            loss.backward()
            optimizer.step()
            if index == 0:
                row = {"loss": rounded(loss.detach()), **{key: rounded(part.detach()) for key, part in parts.items()}}
            elif index == 1:
                row["float64"] = rounded(loss.detach())
            else:
                row["shaken"] = rounded(loss.detach())
        result["losses"].append(row)
        if step in kept_steps:
            result[f"after_step_{step}"] = {
                "float32_against_float64": largest_difference(runs[0][0], runs[1][0]),
                "shaken_against_float64": largest_difference(runs[2][0], runs[1][0]),
                "rows": snapshot(runs[0][0], samples, digits),
            }
    exact = gradients(model, x.double(), masks)
    largest = max(np.abs(g).max() for g in exact.values())
    scales = {n: max(np.abs(g).max(), 1e-4 * largest) for n, g in exact.items()}
    result["gradients"] = judged(model, x, masks, gradients, scales, samples, digits)
    for name, make, settings in (
        ("adam", torch.optim.Adam, {"lr": 1e-3}),
        ("rmsprop", torch.optim.RMSprop, {"lr": 1e-3, "weight_decay": 1e-3, "momentum": 0.9}),
    ):
        # Where the gradient is zero but for rounding (a bias before a batch norm), the
        # direction of these updates is noise: scale 0 leaves the tensor out.
        scales = {n: 1 if np.abs(g).max() > 1e-6 * largest else 0 for n, g in exact.items()}

        def run(start, pictures, truth, make=make, settings=settings):
            return updates(start, pictures, truth, lambda p: make(p, **settings))

        result[f"{name}_updates"] = {"settings": settings, "steps": 1, **judged(model, x, masks, run, scales, samples, 7)}
    return result


def verify(name, path):
    """Reads a file that seg wrote from the model with formula weights by the real library: names, dtypes,
    shapes and every bit must be the model's own. Returns the number of entries."""
    from safetensors.torch import load_file

    wanted, found = build(name).state_dict(), load_file(path)
    if set(wanted) != set(found):
        raise ValueError(f"missing {sorted(set(wanted) - set(found))}, unexpected {sorted(set(found) - set(wanted))}")
    for key, value in wanted.items():
        other = found[key]
        if other.dtype != value.dtype or other.shape != value.shape or not torch.equal(other, value):
            raise ValueError(f"{key}: {other.dtype} {list(other.shape)} is not {value.dtype} {list(value.shape)}, or differs in value")
    return len(wanted)


def trained(name, model):
    if name in own_models.WITHOUT_AUX:
        return training(model, (2, 3, 64, 64), kept_steps=(1, 3), samples=4, digits=6)
    # Three pictures: DeepLab's pooled branch has a batch norm over one value per picture, and over two it gives
    # plus and minus one, whatever they are, and gradients of rounding alone.
    return training(model, (3, 3, 65, 65), kept_steps=(3,), samples=2, digits=5)


def fixture(name):
    model = build(name).eval()
    light = name in own_models.WITHOUT_AUX
    shapes = [(1, 3, 64, 64), (3, 3, 97, 131), (1, 3, 520, 520)]
    if light:
        shapes.insert(1, (2, 3, 97, 131))
    if name in COMPARED:
        shapes.pop()
    learned = {key for key, _ in model.named_parameters()}
    recipes = formula.fill(model)
    entries = []
    for key, value in model.state_dict().items():
        dtype = "I64" if value.dtype == torch.int64 else "F32"
        entries.append([key, list(value.shape), dtype, formula.code(key), *recipes[key]])
        if (key in learned) == key.endswith(("running_mean", "running_var", "num_batches_tracked")):
            raise ValueError(f"{key}: fixtures tell buffers from parameters by the name's ending")
    return {
        "model": name,
        "classes": CLASSES,
        "aux": hasattr(model, "aux_classifier") and model.aux_classifier is not None,
        "counts": counts(name),
        "evaluations": [evaluation(model, shape, 200 if light else 100) for shape in shapes],
        "stages": {"input": [1, 3, 64, 64], "rows": stages(model, (1, 3, 64, 64))},
        "training": trained(name, model),
        "entry_columns": ["name", "shape", "dtype", "code", "scale", "offset"],
        "entries": entries,
    }
