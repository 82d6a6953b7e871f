"""Sends a run of seg to Weights & Biases: write_json(run_record(run), "run.json"), then python3 wandb_run.py run.json"""

import json, sys
import wandb

run = json.load(open(sys.argv[1]))
with wandb.init(config={**run["settings"], "data": run["data"], "sources": run["sources"]}) as tracked:
    for epoch in run["history"]:
        measured = {f"{part}/{name}": value for part in ("train", "val") for name, value in (epoch[part] or {}).items()}
        tracked.log({**measured, "lr": epoch["lr"]}, step=epoch["number"])
    tracked.save(sys.argv[1], policy="now")
