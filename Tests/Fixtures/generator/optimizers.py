"""Optimizers: the path of two parameters over eight steps of a small linear regression, in
float64. Schedules: the learning rate of each epoch, and of each step where a schedule counts steps."""

import torch

import formula
from writing import rounded, values

STEPS, EPOCHS, STEPS_PER_EPOCH, BASE = 8, 12, 5, 0.1


def regression():
    """loss = mean over all elements of (x @ weight + bias - y)^2; x [6, 3], weight [3, 2], bias [2], y [6, 2]."""
    data = {
        "x": formula.tensor("x", (6, 3), 2.0, dtype=torch.float64),
        "y": formula.tensor("y", (6, 2), 2.0, dtype=torch.float64),
        "weight": formula.tensor("weight", (3, 2), dtype=torch.float64),
        "bias": formula.tensor("bias", (2,), 0.1, dtype=torch.float64),
    }
    return data


def trajectory(make, settings):
    data = regression()
    weight, bias = (torch.nn.Parameter(data[key].clone()) for key in ("weight", "bias"))
    optimizer = make([weight, bias], **settings)
    rows = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = ((data["x"] @ weight + bias - data["y"]) ** 2).mean()
        loss.backward()
        optimizer.step()
        rows.append([rounded(loss.detach(), 9), *values(weight.detach(), 9), *values(bias.detach(), 9)])
    return rows


def paths():
    from torch.optim import SGD, Adam, AdamW, RMSprop

    table = [
        ("sgd", SGD, {"lr": 0.1}),
        ("sgd", SGD, {"lr": 0.05, "momentum": 0.9}),
        ("sgd", SGD, {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.01}),
        ("sgd", SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
        ("sgd", SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.5}),
        ("adam", Adam, {"lr": 0.1}),
        ("adam", Adam, {"lr": 0.1, "weight_decay": 0.01}),
        ("adam", Adam, {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
        ("adam", Adam, {"lr": 0.1, "amsgrad": True}),
        ("adamw", AdamW, {"lr": 0.1}),
        ("adamw", AdamW, {"lr": 0.1, "weight_decay": 0.1}),
        ("rmsprop", RMSprop, {"lr": 0.01}),
        ("rmsprop", RMSprop, {"lr": 0.01, "weight_decay": 0.001, "momentum": 0.9}),
        ("rmsprop", RMSprop, {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "centered": True}),
        ("rmsprop", RMSprop, {"lr": 0.01, "momentum": 0.5, "centered": True}),
    ]
    return [{"optimizer": name, "settings": settings, "rows": trajectory(make, settings)} for name, make, settings in table]


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=BASE)


def rates(make, steps, metrics=None):
    """The rate used by each of `steps` steps; the schedule moves on after each."""
    worker = optimizer()
    schedule = make(worker)
    found = []
    for step in range(steps):
        found.append(rounded(worker.param_groups[0]["lr"], 9))
        worker.step()
        schedule.step() if metrics is None else schedule.step(metrics[step])
    return found


def schedules():
    from torch.optim import lr_scheduler as s

    total = EPOCHS * STEPS_PER_EPOCH
    falling = [1.0, 0.8, 0.81, 0.82, 0.79, 0.79, 0.795, 0.7, 0.71, 0.72, 0.73, 0.74]
    rising = [0.1, 0.3, 0.3, 0.29, 0.31, 0.31, 0.31, 0.31, 0.4, 0.39, 0.38, 0.37]
    warm = lambda o: s.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=4)  # noqa: E731
    rows = [
        ("step_lr", {"every": 3}, "epoch", lambda o: s.StepLR(o, 3), EPOCHS, None),
        ("step_lr", {"every": 4, "gamma": 0.5}, "epoch", lambda o: s.StepLR(o, 4, 0.5), EPOCHS, None),
        ("poly_lr", {"power": 0.9}, "epoch", lambda o: s.PolynomialLR(o, EPOCHS, 0.9), EPOCHS, None),
        ("poly_lr", {"power": 0.9}, "step", lambda o: s.PolynomialLR(o, total, 0.9), total, None),
        ("poly_lr", {"power": 2.0}, "step", lambda o: s.PolynomialLR(o, total, 2.0), total, None),
        ("cosine_lr", {}, "epoch", lambda o: s.CosineAnnealingLR(o, EPOCHS), EPOCHS, None),
        ("cosine_lr", {}, "step", lambda o: s.CosineAnnealingLR(o, total), total, None),
        ("cosine_lr", {"minimum": 0.01}, "step", lambda o: s.CosineAnnealingLR(o, total, 0.01), total, None),
        ("plateau_lr", {"factor": 0.1, "patience": 2}, "epoch", lambda o: s.ReduceLROnPlateau(o, factor=0.1, patience=2), EPOCHS, falling),
        ("plateau_lr", {"factor": 0.5, "patience": 1}, "epoch", lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=1), EPOCHS, falling),
        ("plateau_lr", {"factor": 0.5, "patience": 1, "mode": "max"}, "epoch",
         lambda o: s.ReduceLROnPlateau(o, mode="max", factor=0.5, patience=1), EPOCHS, rising),
        ("plateau_lr", {"factor": 0.5, "patience": 0, "cooldown": 2, "minimum": 0.02}, "epoch",
         lambda o: s.ReduceLROnPlateau(o, factor=0.5, patience=0, cooldown=2, min_lr=0.02), EPOCHS, falling),
        ("warmup", {"start": 0.1, "steps": 4}, "step", warm, EPOCHS, None),
        ("warmup, then poly_lr", {"start": 0.1, "steps": 4, "power": 0.9}, "step",
         lambda o: s.SequentialLR(o, [warm(o), s.PolynomialLR(o, total - 4, 0.9)], [4]), total, None),
        ("warmup times step_lr", {"start": 0.1, "steps": 4, "every": 3}, "step",
         lambda o: s.ChainedScheduler([warm(o), s.StepLR(o, 3)]), EPOCHS, None),
    ]
    found = []
    for name, settings, unit, make, count, metrics in rows:
        row = {"schedule": name, "settings": settings, "counts": unit}
        if metrics is not None:
            row["metrics"] = metrics
        found.append(row | {"rates": rates(make, count, metrics)})
    return found


def fixture():
    data = regression()
    return {
        "problem": {
            "loss": "mean((x @ weight + bias - y)^2)",
            **{key: {"shape": list(value.shape), "values": values(value, 9)} for key, value in data.items()},
        },
        "row_columns": ["loss before the step", "weight, 6 values after it", "bias, 2 values after it"],
        "paths": paths(),
        "schedule_base": BASE,
        "epochs": EPOCHS,
        "steps_per_epoch": STEPS_PER_EPOCH,
        "schedules": schedules(),
    }
