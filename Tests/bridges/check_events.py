"""TensorBoard's own reader on the logs that check_events.seg wrote.

    python check_events.py FOLDER
"""

import glob
import io
import json
import math
import sys

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from bridges import expect, expect_near, read_tensors, verdict

folder = sys.argv[1]
wanted = json.load(open(folder + "/wanted.json"))


def log(name):
    accumulator = EventAccumulator(f"{folder}/{name}", size_guidance={"images": 0, "scalars": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


for name in ["whole", "parts"]:
    events, epochs = log(name), wanted[name]
    for part in ["train", "val"]:
        for measure in ["loss", "accuracy", "mIoU"]:
            scalars = events.Scalars(f"{measure}/{part}")
            expect(f"{name}: the steps of {measure}/{part}", [s.step for s in scalars], [1, 2, 3, 4])
            expect_near(f"{name}: {measure}/{part}", [s.value for s in scalars], [e[part][measure] for e in epochs])
    expect_near(f"{name}: the rate", [0] + [s.value for s in events.Scalars("learning rate")],
                [0] + [e["lr"] for e in epochs])
    images = sorted(events.Tags()["images"])
    expect(f"{name}: the pictures", images, ["predictions/street0_4", "predictions/street0_5"])
    for tag in images:
        expect(f"{name}: the steps of {tag}", [i.step for i in events.Images(tag)], [1, 2, 3, 4])
        picture = events.Images(tag)[0]
        expect(f"{name}: the size of {tag}", Image.open(io.BytesIO(picture.encoded_image_string)).size,
               (picture.width, picture.height))

events = log("whole")
iou = read_tensors(folder + "/wanted.safetensors")["iou"]
for place, label in enumerate(wanted["classes"]):
    present = [step + 1 for step in range(4) if not math.isnan(iou[step, place])]
    tag = f"IoU/{label}"
    scalars = events.Scalars(tag) if tag in events.Tags()["scalars"] else []
    expect(f"the steps of {tag}", [s.step for s in scalars], present)
    for s in scalars:
        expect_near(tag, [s.value, 0, 1], [iou[s.step - 1, place], 0, 1])

data = plugin_data_pb2.HParamsPluginData()
data.ParseFromString(events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content)
settings = data.session_start_info.hparams
expect("the batch", settings["batch"].number_value, 2)
expect("the optimizer's rate", settings["optimizer.lr"].number_value, 0.01)
expect("the loss", settings["loss"].string_value, "cross_entropy()")

expect("the files of the run that went on", len(glob.glob(folder + "/parts/*tfevents*")), 2)
parts = log("parts")
(change,) = parts.Tensors("changes/text_summary") if "changes/text_summary" in parts.Tags()["tensors"] else parts.Tensors("changes")
expect("the step of the change", change.step, 3)
expect("the change", b"loss" in change.tensor_proto.string_val[0], True)
verdict()
