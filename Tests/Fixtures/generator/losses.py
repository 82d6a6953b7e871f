"""Losses from the papers' formulas, by NumPy in double precision, each against a second
writing in PyTorch that also gives the gradient by the logits; metrics of a confusion matrix.

p = softmax of the logits over classes, t = one-hot masks, over all counted pixels of the batch:
    focal    mean over pixels of -(1 - p_y)^gamma ln p_y                     (Lin et al. 2017)
    dice     mean over classes in the masks of 1 - (2 sum pt + s) / (sum p + sum t + s)
             (Milletari et al. 2016, the form with sums and a smoothing term s)
    tversky  the same mean of 1 - (TP + s) / (TP + a FP + b FN + s), TP = sum pt,
             FP = sum p (1 - t), FN = sum (1 - p) t                          (Salehi et al. 2017)
    lovasz   mean over classes in the masks of the Lovász extension of the Jaccard loss
             of the errors |t - p|, over the whole batch                     (Berman et al. 2018, algorithm 1)
Ignored pixels are left out of every sum.
"""

import numpy as np
import torch
import torch.nn.functional as F

import formula
from writing import rounded, values

SHAPE = (2, 5, 6, 7)
IGNORE = 255


def make_masks(ignored, classes):
    """Blocks of classes 0 to `classes` - 1; the first row ignored where asked."""
    masks = formula.masks((SHAPE[0], *SHAPE[2:]), classes)
    if ignored:
        masks[:, 0, :] = IGNORE
    return masks


def counted(logits, masks):
    """[pixels, classes] probabilities and [pixels] truths of the pixels that count, as NumPy."""
    rows = logits.transpose(0, 2, 3, 1).reshape(-1, logits.shape[1])
    truth = masks.reshape(-1)
    keep = truth != IGNORE
    rows, truth = rows[keep], truth[keep]
    powers = np.exp(rows - rows.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True), truth


def focal(logits, masks, gamma):
    p, truth = counted(logits, masks)
    right = p[np.arange(len(truth)), truth]
    return float(np.mean(-((1 - right) ** gamma) * np.log(right)))


def dice(logits, masks, smooth):
    p, truth = counted(logits, masks)
    parts = []
    for label in np.unique(truth):
        t = (truth == label).astype(float)
        parts.append(1 - (2 * (p[:, label] * t).sum() + smooth) / (p[:, label].sum() + t.sum() + smooth))
    return float(np.mean(parts))


def tversky(logits, masks, a, b, smooth):
    p, truth = counted(logits, masks)
    parts = []
    for label in np.unique(truth):
        t, q = (truth == label).astype(float), p[:, label]
        hit, false, missed = (q * t).sum(), (q * (1 - t)).sum(), ((1 - q) * t).sum()
        parts.append(1 - (hit + smooth) / (hit + a * false + b * missed + smooth))
    return float(np.mean(parts))


def lovasz(logits, masks):
    p, truth = counted(logits, masks)
    parts = []
    for label in np.unique(truth):
        t = (truth == label).astype(float)
        error = np.abs(t - p[:, label])
        order = np.argsort(-error, kind="stable")
        t, error = t[order], error[order]
        jaccard = 1 - (t.sum() - np.cumsum(t)) / (t.sum() + np.cumsum(1 - t))
        parts.append(float(error @ np.diff(jaccard, prepend=0)))
    return float(np.mean(parts))


def torch_loss(kind, logits, masks, **settings):
    """The same losses written again for PyTorch, for their gradients."""
    p = torch.softmax(logits, 1).permute(0, 2, 3, 1).reshape(-1, logits.shape[1])
    truth = masks.reshape(-1)
    p, truth = p[truth != IGNORE], truth[truth != IGNORE]
    if kind == "focal":
        right = p.gather(1, truth[:, None])[:, 0]
        return ((1 - right) ** settings["gamma"] * -torch.log(right)).mean()
    parts = []
    for label in torch.unique(truth):
        q, t = p[:, label], (truth == label).to(p.dtype)
        hit = (q * t).sum()
        if kind == "dice":
            parts.append(1 - (2 * hit + settings["smooth"]) / (q.sum() + t.sum() + settings["smooth"]))
        elif kind == "tversky":
            a, b, smooth = settings["a"], settings["b"], settings["smooth"]
            parts.append(1 - (hit + smooth) / (hit + a * (q.sum() - hit) + b * (t.sum() - hit) + smooth))
        else:
            error, order = torch.sort((t - q).abs(), descending=True, stable=True)
            t = t[order]
            jaccard = 1 - (t.sum() - t.cumsum(0)) / (t.sum() + (1 - t).cumsum(0))
            parts.append(error @ torch.diff(jaccard, prepend=jaccard.new_zeros(1)))
    return torch.stack(parts).mean()


