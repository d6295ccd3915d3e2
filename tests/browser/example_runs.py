"""Example runs with moments of the past, so that they need no waiting: stored, or reported as by a script."""

from __future__ import annotations

import json
import math
import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from arkor_dash.sdk.reporting.heartbeat import Heartbeat
from arkor_dash.sdk.reporting.script_client import OutputClient, ScriptClient, open_job
from arkor_dash.studio.api.batches import parse_batch
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.waiting import PATIENCE_S, wait_until

from .studio import iso

STEPS = 400
BETWEEN_STEPS = timedelta(seconds=0.35)
EVAL_EVERY = 25
CHECKPOINT_EVERY = 100
WEIGHTS = "adapter.safetensors"
WEIGHTS_BYTES = 48_211_968
ENVIRONMENT = {
    "python": "3.11.7",
    "platform": "Linux-6.1-x86_64",
    "libraries": {"torch": "2.13.0", "transformers": "5.2.0", "trl": "1.0.0"},
    "commit": "4f0c2d1e9ab7",
    "hasChanges": True,
    "command": "python train.py --lr 2e-4",
    "cpu": "AMD EPYC 9654",
    "cpus": 32,
    "memoryBytes": 128 * 2**30,
    "gpus": [{"name": "NVIDIA H100 80GB HBM3", "memoryBytes": 80 * 2**30}] * 2,
}


@dataclass(frozen=True)
class Curve:
    """The losses of a run: they fall from `start` to `floor`, with noise. From `diverges_at` on they rise, and
    some are NaN."""

    start: float = 3.2
    floor: float = 0.9
    decay: float = 120.0
    diverges_at: int | None = None
    seed: int = 7

    def loss(self, step: int) -> float:
        value = self.floor + (self.start - self.floor) * math.exp(-step / self.decay)
        value *= 1 + random.Random(self.seed * 10_007 + step).gauss(0, 0.015)
        if self.diverges_at is not None and step >= self.diverges_at:
            return math.nan if step % 40 == 12 else value + 0.03 * (step - self.diverges_at)
        return value


@dataclass
class ExampleRun:
    """Makes the events of a run, each as a script sends it: JSON with a sequence number."""

    job_id: str
    name: str
    begin: datetime
    curve: Curve = field(default_factory=Curve)
    seq: int = 0

    def opening(self) -> list[bytes]:
        return [
            self.event("training.started", 0, metadata={"name": self.name}),
            self.event("training.environment", 0, **ENVIRONMENT),
        ]

    def steps(self, first: int, last: int) -> list[bytes]:
        """The events of these steps: metrics, evals and checkpoints."""
        return [event for step in range(first, last + 1) for event in self._step(step)]

    def event(self, name: str, after_step: int, **data: object) -> bytes:
        self.seq += 1
        moment = iso(self.begin + after_step * BETWEEN_STEPS)
        payload = {"type": name, "jobId": self.job_id, "timestamp": moment, **data}
        return json.dumps({"seq": self.seq, "event": name, "data": payload}).encode()

    def _step(self, step: int) -> Iterator[bytes]:
        loss, share = self.curve.loss(step), step / STEPS
        metrics = {
            "learningRate": 2e-4 * (1 - share),
            "epoch": round(2 * share, 4),
            "grad_norm": 1 + loss / 3,
            "rewards/margins": 2 * share,
            "tokens_per_second": 5200 + 90 * math.sin(step),
        }
        yield self.event("training.log", step, step=step, loss=loss, **metrics)
        if step % EVAL_EVERY == 0:
            evals = {"evalLoss": loss * 1.08 + 0.04, "eval_accuracy": 0.4 + 0.4 * share}
            yield self.event("training.log", step, step=step, **evals)
        if step % CHECKPOINT_EVERY == 0:
            weights = {"name": f"checkpoint-{step}/{WEIGHTS}", "sizeBytes": WEIGHTS_BYTES}
            yield self.event("checkpoint.saved", step, step=step, artifacts=[weights])


def store_run(
    state_dir: Path, run: ExampleRun, config: dict[str, object], last: int, end: str, **data: object
) -> None:
    """Store a run that has ended after the step `last`. `end` is its last event, `data` is that event's data."""
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Store(sqlite_url(state_dir / "studio.sqlite3")) as store:
        store.create_job(run.job_id, run.name, run.begin, config=json.dumps(config))
        events = [*run.opening(), *run.steps(1, last), run.event(end, last, **data)]
        store.append(run.job_id, parse_batch(b'{"events":[%b]}' % b",".join(events)))


class LiveRun:
    """A run that trains while the `with` block runs, from the step after `first` up to the last but one."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str,
        config: dict[str, object],
        curve: Curve,
        output: str,
        first: int,
    ) -> None:
        destination = open_job(url, token, name, config, output=True)
        self.job_id = destination.job_id
        self._first, self._is_over = first, threading.Event()
        self._client = ScriptClient(destination)
        self._run = ExampleRun(self.job_id, name, datetime.now(UTC) - first * BETWEEN_STEPS, curve)
        self._client.send([*self._run.opening(), *self._run.steps(1, first)])
        OutputClient(destination).send_output(0, output.encode())
        self._heartbeat = Heartbeat(ScriptClient(destination), destination.heartbeat_s)
        self._trainer = threading.Thread(target=self._train)

    def __enter__(self) -> Self:
        self._heartbeat.start()
        self._trainer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._trainer.join(PATIENCE_S)
        self._heartbeat.stop()

    def complete(self) -> None:
        """End the training, and report the end."""
        self._is_over.set()
        self._trainer.join(PATIENCE_S)
        self._client.send([self._run.event("training.completed", STEPS, artifacts=[])])

    def _train(self) -> None:
        for step in range(self._first + 1, STEPS):
            if self._is_over.wait(BETWEEN_STEPS.total_seconds()):
                return
            self._client.send(self._run.steps(step, step))


def local_studio(data_home: Path) -> tuple[str, str]:
    """The URL and the token of the Studio of the dashboard whose `XDG_DATA_HOME` this is."""
    folder = data_home / "arkor-dash" / "studios"
    wait_until(lambda: list(folder.glob("*.json")), what="the record of the Studio")
    record = json.loads(next(folder.glob("*.json")).read_text())
    return record["url"], record["token"]
