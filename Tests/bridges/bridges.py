"""What the checks of this folder share: tensors that seg wrote, and the verdict."""

import json
import struct
import sys

import numpy

problems = []


def read_tensors(path):
    """The arrays of a .safetensors file by their names."""
    with open(path, "rb") as file:
        content = file.read()
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    types = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}
    arrays = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = (8 + size + n for n in entry["data_offsets"])
            arrays[name] = numpy.frombuffer(content[begin:end], types[entry["dtype"]]).reshape(entry["shape"])
    return arrays


def expect(what, found, wanted):
    if found != wanted:
        problems.append(f"{what} is {found}, not {wanted}")


def expect_near(what, found, wanted, tolerance=1e-5):
    """Within a part of the range of the wanted numbers."""
    found, wanted = numpy.asarray(found, "f8"), numpy.asarray(wanted, "f8")
    if found.shape != wanted.shape:
        problems.append(f"{what} has the shape {found.shape}, not {wanted.shape}")
        return
    error = numpy.abs(found - wanted).max() / max(wanted.max() - wanted.min(), 1e-30)
    if not error <= tolerance:
        problems.append(f"{what} differs by {error:.2g} of the range")


def verdict():
    print("\n".join(problems) if problems else "as seg")
    sys.exit(1 if problems else 0)
