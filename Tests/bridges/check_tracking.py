"""The scripts of examples/tracking on the record of a run, with MLflow's file store and W&B offline.

    python check_tracking.py FOLDER
"""

import importlib.util
import json
import os
import subprocess
import sys

from bridges import expect, verdict

folder = os.path.abspath(sys.argv[1])
path = folder + "/run.json"
run = json.load(open(path))
expect("the form", (run["format"], run["version"]), ("seg run", 1))
expect("the source of the loss", run["sources"]["loss"], "halved(logits, masks) = cross_entropy(logits, masks) / 2")
expect("the change", [(c["epoch"], c["what"]) for c in run["changes"]], [(2, "optimizer.lr")])
examples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/tracking")


def upload(script, **environment):
    done = subprocess.run([sys.executable, f"{examples}/{script}", path], cwd=folder, capture_output=True, text=True,
                          env={**os.environ, **environment})
    if done.returncode != 0:
        expect(script, done.stderr[-800:], "done")


upload("mlflow_run.py", MLFLOW_TRACKING_URI=f"file://{folder}/mlruns", MLFLOW_ALLOW_FILE_STORE="true")
import mlflow

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
client = mlflow.MlflowClient(f"file://{folder}/mlruns")
(found,) = client.search_runs(["0"])
expect("MLflow's batch", found.data.params["batch"], "2")
history = client.get_metric_history(found.info.run_id, "val/mIoU")
expect("MLflow's mIoU", [(m.step, m.value) for m in history],
       [(e["number"], e["val"]["mIoU"]) for e in run["history"]])
expect("MLflow's tag", found.data.tags["data.train"], run["data"]["train"]["digest"])
if importlib.util.find_spec("wandb"):
    upload("wandb_run.py", WANDB_MODE="offline", WANDB_SILENT="true")
    expect("W&B's runs", len([name for name in os.listdir(folder + "/wandb") if name.startswith("offline-run")]), 1)
verdict()
