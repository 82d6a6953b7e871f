"""Class weights in double precision by NumPy: every formula for the pixel counts of CamSeq01's 78
masks (published with the data set's description) and for a small made-up vector. Nothing
here is seg's: each formula is written from its source.

n_c pixels of class c, N their sum, p_c = n_c / N, C the number of classes. A class without
pixels gets 0 unless the formula says otherwise.
"""

import numpy as np

from writing import rounded, values

NAMES = (
    "Animal Archway Bicyclist Bridge Building Car CartLuggagePram Child Column_Pole Fence LaneMkgsDriv LaneMkgsNonDriv "
    "Misc_Text MotorcycleScooter OtherMoving ParkingBlock Pedestrian Road RoadShoulder Sidewalk SignSymbol Sky SUVPickupTruck "
    "TrafficCone TrafficLight Train Tree Truck_Bus Tunnel VegetationMisc Void Wall"
).split()

CAMSEQ = {
    "Road": 14655082, "Building": 13168971, "Tree": 8801055, "Sky": 4991454, "Sidewalk": 4663852, "Fence": 1700074,
    "Bicyclist": 1162974, "LaneMkgsDriv": 931139, "Car": 801419, "Wall": 771476, "Void": 456011, "OtherMoving": 376050,
    "Pedestrian": 366336, "TrafficLight": 320449, "Column_Pole": 293250, "Truck_Bus": 161792, "Misc_Text": 122299,
    "VegetationMisc": 59152, "Child": 47493, "SignSymbol": 38745, "Archway": 16750, "CartLuggagePram": 7776, "LaneMkgsNonDriv": 1,
}


def where_present(counts, formula):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(counts > 0, formula(counts.astype(np.float64)), 0.0)


def formulas():
    total = lambda n: n.sum()  # noqa: E731

    def effective(beta):
        def weights(n):
            raw = where_present(n, lambda n: -np.expm1(np.log(beta)) / -np.expm1(n * np.log(beta)))
            return raw * len(n) / raw.sum()

        return weights

    return [
        ("linear", {"X": 100, "Y": 50}, "Listing 1, form 1", lambda n: np.where(n > 0, 100 - 100 * (n / total(n)), 50)),
        ("linear", {"X": 20, "Y": 50}, "Listing 1, form 1: negative where X < 100 p", lambda n: np.where(n > 0, 20 - 100 * (n / total(n)), 50)),
        ("max_scaled", {"X": 100, "Y": 50}, "Listing 1, form 2",
         lambda n: np.where(n > 0, 100 * n.max() / total(n) - 50 * (n / total(n)), 100 * n.max() / total(n))),
        ("inverse_frequency", {}, "1 / p", lambda n: where_present(n, lambda n: total(n) / n)),
        ("balanced", {}, "N / (C n)", lambda n: where_present(n, lambda n: total(n) / (len(n) * n))),
        ("inverse_root", {}, "1 / sqrt(p)", lambda n: where_present(n, lambda n: np.sqrt(total(n) / n))),
        ("laplace", {"a": 1e6}, "(N + a C) / (n + a)", lambda n: (total(n) + 1e6 * len(n)) / (n + 1e6)),
        ("laplace", {"a": 1}, "(N + a C) / (n + a)", lambda n: (total(n) + len(n)) / (n + 1.0)),
        ("enet", {}, "1 / ln(1.02 + p), Paszke et al. 2016; absent classes 0", lambda n: where_present(n, lambda n: 1 / np.log(1.02 + n / total(n)))),
        ("effective_number", {"b": 1 - 1e-6}, "(1 - b) / (1 - b^n), scaled to sum C, Cui et al. 2019", effective(1 - 1e-6)),
        ("effective_number", {"b": 0.999}, "the same", effective(0.999)),
    ]


def ratio(weights, counts):
    """Largest to smallest weight over classes with pixels; nan where one is not positive."""
    used = weights[counts > 0]
    return used.max() / used.min() if used.min() > 0 else float("nan")


def table(counts):
    rows = []
    for name, settings, source, formula in formulas():
        weights = np.asarray(formula(counts), dtype=np.float64)
        share = counts / counts.sum()
        rows.append({
            "formula": name, "settings": settings, "source": source,
            "weights": values(weights, 12),
            "ratio": rounded(ratio(weights, counts), 9),
            "effective_share": values(weights * share / (weights * share).sum(), 9),
        })
    return rows


def median_frequency(counts, pixels_with):
    """median(f) / f, f = n / pixels of the pictures that hold the class, over classes that occur (Eigen and Fergus 2015)."""
    present = counts > 0
    frequency = counts[present] / pixels_with[present]
    weights = np.zeros(len(counts))
    weights[present] = np.median(frequency) / frequency
    return weights


def steps(counts):
    """What may follow a formula: clipped to an interval, a class at zero, scaled to the mean 1 over all classes."""
    weights = where_present(counts, lambda n: n.sum() / n)
    clipped = np.clip(weights, 0, 20)
    ignored = np.where(np.arange(len(counts)) == 4, 0, clipped)
    return {
        "formula": "inverse_frequency", "ignored": 4, "high": 20, "clipped": values(clipped, 12),
        "mean_one": values(weights / weights.mean(), 12), "all": values(ignored / ignored.mean(), 12),
    }


def fixture():
    camseq = np.array([CAMSEQ.get(name, 0) for name in NAMES], dtype=np.int64)
    small = np.array([600, 250, 100, 0, 49, 1], dtype=np.int64)
    pixels_with = np.array([1000, 800, 500, 0, 200, 100], dtype=np.int64)
    share = camseq[camseq > 0] / camseq.sum()
    return {
        "camseq": {
            "classes": NAMES, "counts": camseq.tolist(), "total": int(camseq.sum()),
            "majority_share": rounded(share.max(), 9), "loss_of_class_shares": rounded(-(share * np.log(share)).sum(), 9),
            "ln_classes": rounded(np.log(len(NAMES)), 9), "weights": table(camseq),
        },
        "small": {
            "counts": small.tolist(), "weights": table(small), "pixels_with": pixels_with.tolist(),
            "median_frequency": values(median_frequency(small, pixels_with), 12), "steps": steps(small),
        },
        "softmax_twice_floor": {"classes": 32, "value": rounded(np.log(np.e + 31) - 1, 9)},
    }
