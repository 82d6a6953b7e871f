"""Measures of segmentations by scikit-learn and torchmetrics, boundary measures by distance transforms and erosions of
SciPy, and bootstrap intervals of scipy.stats. Nothing here is seg's.

- Boundary F1: Csurka et al. 2013, as MATLAB's bfscore: the perimeter of a class are its pixels with one of another class,
  or the outside of the picture, among the four neighbours (bwperim); matches are within a Euclidean distance.
- Boundary IoU: Cheng et al. 2021, the authors' mask_to_boundary and boundary_iou (boundary_iou/utils/boundary_utils.py),
  with SciPy's erosion in place of OpenCV's.
- Void pixels of the truth are void in the prediction; an edge to void is no boundary.
"""

import numpy as np
import torch
from scipy import ndimage, stats
from sklearn import metrics as sk

from writing import rounded

VOID = 255
CLASSES = 5
CROSS = ndimage.generate_binary_structure(2, 1)


def pictures():
    """Truths and predictions of three pictures: blobs, shifted and with noise; class 4 is only predicted, class 3 is not in
    the first picture, and no mask has all."""
    generator = np.random.default_rng(7)
    truths, predictions = [], []
    for number in range(3):
        field = ndimage.gaussian_filter(generator.normal(size=(24, 30)), 3)
        levels = np.quantile(field, [0.3, 0.6, 0.85])
        truth = np.digitize(field, levels)
        if number == 0:
            truth[truth == 3] = 2
        prediction = np.roll(truth, (number, 1), axis=(0, 1))
        noise = generator.random(truth.shape) < 0.03
        prediction[noise] = generator.integers(0, CLASSES, noise.sum())
        truth = truth.copy()
        truth[ndimage.binary_dilation(generator.random(truth.shape) < 0.01, CROSS)] = VOID
        if number == 2:
            truth[:, 26:] = VOID
        truths.append(truth)
        predictions.append(prediction)
    return np.array(truths), np.array(predictions)


def perimeter(mask, void):
    return mask & ~ndimage.binary_erosion(mask | void, CROSS, border_value=0)


def boundary_f1(truth, prediction, tolerance):
    """By class; nan where neither has the class."""
    void = truth == VOID
    prediction = np.where(void, VOID, prediction)
    scores = []
    for c in range(CLASSES):
        wanted, found = perimeter(truth == c, void), perimeter(prediction == c, void)
        if not wanted.any() and not found.any():
            scores.append(np.nan)
            continue
        if not wanted.any() or not found.any():
            scores.append(0.0)
            continue
        precision = (ndimage.distance_transform_edt(~wanted)[found] <= tolerance).mean()
        recall = (ndimage.distance_transform_edt(~found)[wanted] <= tolerance).mean()
        scores.append(2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0)
    return scores


def zone(mask, void, ratio):
    """mask_to_boundary of Cheng et al.; void does not erode."""
    height, width = mask.shape
    dilation = max(int(round(ratio * np.sqrt(height**2 + width**2))), 1)
    padded = np.pad(mask | void, 1)
    # OpenCV's erosion takes what is outside of the padded picture as part of the mask.
    eroded = ndimage.binary_erosion(padded, np.ones((3, 3)), iterations=dilation, border_value=1)[1:-1, 1:-1]
    return mask & ~eroded


def boundary_iou(truths, predictions, ratio):
    """By class, over all pictures."""
    intersections, unions = np.zeros(CLASSES), np.zeros(CLASSES)
    for truth, prediction in zip(truths, predictions):
        void = truth == VOID
        prediction = np.where(void, VOID, prediction)
        for c in range(CLASSES):
            a, b = zone(truth == c, void, ratio), zone(prediction == c, void, ratio)
            intersections[c] += (a & b).sum()
            unions[c] += (a | b).sum()
    with np.errstate(invalid="ignore"):
        return intersections / unions


def by_libraries(truth, prediction):
    counted = truth != VOID
    t, p = truth[counted], prediction[counted]
    labels = np.unique(np.concatenate([t, p]))
    precision, recall, f1, _ = sk.precision_recall_fscore_support(t, p, labels=labels, zero_division=0)
    jaccard = sk.jaccard_score(t, p, labels=labels, average=None)
    weighted = sk.jaccard_score(t, p, average="weighted")
    from torchmetrics import classification as tm

    settings = dict(num_classes=CLASSES, ignore_index=VOID)
    a, b = torch.tensor(prediction), torch.tensor(truth)
    for measure, ours in [
        (tm.MulticlassAccuracy(average="micro", **settings), (t == p).mean()),
        (tm.MulticlassPrecision(average="macro", **settings), precision.mean()),
        (tm.MulticlassRecall(average="macro", **settings), recall.mean()),
        (tm.MulticlassF1Score(average="macro", **settings), f1.mean()),
        (tm.MulticlassJaccardIndex(average="macro", **settings), jaccard.mean()),
        (tm.MulticlassJaccardIndex(average="weighted", **settings), weighted),
    ]:
        theirs = measure(a, b).item()
        assert abs(theirs - ours) < 1e-6, (measure, theirs, ours)
    return {
        "accuracy": rounded((t == p).mean(), 12),
        "miou": rounded(jaccard.mean(), 12),
        "dice": rounded(f1.mean(), 12),
        "precision": rounded(precision.mean(), 12),
        "recall": rounded(recall.mean(), 12),
        "weighted_iou": rounded(weighted, 12),
    }


def tail(level, units):
    """The share beyond each end of the expanded percentile interval (Hesterberg 2015)."""
    t = stats.t.ppf((1 + level) / 2, units - 1)
    return stats.norm.cdf(-np.sqrt(units / (units - 1)) * t)


def interval(count, level):
    """scipy.stats.bootstrap of the accuracy over pictures, whose right pixels of all are given."""
    generator = np.random.default_rng(3)
    pixels = generator.integers(80, 120, count)
    right = generator.binomial(pixels, generator.beta(8, 4, count))
    found = stats.bootstrap(
        (right, pixels), lambda r, n, axis: r.sum(axis=axis) / n.sum(axis=axis), paired=True, vectorized=True,
        n_resamples=200000, confidence_level=1 - 2 * tail(level, count), method="percentile", rng=generator,
    ).confidence_interval
    return {
        "level": level, "right": right.tolist(), "pixels": pixels.tolist(),
        "low": rounded(found.low, 5), "high": rounded(found.high, 5),
    }


def rows(mask):
    return ["".join("." if label == VOID else str(label) for label in row) for row in mask]


def listed(numbers):
    return [rounded(x, 9) for x in numbers]


def fixture():
    truths, predictions = pictures()
    return {
        "truths": [rows(mask) for mask in truths],
        "predictions": [rows(mask) for mask in predictions],
        "set": by_libraries(truths, predictions),
        "pictures": [by_libraries(t, p) for t, p in zip(truths, predictions)],
        "boundary_f1": [
            {"tolerance": tolerance, "by_picture": [listed(boundary_f1(t, p, tolerance)) for t, p in zip(truths, predictions)]}
            for tolerance in [0, 1, 1.5, 2, 4.3]
        ],
        "boundary_iou": [
            {"ratio": ratio, "by_class": listed(boundary_iou(truths, predictions, ratio))} for ratio in [0.02, 0.06, 0.1, 0.4]
        ],
        "intervals": [interval(40, 0.95), interval(8, 0.9), interval(12, 0.95)],
    }
