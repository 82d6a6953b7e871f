"""ONNX's checker and onnxruntime on a model that check_onnx.seg exported: the logits are seg's, at all sizes.

    python check_onnx.py MODEL PATH
"""

import json
import sys

import onnx
import onnxruntime

from bridges import expect, expect_near, read_tensors, verdict

path = sys.argv[2]
onnx.checker.check_model(path + ".onnx", full_check=True)
model = onnx.load(path + ".onnx")
expect("the opset", [(o.domain, o.version) for o in model.opset_import], [("", 17)])
metadata = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
expect("the metadata", sorted(metadata), ["classes", "mean", "std"])
made = json.load(open(path + ".json"))
axes = made["axes"]
if sys.argv[1] in ("fcn_resnet50", "deeplabv3_mobilenet_v3_large"):
    names = {tensor.name for tensor in model.graph.initializer}
    missing = [name for name in made["tensors"] if name not in names and not name.endswith("num_batches_tracked")]
    expect("the tensors without their names", missing, [])
session = onnxruntime.InferenceSession(path + ".onnx", providers=["CPUExecutionProvider"])
expect("the input", session.get_inputs()[0].shape, axes["input"])
expect("the output", session.get_outputs()[0].shape, axes["output"])
expect("the free axes", axes["input"], ["batch", 3, "height", "width"])
tensors = read_tensors(path + ".safetensors")
for place in range(2):
    (logits,) = session.run(None, {"input": tensors[f"input{place}"]})
    expect_near(f"output {place}", logits, tensors[f"output{place}"])
verdict()
