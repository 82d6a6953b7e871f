"""Small weight files in every form a checkpoint may come in, with expected.json telling what each
holds or why it must be refused. Binary, so written outside the repository only; the state in
them follows the formula (formula.recipe), so that a reader can be checked without the JSON too."""

import argparse
import collections
import json
import os
import pickle
import struct
import tarfile
import io
import zipfile

import numpy as np
import torch

import formula
from writing import values, versions

TENSOR_NAMES = {
    "conv.weight": (4, 3, 3, 3), "conv.bias": (4,), "bn.weight": (4,), "bn.bias": (4,), "bn.running_mean": (4,),
    "bn.running_var": (4,), "bn.num_batches_tracked": (), "fc.weight": (2, 4), "fc.bias": (2,),
}  # fmt: skip


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 3)
        self.bn = torch.nn.BatchNorm2d(4)
        self.fc = torch.nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(self.bn(self.conv(x)).mean((2, 3)))


def state():
    model = Small()
    formula.fill(model)
    found = model.state_dict()
    if {name: tuple(value.shape) for name, value in found.items()} != TENSOR_NAMES:
        raise ValueError("the small model's state is not what expected.json says")
    return found


class Trap:
    """Pickles as a call; a reader that executes it leaves a folder behind."""

    def __reduce__(self):
        return (os.mkdir, ("a-weight-file-was-executed",))


def described(tensors):
    rows = {}
    for name, value in tensors.items():
        kind = str(value.dtype).removeprefix("torch.")
        rows[name] = {"dtype": kind, "shape": list(value.shape), "values": values(value.detach().double().contiguous(), 9)}
    return rows


