#!/usr/bin/env python3
"""Makes the correctness fixtures of seg: numbers computed by PyTorch and
torchvision (and, for losses and class weights, by NumPy in double precision),
written as JSON text beside this file. Tests read the JSON; they need no Python.

How to run, in a virtual environment outside the repository:

    python3 -m venv VENV
    VENV/bin/pip install torch==2.13.0 numpy Pillow safetensors   # a CPU build of torch will do
    VENV/bin/pip install scipy scikit-learn torchmetrics            # for results.json
    VENV/bin/pip install --no-deps torchvision==0.28.0
    VENV/bin/python Tests/Fixtures/make_fixtures.py all
    VENV/bin/python Tests/Fixtures/make_fixtures.py ops lraspp    # some sections
    VENV/bin/python Tests/Fixtures/make_fixtures.py formats --out DIR   # weight files, binary: never committed
    VENV/bin/python Tests/Fixtures/make_fixtures.py verify --model NAME --file F.safetensors    # did seg write what it should?

Weights and inputs come from a formula of name and index (generator/formula.py),
so no fixture needs a weight file. README.md describes the layout of each file.
"""

import argparse
import functools
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "generator"))

import writing  # noqa: E402  (also makes torchvision importable beside a CPU build of torch)


LIGHT = ["lraspp_mobilenet_v3_large", "lraspp_mobilenet_v2"]
HEAVY = ["deeplabv3_mobilenet_v3_large", "deeplabv3_resnet50", "deeplabv3_resnet101", "fcn_resnet50", "fcn_resnet101"]


def sections():
    """By section: the files' names and what makes each."""
    import class_weights, layers, losses, models, operations, optimizers, own_models, pictures, results

    return {
        "ops": {"ops.json": operations.fixture},
        "layers": {"layers.json": layers.fixture},
        "optimizers": {"optimizers.json": optimizers.fixture},
        "losses": {"losses.json": losses.fixture},
        "results": {"results.json": results.fixture},
        "pictures": {"pictures.json": pictures.fixture},
        "weights": {"class_weights.json": class_weights.fixture},
        "lraspp": {f"{name}.json": functools.partial(models.fixture, name) for name in LIGHT},
        "segmentation": {f"{name}.json": functools.partial(models.fixture, name) for name in HEAVY},
        "compared": {f"{name}.json": functools.partial(models.fixture, name) for name in models.COMPARED},
        "counts": {"counts.json": lambda: {"rows": own_models.more_counts()}},
    }


def main():
    table = sections()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="+", choices=[*table, "formats", "verify", "all"])
    parser.add_argument("--out", help="folder for the weight files of `formats`, outside the repository")
    parser.add_argument("--model", help="for `verify`: the model whose formula weights seg has saved")
    parser.add_argument("--file", help="for `verify`: the file that seg's save_weights wrote")
    arguments = parser.parse_args()
    wanted = list(table) if "all" in arguments.sections else arguments.sections
    print(", ".join(f"{name} {version}" for name, version in writing.versions().items()))
    for section in wanted:
        start = time.time()
        if section == "formats":
            import formats

            if not arguments.out:
                parser.error("formats needs --out DIR")
            formats.write_all(arguments.out)
            print(f"formats: {arguments.out}, {time.time() - start:.1f} s")
            continue
        if section == "verify":
            import models

            if not (arguments.model and arguments.file):
                parser.error("verify needs --model NAME --file FILE")
            print(f"verify: {models.verify(arguments.model, arguments.file)} entries equal to the bit")
            continue
        for name, make in table[section].items():
            path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
            size = writing.write(path, make())
            print(f"{section}: {name}, {size} bytes, {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
