"""The `Run` that a training function reports to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, Protocol

from arkor_dash.protocol.events import format_loss, format_step
from arkor_dash.protocol.fields import read_metric

from .artifacts import ARTIFACT, CHECKPOINT, Artifact, ArtifactFolder
from .callbacks import CheckpointSaved, Logged
from .console import say, warn
from .event_data import event_data
from .values import LARGEST_INTEGER, json_value, number, step_number

_WIRE_NAMES = {"learning_rate": "learningRate", "epoch": "epoch", "samples_per_second": "samplesPerSecond"}
RESERVED = frozenset({"type", "jobId", "timestamp", "step", "loss", "evalLoss"})
"""Fields of a `training.log` event that a metric must not replace."""


class EventSink(Protocol):
    """Receives the events of a run, as `Delivery` does."""

    def put(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event. Never waits for the network."""


class Run:
    """One execution of a trainer, passed to `train(run)`.

    Thread-safe. A run belongs to the process that called `train`. In a forked child, such as a data loader's worker,
    `log` only prints, and the methods that save raise RuntimeError.
    """

    def __init__(
        self,
        job_id: str,
        config: Mapping[str, Any],
        sink: EventSink | None,
        artifacts: ArtifactFolder,
        call: Callable[[str, object], None],
        *,
        cancel_file: Path | None = None,
    ) -> None:
        self._job_id = job_id
        self._config = config
        self._sink = sink
        self._folder = artifacts
        self._call = call
        self._cancel_file = cancel_file
        self._pid = os.getpid()
        self._last_step: int | float | None = None
        self._artifacts: dict[str, Artifact] = {}

    @property
    def job_id(self) -> str:
        """The id of the job in the dashboard. Outside a Studio, `job_local_…`."""
        return self._job_id

    @property
    def config(self) -> Mapping[str, Any]:
        """The config in JSON's types. Read-only."""
        return self._config

    @property
    def cancelled(self) -> bool:
        """Whether somebody has cancelled the job. If so, save what you need and return from `train`.

        Takes microseconds, so check it at every step. A process that does not end within 30 s (the dashboard's
        `ARKOR_DASH_CANCEL_GRACE_S`) gets SIGTERM, and a few seconds later SIGKILL. Always False outside a Studio.
        """
        return self._cancel_file is not None and self._cancel_file.exists()

    @property
    def last_step(self) -> int | float | None:
        """The step of the latest `log`. None before the first."""
        return self._last_step

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The artifacts of `save_artifact`, in order."""
        return tuple(self._artifacts.values())

    def log(self, step: Any, loss: Any = None, eval_loss: Any = None, **metrics: Any) -> None:
        """Report metrics of one step. Takes microseconds and never waits for the network.

            run.log(step, loss=0.5, accuracy=0.9)
            run.log(step, {"rewards/format": 0.7, "loss": 0.5})

        Further calls with the same step add to what was reported for it.

        Args:
            step: a finite number, usually the number of optimizer steps so far, starting at 1.
            loss: a Python, NumPy or torch scalar. NaN and infinities are reported as such, also those given as text.
                Or a dict of metrics by name, for names that are no Python identifiers.
            eval_loss: as `loss`.
            metrics: further numbers; the dashboard draws a chart of each. `epoch` and `learning_rate` have their
                usual meaning, `samples_per_second` is in samples/s. The part of a name before a `/` or before the
                first `_` of `eval_…` is its group. Values that are no numbers are stored, but not drawn.
        Raises: TypeError, ValueError: a value can't be reported. The message names it.
        """
        at_step = step_number(step)
        if isinstance(loss, Mapping):
            metrics = {**loss, **metrics}
            if metrics.get("step") == at_step:
                del metrics["step"]
            loss, own_eval_loss = metrics.pop("loss", None), metrics.pop("eval_loss", None)
            eval_loss = own_eval_loss if eval_loss is None else eval_loss
        losses = {"loss": _loss(loss, "loss"), "evalLoss": _loss(eval_loss, "eval_loss")}
        known = {name: value for name, value in losses.items() if value is not None}
        further = {_WIRE_NAMES.get(name, name): _metric(name, value) for name, value in metrics.items()}
        self._show(
            " ".join([f"step={format_step(at_step)}", *(f"{k}={_short(v)}" for k, v in known.items())])
        )
        if not self._is_in_own_process():
            return
        self._last_step = at_step
        self.report("training.log", {"step": at_step, **known, **further})
        self._call("on_log", Logged(self._job_id, at_step, losses["loss"], losses["evalLoss"], metrics))

    def save_checkpoint(
        self, step: Any, path: str | os.PathLike[str], *, copy_limit_bytes: int | None = None
    ) -> Artifact:
        """Save a copy of the file or folder at `path` as the checkpoint of `step`.

        Returns when the copy is complete, so the next checkpoint can be written to the same path. Nothing is copied
        outside a Studio, or if the checkpoint is larger than `copy_limit_bytes`: then the original is listed.
        Raises: FileNotFoundError: nothing exists at `path`. TypeError, ValueError: `step` is not a finite number.
        """
        at_step = step_number(step)
        self._require_own_process()
        artifact = self._folder.save(
            CHECKPOINT, path, folder=f"checkpoint-{format_step(at_step)}", limit=copy_limit_bytes
        )
        self.report("checkpoint.saved", {"step": at_step, "artifacts": [artifact.payload()]})
        self._call("on_checkpoint", CheckpointSaved(self._job_id, at_step, artifact))
        return artifact

    def save_artifact(self, path: str | os.PathLike[str]) -> Artifact:
        """Save a copy of the file or folder at `path` as a result of the run. It is listed when the run completes.

        Nothing is copied outside a Studio: then the original is listed.
        Raises: FileNotFoundError: nothing exists at `path`.
        """
        self._require_own_process()
        artifact = self._folder.save(ARTIFACT, path)
        self._artifacts[artifact.name] = artifact
        return artifact

    def report(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event. Its type, the job id and the time are added to `data`."""
        if self._sink is not None:
            self._sink.put(event, event_data(event, self._job_id, data))

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Run can't be sent to another process. Call run.log(...) in the process of train(run)."
        )

    def _show(self, line: str) -> None:
        say(line)

    def _is_in_own_process(self) -> bool:
        if os.getpid() == self._pid:
            return True
        if self._sink is not None:
            self._sink = None  # changes the child's copy only
            warn("run.log(...) only prints in a forked child process. Report from the process of train(run).")
        return False

    def _require_own_process(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("a forked child process can't save. Save in the process of train(run).")


def _loss(value: object, name: str) -> float | None:
    if isinstance(value, str) and (nonfinite := read_metric(value)) is not None:
        return nonfinite
    return None if value is None else number(value, name)


def _metric(name: str, value: object) -> object:
    if name in RESERVED:
        raise ValueError(f"{name!r} is a field of the event itself. Give this metric another name.")
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return number(value, name)
    return json_value(value, name)


def _short(loss: float) -> str:
    """Seven significant digits, as `arkor start` of the TypeScript SDK prints them."""
    shown = f"{loss:.7g}"
    return shown if shown[-1].isdigit() else format_loss(loss)
