"""The five callbacks of a trainer, what each is told, and what happens when one raises."""

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
    """The run is about to train."""

    job_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One `run.log(...)`; `metrics` holds the further values under the names they were given."""

    job_id: str
    step: int | float
    loss: float | None
    eval_loss: float | None
    metrics: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CheckpointSaved:
    """One `run.save_checkpoint(...)`; `artifact.path` is where it lies."""

    job_id: str
    step: int | float
    artifact: Artifact


@dataclass(frozen=True, slots=True)
class Completed:
    """The training function has returned; `artifacts` are those of `run.save_artifact(...)`, in order."""

    job_id: str
    artifacts: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The training function raised `exception`; `error` is its type and message, `step` the last logged."""

    job_id: str
    error: str
    step: int | float | None
    exception: BaseException


class Callbacks(TypedDict, total=False):
    """Each is called in the training's own thread, after the event is on its way to the Studio."""

    on_started: Callable[[Started], object]
    on_log: Callable[[Logged], object]
    on_checkpoint: Callable[[CheckpointSaved], object]
    on_completed: Callable[[Completed], object]
    on_failed: Callable[[Failed], object]


NAMES = tuple(Callbacks.__annotations__)


def checked(callbacks: Mapping[str, object] | None) -> Mapping[str, Callable[[Any], object]]:
    """`callbacks` without its Nones.

    Raises: TypeError: not a mapping, a name that is none of the five, or a value that can't be called.
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

    An exception in a callback does not end the training, as a mistake in a notification should not cost
    hours of work. Its traceback is printed the first time; then it is counted for `summarize`.
    `KeyboardInterrupt` and `SystemExit` do end the training.
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
        except Exception as error:  # noqa: BLE001  # any mistake of a callback is its own, not the training's
            self._failures[name] += 1
            if self._failures[name] == 1:
                warn(f"{self._render(error)}\n{name} raised the above. The training goes on.")

    def summarize(self) -> None:
        """Say which callbacks raised more than the once that was shown."""
        for name, count in self._failures.items():
            if count > 1:
                warn(f"{name} raised {count:,} times; its first traceback is above.")