def write_all(folder):
    os.makedirs(folder, exist_ok=True)
    expected = {}

    def path(name):
        return os.path.join(folder, name)

    def note(name, tensors, about=None):
        expected[name] = {"outcome": "loads", "entries": described(tensors)} | ({"about": about} if about else {})

    def refuse(name, reason):
        expected[name] = {"outcome": "refused", "reason": reason}

    def both(stem, thing, tensors, about=None):
        torch.save(thing, path(f"{stem}.pth"))
        note(f"{stem}.pth", tensors, about)
        torch.save(thing, path(f"{stem}_legacy.pth"), _use_new_zipfile_serialization=False)
        note(f"{stem}_legacy.pth", tensors, about)

    plain = state()
    both("plain", plain, plain)
    for kind in (torch.half, torch.bfloat16, torch.float64):
        cast = {name: value.to(kind) if value.is_floating_point() else value for name, value in plain.items()}
        both(str(kind).removeprefix("torch."), cast, cast)

    kinds = {
        "int64": torch.tensor([1, -2, 2**40]), "int32": torch.tensor([1, -2], dtype=torch.int32), "int16": torch.tensor([1, -300], dtype=torch.int16),
        "int8": torch.tensor([1, -2], dtype=torch.int8), "uint8": torch.tensor([0, 255], dtype=torch.uint8), "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "special": torch.tensor([float("nan"), float("inf"), float("-inf"), -0.0]),
    }  # fmt: skip
    both("dtypes", kinds, kinds)

    base = torch.arange(24, dtype=torch.float32)
    views = collections.OrderedDict(
        whole=base, offset=base[5:11], matrix=base.view(4, 6), transposed=base.view(4, 6).t(), column=base.view(4, 6)[:, 2], every_third=base[1::3],
        expanded=base[3:4].expand(2, 5), again=base, last=formula.tensor("last", (2, 3, 2, 2)).to(memory_format=torch.channels_last),
    )  # fmt: skip
    both("strided", views, views, "one storage shared by all but `last`, at several offsets and strides; `last` lies channels last; `again` is `whole`")
    both("parameters", collections.OrderedDict((n, torch.nn.Parameter(v)) for n, v in plain.items() if v.is_floating_point()),
         {n: v for n, v in plain.items() if v.is_floating_point()}, "values are nn.Parameter")  # fmt: skip

    optimizer = torch.optim.SGD(Small().parameters(), lr=0.1, momentum=0.9).state_dict()
    run = {"model": plain, "optimizer": optimizer, "lr_scheduler": {"last_epoch": 3}, "epoch": 3, "args": argparse.Namespace(lr=0.1, model="small")}
    both("wrapped_model", run, plain, "as references/segmentation saves: under `model`, beside an argparse.Namespace")
    both("wrapped_state_dict", {"state_dict": plain, "best": np.float64(0.5), "epoch": 2}, plain, "under `state_dict`, beside a NumPy scalar")
    both("wrapped_model_state", {"model_state": plain}, plain)
    prefixed = collections.OrderedDict((f"module.{name}", value) for name, value in plain.items())
    both("module_prefix", prefixed, plain, "names begin with `module.`, as DataParallel writes them")
    both("wrapped_module_prefix", {"state_dict": prefixed}, plain)
    both("untracked", collections.OrderedDict((n, v) for n, v in plain.items() if not n.endswith("tracked")),
         {n: v for n, v in plain.items() if not n.endswith("tracked")}, "no num_batches_tracked, as in old files")  # fmt: skip
    torch.save(plain, path("protocol4.pth"), pickle_protocol=4)
    note("protocol4.pth", plain, "pickle protocol 4: frames, short strings, memoize; PyTorch's weights_only reader refuses it, a reader may")

    rewrite(path("plain.pth"), path("big_endian.pth"), lambda name, data: swapped(name, data, plain))
    note("big_endian.pth", plain, "member byteorder says big")
    rewrite(path("plain.pth"), path("renamed.pth"), lambda name, data: data, folder="some folder/")
    note("renamed.pth", plain, "another top folder, members not aligned")
    rewrite(path("plain.pth"), path("deflated.pth"), lambda name, data: data, method=zipfile.ZIP_DEFLATED)
    expected["deflated.pth"] = {"outcome": "loads or refused", "entries": described(plain), "reason": "compressed members, which PyTorch never writes"}

    torch.jit.save(torch.jit.script(Small()), path("torchscript.pt"))
    refuse("torchscript.pt", "TorchScript: code, not weights")
    for stem, flag in (("module", True), ("module_legacy", False)):
        torch.save(Small(), path(f"{stem}.pth"), _use_new_zipfile_serialization=flag)
        refuse(f"{stem}.pth", "a whole module, pickled: class Small of formats")
    for stem, flag in (("trap", True), ("trap_legacy", False)):
        torch.save({"model": plain, "extra": Trap()}, path(f"{stem}.pth"), _use_new_zipfile_serialization=flag)
        expected[f"{stem}.pth"] = {"outcome": "loads or refused", "entries": described(plain), "reason": "calls os.mkdir when executed: must never be"}
    with open(path("trap_plain.pth"), "wb") as file:
        pickle.dump(Trap(), file)
    refuse("trap_plain.pth", "a bare pickle of a call")

    for stem in ("plain", "plain_legacy"):
        data = open(path(f"{stem}.pth"), "rb").read()
        for text, size in (("half", len(data) // 2), ("tail", len(data) - 5), ("head", 20), ("empty", 0)):
            write_bytes(path(f"{stem}_cut_{text}.pth"), data[:size])
            refuse(f"{stem}_cut_{text}.pth", f"cut off: {size} of {len(data)} bytes")
    legacy = bytearray(open(path("plain_legacy.pth"), "rb").read())
    at = legacy.rindex(struct.pack("<q", 108), 0, len(legacy))
    legacy[at : at + 8] = struct.pack("<q", 2**60)
    write_bytes(path("huge_count_legacy.pth"), legacy)
    refuse("huge_count_legacy.pth", "a storage says it has 2^60 elements")
    write_bytes(path("text.pth"), b"not a weight file\n")
    refuse("text.pth", "no known form")
    with tarfile.open(path("oldest_tar.pth"), "w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            item = tarfile.TarInfo(name)
            item.size = 4
            archive.addfile(item, io.BytesIO(b"\x80\x02N."))
    refuse("oldest_tar.pth", "the tar form of PyTorch before 0.1.10")
    write_safetensors(path, plain, kinds, note, refuse)

    with open(path("expected.json"), "w", encoding="utf-8") as file:
        json.dump({"made_with": versions(), "files": expected}, file, indent=1)


def write_bytes(path, data):
    with open(path, "wb") as file:
        file.write(data)


def rewrite(source, target, change, folder=None, method=zipfile.ZIP_STORED):
    """The same archive with its members changed, written by another zip writer."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", method) as new:
        for name in old.namelist():
            top, rest = name.split("/", 1)
            new.writestr((folder or top + "/") + rest, change(rest, old.read(name)))


def swapped(name, data, tensors):
    if name == "byteorder":
        return b"big"
    if name.startswith("data/"):
        sizes = [value.element_size() for value in tensors.values()]
        return np.frombuffer(data, dtype=f"<u{sizes[int(name.split('/')[1])]}").byteswap().tobytes()
    return data


def write_safetensors(path, plain, kinds, note, refuse):
    from safetensors.torch import load_file, save_file

    save_file(plain, path("plain.safetensors"), metadata={"made by": "safetensors", "note": 'quotes " and ünïcode'})
    note("plain.safetensors", plain, "written by the real library, with __metadata__")
    half = {name: value.half() if value.is_floating_point() else value for name, value in plain.items()}
    half["brain"] = torch.tensor([1.0, -2.5, 3e38]).bfloat16()
    save_file(half, path("half.safetensors"))
    note("half.safetensors", half)
    save_file(kinds, path("dtypes.safetensors"))
    note("dtypes.safetensors", kinds)
    if set(load_file(path("plain.safetensors"))) != set(plain):
        raise ValueError("the library does not read back what it wrote")

    def broken(name, header, buffer, reason, length=None):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        write_bytes(path(name), struct.pack("<Q", len(text) if length is None else length) + text + buffer)
        refuse(name, reason)

    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    broken("long_header.safetensors", {"a": entry}, bytes(8), "header of 2^40 bytes", 2**40)
    broken("no_json.safetensors", b'{"a": ', bytes(8), "header is not JSON")
    broken("beyond.safetensors", {"a": entry | {"data_offsets": [0, 80], "shape": [20]}}, bytes(8), "data beyond the end of the file")
    broken("size.safetensors", {"a": entry | {"shape": [3]}}, bytes(8), "8 bytes for 3 float32")
    broken("overlap.safetensors", {"a": entry, "b": entry | {"data_offsets": [4, 12]}}, bytes(12), "a and b overlap")
    broken("hole.safetensors", {"a": entry, "b": entry | {"data_offsets": [12, 20]}}, bytes(20), "bytes 8 to 12 belong to no tensor")
    broken("twice.safetensors", b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8), "the name a twice")
    broken("overflow.safetensors", {"a": entry | {"shape": [2**62, 4]}}, bytes(8), "a shape whose product overflows")
    broken("negative.safetensors", {"a": entry | {"shape": [-2]}}, bytes(8), "a negative size")
    broken("unknown.safetensors", {"a": entry | {"dtype": "F33"}}, bytes(8), "an unknown dtype")
    data = open(path("plain.safetensors"), "rb").read()
    write_bytes(path("cut.safetensors"), data[:-40])
    refuse("cut.safetensors", "cut off")
