"""What a training function is given to report with."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, Protocol

from arkor_dash.protocol.events import format_loss, format_step
from arkor_dash.protocol.fields import iso_ms

from .artifacts import ARTIFACT, CHECKPOINT, Artifact, ArtifactFolder
from .callbacks import CheckpointSaved, Logged
from .console import say, warn
from .values import json_value, number, step_number

_WIRE_NAMES = {"learning_rate": "learningRate", "epoch": "epoch", "samples_per_second": "samplesPerSecond"}
RESERVED = frozenset({"type", "jobId", "timestamp", "step", "loss", "evalLoss"})


class EventSink(Protocol):
    """Where events go: a `Delivery`, or nowhere."""

    def put(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event without waiting."""


class Run:
    """One execution of a trainer, handed to `train(run)`.

    Its methods may be called from several threads. It belongs to the process that `train` runs in: in a
    forked child (a data loader's worker) `log` prints only, and the rest raises RuntimeError.
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
        return self._job_id

    @property
    def config(self) -> Mapping[str, Any]:
        """The trainer's config, in JSON's types; read-only."""
        return self._config

    @property
    def cancelled(self) -> bool:
        """Whether the run was asked to end: save what should be kept, and return from `train`.

        Takes microseconds, so ask at every step. After its time to save is up (30 s, unless the dashboard's
        ARKOR_DASH_CANCEL_GRACE_S says otherwise) the process gets SIGTERM, and a few seconds later SIGKILL.
        Outside a Studio nothing asks: always False.
        """
        return self._cancel_file is not None and self._cancel_file.exists()

    @property
    def last_step(self) -> int | float | None:
        """The step of the latest `log`, None before the first."""
        return self._last_step

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """What `save_artifact` has saved, in order."""
        return tuple(self._artifacts.values())

    def log(self, step: Any, loss: Any = None, eval_loss: Any = None, **metrics: Any) -> None:
        """Report one step; takes microseconds and never waits for the network.

        Args:
            step: a finite number, usually the count of optimizer steps, from 1.
            loss, eval_loss: Python, NumPy or torch scalars. NaN and infinities are reported as such.
            metrics: `learning_rate`, `epoch` and `samples_per_second` (samples/s) are numbers with a meaning
                for the dashboard; any other name takes any value that JSON can hold.
        Raises: TypeError, ValueError: a value can't be reported; the message names it.
        """
        at_step = step_number(step)
        losses = {"loss": _optional(loss, "loss"), "evalLoss": _optional(eval_loss, "eval_loss")}
        known = {name: value for name, value in losses.items() if value is not None}
        further = {_WIRE_NAMES.get(name, name): _metric(name, value) for name, value in metrics.items()}
        self._show(
            " ".join([f"step={format_step(at_step)}", *(f"{k}={_short(v)}" for k, v in known.items())])
        )
        if not self._is_mine():
            return
        self._last_step = at_step
        self.report("training.log", {"step": at_step, **known, **further})
        self._call("on_log", Logged(self._job_id, at_step, losses["loss"], losses["evalLoss"], metrics))

    def save_checkpoint(
        self, step: Any, path: str | os.PathLike[str], *, copy_limit_bytes: int | None = None
    ) -> Artifact:
        """Keep a copy of the file or folder at `path` as the checkpoint of `step`.

        The copy is the run's own: the next checkpoint may be written to the same path. Outside a Studio it stays
        where it is, as does one of more than `copy_limit_bytes`. Waits until the copy is made.
        Raises: FileNotFoundError: there is nothing at `path`. TypeError, ValueError: `step` is no step.
        """
        at_step = step_number(step)
        self._must_be_mine()
        artifact = self._folder.save(
            CHECKPOINT, path, folder=f"checkpoint-{format_step(at_step)}", limit=copy_limit_bytes
        )
        self.report("checkpoint.saved", {"step": at_step, "artifacts": [artifact.payload()]})
        self._call("on_checkpoint", CheckpointSaved(self._job_id, at_step, artifact))
        return artifact

    def save_artifact(self, path: str | os.PathLike[str]) -> Artifact:
        """Keep a copy of the file or folder at `path` as a result of the run, listed when it completes.

        Raises: FileNotFoundError: there is nothing at `path`.
        """
        self._must_be_mine()
        artifact = self._folder.save(ARTIFACT, path)
        self._artifacts[artifact.name] = artifact
        return artifact

    def report(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event with its type, the job and the time."""
        if self._sink is not None:
            at = iso_ms(datetime.now(UTC))
            self._sink.put(event, {"type": event, "jobId": self._job_id, "timestamp": at, **data})

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Run can't be sent to another process; call run.log(...) where train(run) runs")

    def _show(self, line: str) -> None:
        say(line)

    def _is_mine(self) -> bool:
        if os.getpid() == self._pid:
            return True
        if self._sink is not None:
            self._sink = None  # the child's own copy of this attribute
            warn("run.log(...) in a forked child process prints only; report from the process of train(run).")
        return False

    def _must_be_mine(self) -> None:
        if os.getpid() != self._pid:
            raise RuntimeError("save from the process that train(run) runs in, not from a forked child of it")


def _optional(value: object, name: str) -> float | None:
    return None if value is None else number(value, name)


def _metric(name: str, value: object) -> object:
    if name in RESERVED:
        raise ValueError(f"run.log has a meaning of its own for {name!r}; give this metric another name")
    return _optional(value, name) if name in _WIRE_NAMES else json_value(value, name)


def _short(loss: float) -> str:
    """Seven significant digits, as the `arkor start` of the TypeScript SDK prints them."""
    shown = f"{loss:.7g}"
    return shown if shown[-1].isdigit() else format_loss(loss)
