"""The five callbacks of a trainer, their arguments, and what happens when one raises."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from .artifacts import Artifact
from .console import warn


@dataclass(frozen=True, slots=True)
class Started:
    """Passed to `on_started`, before the training function is called."""

    job_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Logged:
    """Passed to `on_log`, after each `run.log(...)`. `metrics` has the other keyword arguments."""

    job_id: str
    step: int | float
    loss: float | None
    eval_loss: float | None
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """Passed to `on_checkpoint`, after each `run.save_checkpoint(...)`. `artifact.path` is the saved copy."""

    job_id: str
    step: int | float
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Completed:
    """Passed to `on_completed`, after the training function has returned.

    `artifacts` are those of `run.save_artifact(...)`, in order.
    """

    job_id: str
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """Passed to `on_failed`, after the training function has raised `exception`.

    `error` is the type and message of the exception. `step` is the last logged step.
    """

    job_id: str
    error: str
    step: int | float | None
    exception: BaseException


class Callbacks(TypedDict, total=False):
    """The callbacks of a trainer. Each is called in the thread of the training, after the event was queued."""

    on_started: Callable[[Started], object]
    on_log: Callable[[Logged], object]
    on_checkpoint: Callable[[CheckpointSaved], object]
    on_completed: Callable[[Completed], object]
    on_failed: Callable[[Failed], object]


NAMES = tuple(Callbacks.__annotations__)


def checked(callbacks: Mapping[str, object] | None) -> Mapping[str, Callable[[Any], object]]:
    """`callbacks` without entries that are None.

    Raises: TypeError: `callbacks` is not a mapping, a name is unknown, or a value is not a plain function.
    """
    if callbacks is None:
        return {}
    if not isinstance(callbacks, Mapping):
        raise TypeError(f"callbacks must be a dict of functions, got {type(callbacks).__name__}")
    chosen: dict[str, Callable[[Any], object]] = {}
    for name, callback in callbacks.items():
        if name not in NAMES:
            raise TypeError(f"there is no callback {name!r}; the callbacks are {', '.join(NAMES)}")
        if callback is None:
            continue
        if not callable(callback) or inspect.iscoroutinefunction(callback):
            kind = "an async function" if callable(callback) else type(callback).__name__
            raise TypeError(f"{name} must be a plain function that takes one argument, got {kind}")
        chosen[name] = callback
    return chosen


class CallbackCaller:
    """Calls the callbacks of one run.

    An exception in a callback does not end the training: a bug in a notification must not cost hours of work. Its
    traceback is printed once per callback. Further exceptions are counted for `summarize`. `KeyboardInterrupt` and
    `SystemExit` do end the training.
    """

    def __init__(
        self,
        callbacks: Mapping[str, Callable[[Any], object]],
        render: Callable[[BaseException], str],
    ) -> None:
        self._callbacks = callbacks
        self._render = render
        self._failures: Counter[str] = Counter()

    def __call__(self, name: str, report: object) -> None:
        callback = self._callbacks.get(name)
        if callback is None:
            return
        try:
            callback(report)
        except Exception as error:  # noqa: BLE001  # a bug in a callback must not end the training
            self._failures[name] += 1
            if self._failures[name] == 1:
                warn(f"{self._render(error)}\n{name} raised this exception. The training continues.")

    def summarize(self) -> None:
        """Print how often each callback has raised, if more than once."""
        for name, count in self._failures.items():
            if count > 1:
                warn(f"{name} raised {count:,} times. Its first traceback is above.")
