"""Sends a run of seg to MLflow: write_json(run_record(run), "run.json"), then python3 mlflow_run.py run.json"""

import json, sys
import mlflow

run = json.load(open(sys.argv[1]))
with mlflow.start_run():
    mlflow.log_params({name: str(value)[:500] for name, value in run["settings"].items()})
    mlflow.set_tags({f"data.{part}": data["digest"] for part, data in run["data"].items() if data})
    for epoch in run["history"]:
        measured = {f"{part}/{name}": value for part in ("train", "val") for name, value in (epoch[part] or {}).items()}
        numbers = {name: value for name, value in measured.items() if isinstance(value, (int, float))}
        mlflow.log_metrics({**numbers, "lr": epoch["lr"]}, step=epoch["number"])
    mlflow.log_artifact(sys.argv[1])
