"""Log to the SQLite database of an MLflow server."""

import time
from pathlib import Path

import mlflow
from mlflow.entities import Metric
from series import arguments, batches, log_live, loss, shown_at

LARGEST_BATCH = 1000

mode, count = arguments()
mlflow.set_tracking_uri("sqlite:///mlflow.db")
client = mlflow.MlflowClient()
experiment = client.create_experiment("peers", artifact_location=Path("artifacts").resolve().as_uri())
run = client.create_run(experiment).info.run_id
shown_at(f"/#/experiments/{experiment}/runs/{run}/model-metrics")
if mode == "store":
    now_ms = int(time.time() * 1000)
    for steps in batches(count, LARGEST_BATCH):
        client.log_batch(run, [Metric("loss", loss(step), now_ms, step) for step in steps])
else:
    log_live(lambda step, value: client.log_metric(run, "loss", value, step=step), count)
