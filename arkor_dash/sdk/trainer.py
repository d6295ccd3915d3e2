"""What a project exports: a trainer, and the Arkor that holds it."""

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
    """A training function with its name and settings; made by `create_trainer`."""

    name: str
    train: TrainFunction
    config: Mapping[str, Any] = field(default_factory=dict)
    callbacks: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arkor:
    """What `src/arkor/index.py` exports as `arkor`; made by `create_arkor`."""

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
        name: what the list of jobs shows.
        train: takes a `Run`; the job is completed when it returns and failed when it raises.
        config: shown beside the job, and handed to `train` as `run.config`. `model`, `datasetSource`,
            `maxSteps`, `learningRate`, `evalSteps` have a meaning for the dashboard; all else is kept.
        callbacks: any of `on_started`, `on_log`, `on_checkpoint`, `on_completed`, `on_failed`.
    Raises: TypeError, ValueError: an argument can't be used; the message says what to pass.
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"create_trainer(name=…) needs a text to call the training by, got {name!r}")
    _check_train(train)
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(f"create_trainer(config=…) must be a dict, got {type(config).__name__}")
    settings = cast(dict[str, Any], json_value(config or {}, "config"))
    chosen = callback_rules.checked(cast(Mapping[str, object] | None, callbacks))
    return Trainer(name.strip(), train, MappingProxyType(settings), MappingProxyType(dict(chosen)))


def create_arkor(*, trainer: Trainer | None = None) -> Arkor:
    """The project, to be exported as `arkor`. Without a trainer there is nothing to run yet.

    Raises: TypeError: `trainer` is not what `create_trainer(...)` returned.
    """
    if trainer is not None and not isinstance(trainer, Trainer):
        raise TypeError(
            "create_arkor(trainer=…) takes what create_trainer(...) returned, "
            f"got {type(trainer).__name__}; write create_arkor(trainer=create_trainer(name=…, train=…))"
        )
    return Arkor(trainer)


def _check_train(train: object) -> None:
    if not callable(train):
        raise TypeError(f"create_trainer(train=…) needs a function train(run), got {type(train).__name__}")
    if inspect.iscoroutinefunction(train):
        raise TypeError("create_trainer(train=…) needs a plain function; call asyncio.run(...) inside it")
    try:
        signature = inspect.signature(train)
    except (TypeError, ValueError):
        return  # some built-ins have none; then the call itself will tell
    try:
        signature.bind(object())
    except TypeError as error:
        raise TypeError(
            f"create_trainer(train=…) needs a function of one argument, train(run); this one is {signature}"
        ) from error
