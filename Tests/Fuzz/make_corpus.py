"""Writes the binary seeds of the fuzzer as digits: weight files of PyTorch in corpus/checkpoint, pictures in
corpus/png, masks of annotation tools in corpus/annotations.

    VENV/bin/python Tests/Fuzz/make_corpus.py      (needs torch; its versions change bytes)
"""

import collections
import io
import json
import os
import pickle
import random
import struct
import zipfile
import zlib

import numpy
import torch

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")


def keep(target, name, data):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    digits = data.hex()
    with open(os.path.join(folder, name + ".hex"), "w") as file:
        for at in range(0, len(digits), 120):
            file.write(digits[at : at + 120] + "\n")


# MARK: Weight files


def zipped(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_STORED if name.startswith("a/data/") else zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return data.getvalue()


def integer(value):
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    return b"\x8a\x08" + struct.pack("<q", value)


def tensor(offset=0, shape=(2,), strides=(1,), count=4):
    """The pickle of one tensor whose storage is `data/0`."""
    tuple_of = lambda values: b"(" + b"".join(map(integer, values)) + b"t"
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpu"
        + integer(count) + b"tQ" + integer(offset) + tuple_of(shape) + tuple_of(strides)
        + b"\x89ccollections\nOrderedDict\n)RtR"
    )


def checkpoints():
    torch.manual_seed(0)
    state = collections.OrderedDict(a=torch.arange(6).float().reshape(2, 3), b=torch.tensor([1, 2]))
    state["c"] = state["a"].t()
    state["d"] = torch.tensor(3.0)
    state["e"] = torch.zeros(0, 3)
    state["f"] = torch.ones(3).bfloat16()
    state["g"] = torch.tensor([True, False])
    values = {
        "state": state,
        "nested": {"model": {"w": torch.ones(2)}, "epoch": 3, "list": [1, 2, (3, None)]},
        "bare": torch.ones(3),
        "complex": {"a": torch.ones(2, dtype=torch.complex64)},
        "sparse": {"a": torch.eye(2).to_sparse()},
        "expanded": {"a": torch.ones(1).expand(4, 4)},
    }
    for name, value in values.items():
        for form in ("zip", "legacy"):
            if form == "legacy" and name in ("complex", "expanded"):
                continue
            data = io.BytesIO()
            torch.save(value, data, _use_new_zipfile_serialization=form == "zip")
            data = data.getvalue()
            if form == "zip":
                # Without PyTorch's padding.
                with zipfile.ZipFile(io.BytesIO(data)) as file:
                    members = {n: file.read(n) for n in file.namelist() if "serialization" not in n}
                data = zipped({"a/" + n.split("/", 1)[1]: c for n, c in members.items()})
            keep("checkpoint", f"{name}_{form}", data)
    module = io.BytesIO()
    torch.save(torch.nn.Linear(1, 1), module, _use_new_zipfile_serialization=False)
    keep("checkpoint", "module", module.getvalue())
    strange = {
        "offset": dict(offset=3),
        "huge": dict(shape=(2**62, 4), strides=(0, 0)),
        "many_axes": dict(shape=(1,) * 64, strides=(2**62,) * 64),
        "negative": dict(shape=(-1,)),
        "empty_huge": dict(shape=(0, 2**62, 2**62), strides=(1, 1, 1)),
        "storage": dict(count=2**62),
    }
    storage = {"a/data/0": b"\0" * 16}
    for name, settings in strange.items():
        pickled = b"\x80\x02}X\1\0\0\0a" + tensor(**settings) + b"s."
        keep("checkpoint", "zip_" + name, zipped({"a/data.pkl": pickled, **storage}))
    programs = {
        "deep": b"\x80\x02" + b"]" * 200 + b"a" * 199 + b".",
        "memo": b"\x80\x02]q\0" + b"h\0h\0\x86q\0" * 40 + b".",
        "circle": b"\x80\x02}q\0X\1\0\0\0ah\0s.",
        "marks": b"\x80\x02" + b"(" * 300 + b".",
        "sections": b"\x80\x02}q\0(X\5\0\0\0modelh\0X\n\0\0\0state_dicth\0u.",
    }
    for name, pickled in programs.items():
        keep("checkpoint", "zip_" + name, zipped({"a/data.pkl": pickled, **storage}))
    header = json.dumps({
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "BF16", "shape": [2], "data_offsets": [24, 28]},
    }).encode()
    keep("checkpoint", "safetensors", struct.pack("<Q", len(header)) + header + bytes(range(28)))
    arrays = {"a": numpy.arange(6.0).reshape(2, 3), "b": numpy.asfortranarray(numpy.arange(4).reshape(2, 2))}
    one, many = io.BytesIO(), io.BytesIO()
    numpy.save(one, arrays["b"])
    numpy.savez_compressed(many, **arrays)
    keep("checkpoint", "npy", one.getvalue())
    keep("checkpoint", "npz", many.getvalue())
    keep("checkpoint", "pickle", pickle.dumps({"a": arrays["a"], "b": [1, "x", None]}))


# MARK: Pictures


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, depth, kind, interlaced=0, extra=b"", data=None, palette=None):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    row = (width * channels * depth + 7) // 8
    if data is None:
        rows = height * (2 if interlaced else 1) + 10
        data = b"".join(bytes([y % 5]) + random.randbytes(row) for y in range(rows))
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    if kind == 3:
        extra += chunk(b"PLTE", random.randbytes(3 * min(16, 2**depth)) if palette is None else palette)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def pictures():
    random.seed(0)
    for kind, depths in {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}.items():
        for depth in depths:
            interlaced = (kind + depth) // 2 % 2
            keep("png", f"kind{kind}_{depth}", png(3, 4, depth, kind, interlaced))
    extra = (
        chunk(b"tEXt", b"a\0b\x1b[31m") + chunk(b"gAMA", struct.pack(">I", 1)) + chunk(b"sBIT", b"\1\1\1")
        + chunk(b"iCCP", b"x\0\0" + zlib.compress(b"0" * 100)) + chunk(b"tRNS", b"\0" * 6)
        + chunk(b"bKGD", b"\0" * 6) + chunk(b"eXIf", b"MM\0*")
    )
    keep("png", "chunks", png(2, 2, 8, 2, extra=extra))
    keep("png", "huge", png(2**31 - 1, 2**31 - 1, 8, 2, data=b"\0"))
    keep("png", "wide", png(2**20, 256, 8, 2, data=b"\0" * 100))
    keep("png", "no_palette", png(1, 1, 8, 3, palette=b""))


# MARK: Annotations


def annotations():
    table = b"# label:color_rgb:parts:actions\n# void: background\nbackground:0,0,0::\nSky:1,2,3::\nRoad:255,0,9::\n"
    row = bytes([0, 0, 0, 0, 1, 2, 3, 255, 0, 9])
    picture = png(3, 2, 8, 2, data=row + row)
    keep("annotations", "table_and_picture", table + b"\0" + picture)
    palette = png(3, 1, 8, 3, data=bytes([0, 0, 1, 2]), palette=row[1:])
    keep("annotations", "table_and_palette", table + b"\0" + palette)
    members = {"labelmap.txt": table, "SegmentationClass/b/c.png": picture}
    keep("annotations", "zip", zipped(members))


checkpoints()
pictures()
annotations()