def cases():
    table = [
        ("focal", focal, {"gamma": 2.0}), ("focal", focal, {"gamma": 0.0}), ("focal", focal, {"gamma": 0.5}),
        ("dice", dice, {"smooth": 1.0}), ("dice", dice, {"smooth": 0.0}),
        ("tversky", tversky, {"a": 0.5, "b": 0.5, "smooth": 0.0}), ("tversky", tversky, {"a": 0.3, "b": 0.7, "smooth": 0.0}),
        ("tversky", tversky, {"a": 0.3, "b": 0.7, "smooth": 1.0}),
        ("lovasz", lovasz, {}),
    ]
    logits = formula.tensor("logits", SHAPE, 3.0, dtype=torch.float64)
    for kind, function, settings in table:
        for ignored, classes in ((False, 5), (True, 5), (False, 3)):
            masks = make_masks(ignored, classes)
            value = function(logits.numpy(), masks.numpy(), **settings)
            leaf = logits.clone().requires_grad_(True)
            again = torch_loss(kind, leaf, masks, **settings)
            if abs(value - float(again.detach())) > 1e-12:
                raise ValueError(f"{kind}: {value} by NumPy, {float(again.detach())} by PyTorch")
            gradient = torch.autograd.grad(again, leaf)[0].reshape(-1)
            row = {
                "loss": kind, "settings": settings, "masks_below": classes, "first_row_ignored": ignored,
                "classes_present": [int(c) for c in torch.unique(masks) if c != IGNORE],
                "value": rounded(value, 9),
                "gradient_abs_sum": rounded(gradient.abs().sum()), "gradient_max_abs": rounded(gradient.abs().max()),
                "gradient_samples": values(gradient[formula.sample_positions(gradient.numel(), 40)]),
            }
            yield row
    masks = make_masks(False, 5)
    sum_of_two = F.cross_entropy(logits, masks) + torch_loss("dice", logits, masks, smooth=1.0)
    yield {"loss": "cross_entropy + dice", "settings": {"smooth": 1.0}, "masks_below": 5, "first_row_ignored": False, "value": rounded(sum_of_two, 9)}


def metrics():
    """A confusion matrix (rows the truth) and everything read from it; one class in neither truth nor prediction."""
    classes, pixels = 6, 400
    truth = np.floor(formula.uniform("truth", pixels) * 5).astype(int)
    guess = np.where(formula.uniform("right", pixels) < 0.6, truth, np.floor(formula.uniform("guess", pixels) * 4).astype(int))
    truth[:20] = IGNORE
    keep = truth != IGNORE
    matrix = np.zeros((classes, classes), dtype=int)
    np.add.at(matrix, (truth[keep], guess[keep]), 1)
    hit, rows, columns = np.diag(matrix), matrix.sum(1), matrix.sum(0)
    present = rows + columns > 0
    with np.errstate(invalid="ignore"):
        iou = hit / (rows + columns - hit)
        dice_scores = 2 * hit / (rows + columns)
        recall = hit / rows
        precision = hit / columns
    shares = rows / rows.sum()
    used = shares[shares > 0]
    return {
        "classes": classes, "ignored": IGNORE, "truth": truth.tolist(), "prediction": guess.tolist(),
        "confusion": matrix.tolist(),
        "pixel_accuracy": rounded(hit.sum() / matrix.sum(), 12),
        "iou": values(iou, 12), "dice": values(dice_scores, 12), "recall": values(recall, 12), "precision": values(precision, 12),
        "classes_present": int(present.sum()),
        "mean_iou_present": rounded(iou[present].mean(), 12), "mean_iou_all_absent_as_zero": rounded(np.nan_to_num(iou).mean(), 12),
        "mean_dice_present": rounded(dice_scores[present].mean(), 12),
        "mean_accuracy_of_classes_in_truth": rounded(recall[rows > 0].mean(), 12),
        "majority_accuracy": rounded(rows.max() / rows.sum(), 12),
        "loss_of_class_shares": rounded(-(used * np.log(used)).sum(), 12), "ln_classes": rounded(np.log(classes), 12),
        "classes_ever_predicted": int((columns > 0).sum()),
    }


def fixture():
    return {
        "logits": {"shape": list(SHAPE), "code": formula.code("logits"), "scale": 3.0, "offset": 0},
        "masks": {"all": make_masks(False, 5).reshape(-1).tolist(), "three_classes": make_masks(False, 3).reshape(-1).tolist(), "ignored": IGNORE},
        "samples": "40 of the gradient by the logits, at (k * 1000003 + 11) mod total",
        "cases": list(cases()),
        "metrics": metrics(),
    }
