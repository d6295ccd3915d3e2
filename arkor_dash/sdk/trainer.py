"""What a project exports: a trainer, in an `Arkor`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from . import callbacks as callback_rules
from .values import json_value

if TYPE_CHECKING:
    from .run import Run

TrainFunction = Callable[["Run"], object]


@dataclass(frozen=True, slots=True)
class Trainer:
    """A training function with its name, config and callbacks. Made by `create_trainer`."""

    name: str
    train: TrainFunction
    config: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arkor:
    """A project: what `src/arkor/index.py` exports as `arkor`. Made by `create_arkor`."""

    trainer: Trainer | None = None


def create_trainer(
    *,
    name: str,
    train: TrainFunction,
    config: Mapping[str, Any] | None = None,
    callbacks: callback_rules.Callbacks | None = None,
) -> Trainer:
    """A trainer that runs `train(run)` and reports what it logs.

    Args:
        name: the name of the job in the dashboard.
        train: a function that takes a `Run`. The job is completed when it returns, and failed when it raises.
        config: shown on the job's page, and passed to `train` as `run.config`. The dashboard uses `model`,
            `datasetSource`, `maxSteps`, `learningRate` and `evalSteps`; other entries are shown as they are.
        callbacks: functions for `on_started`, `on_log`, `on_checkpoint`, `on_completed` or `on_failed`.
    Raises: TypeError, ValueError: an argument can't be used. The message says what to pass.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"create_trainer(name=…) must be a text that is not empty, got {name!r}")
    _check_train(train)
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(f"create_trainer(config=…) must be a dict, got {type(config).__name__}")
    json_config = cast(dict[str, Any], json_value(config or {}, "config"))
    chosen = callback_rules.checked(cast(Mapping[str, object] | None, callbacks))
    return Trainer(name.strip(), train, MappingProxyType(json_config), MappingProxyType(dict(chosen)))


def create_arkor(*, trainer: Trainer | None = None) -> Arkor:
    """The project, to be exported as `arkor`. Without a trainer the project has nothing to run yet.

    Raises: TypeError: `trainer` was not made by `create_trainer(...)`.
    """
    if trainer is not None and not isinstance(trainer, Trainer):
        raise TypeError(
            "create_arkor(trainer=…) must be what create_trainer(...) returned, "
            f"got {type(trainer).__name__}. Write create_arkor(trainer=create_trainer(name=…, train=…))."
        )
    return Arkor(trainer)


def _check_train(train: object) -> None:
    if not callable(train):
        raise TypeError(f"create_trainer(train=…) must be a function train(run), got {type(train).__name__}")
    if inspect.iscoroutinefunction(train):
        raise TypeError("create_trainer(train=…) must be a plain function. Call asyncio.run(...) inside it.")
    try:
        signature = inspect.signature(train)
    except (TypeError, ValueError):
        return  # some built-in functions have no signature
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"create_trainer(train=…) must be a function of one argument, train(run), got {signature}"
        ) from error
