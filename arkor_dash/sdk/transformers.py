"""Reports from the Hugging Face `Trainer` and TRL's trainers: `Trainer(..., callbacks=[ArkorCallback()])`.

Only this module of the SDK needs the package `transformers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise ImportError(
        "arkor_dash.sdk.transformers needs Hugging Face's transformers and PyTorch: pip install transformers torch"
    ) from error

from .console import warn
from .run import RESERVED, Run
from .script import ScriptRun, init
from .tracebacks import describe
from .values import json_value

COPY_LIMIT_BYTES = 1024**3
"""Larger checkpoints are not copied by default."""
_NAMES = {
    "loss": "loss",
    "eval_loss": "eval_loss",
    "learning_rate": "learning_rate",
    "epoch": "epoch",
    "train_samples_per_second": "samples_per_second",
}
"""The Trainer's names of metrics, and those of `Run.log`. Other metrics keep their names."""


def _never_raises(method: Callable[..., None]) -> Callable[..., None]:
    """A method that prints a warning instead of raising: an error in reporting must not end the training."""

    @wraps(method)
    def call(self: ArkorCallback, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # no error in reporting may end the training
            self.warn_once(f"{method.__name__}: {describe(error)}")

    return call


class ArkorCallback(TrainerCallback):  # type: ignore[misc]  # mypy skips the optional package
    """Reports losses, learning rate, epoch, all other logged metrics, and checkpoints. Stops a cancelled training.

    Args:
        run: the run to report to: the one of `train(run)`, or of `with init(...) as run:`. Without a run, each
            `trainer.train()` opens one with `init` and finishes it. If `trainer.train()` raises, that run fails when
            the script ends. In a notebook the script does not end, so pass a `run` there.
        name: the name of the run that is opened. By default, `run_name` of the training arguments, else the model's
            name.
        output: as for `init`, for the run that is opened.
        config: added to the config of the run that is opened, which has the main training arguments.
        copy_limit_bytes: larger checkpoints are listed, but not copied into the run's folder.
    In distributed training, only the main process reports.
    """

    def __init__(
        self,
        run: Run | None = None,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        copy_limit_bytes: int = COPY_LIMIT_BYTES,
        output: bool = True,
    ) -> None:
        self._given = run
        self._own: ScriptRun | None = None
        self._name = name
        self._config = dict(config or {})
        self._copy_limit_bytes = copy_limit_bytes
        self._output = output
        self._is_main_process = False
        self._warned: set[str] = set()

    @property
    def run(self) -> Run | None:
        """The run to report to. None before the training begins, and in all but the main process."""
        return (self._given or self._own) if self._is_main_process else None

    def warn_once(self, line: str) -> None:
        """Print a warning, unless the same one was printed before."""
        if line not in self._warned:
            self._warned.add(line)
            warn(f"ArkorCallback: {line.rstrip('.')}. The training continues.")

    @_never_raises
    def on_train_begin(self, args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        self._is_main_process = bool(state.is_world_process_zero)
        if self._is_main_process and self._given is None:
            if self._own is not None:
                self._own.finish(RuntimeError("the training ended before its last step"))
            model = _model_name(kwargs.get("model"))
            title = self._name or getattr(args, "run_name", None) or model
            config = {**_settings(args, state, model), **self._config}
            self._own = init(title, config, output=self._output)

    @_never_raises
    def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_kwargs: Any) -> None:
        if self.run is not None and logs:
            metrics = self._metrics(logs)
            if "maxSteps" not in self.run.config:
                metrics.setdefault("max_steps", state.max_steps)
            self.run.log(state.global_step, metrics)

    @_never_raises
    def on_save(self, args: Any, state: Any, _control: Any, **_kwargs: Any) -> None:
        if self.run is not None:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            self.run.save_checkpoint(state.global_step, folder, copy_limit_bytes=self._copy_limit_bytes)

    @_never_raises
    def on_step_end(self, args: Any, _state: Any, control: Any, **_kwargs: Any) -> None:
        """Stop a cancelled training, with a last checkpoint unless checkpoints are off."""
        if self.run is not None and self.run.cancelled:
            control.should_training_stop = True
            control.should_save = _strategy_name(args.save_strategy) != "no"

    @_never_raises
    def on_train_end(self, *_args: Any, **_kwargs: Any) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.finish()

    def _metrics(self, logs: Mapping[str, Any]) -> dict[str, Any]:
        metrics: dict[str, Any] = {}
        for name, value in logs.items():
            known = _NAMES.get(name)
            if known is None and name in RESERVED:
                continue
            try:
                metrics[known or name] = value if known else json_value(value, name)
            except (TypeError, ValueError) as error:
                self.warn_once(str(error))
        return metrics


def _settings(args: Any, state: Any, model: str) -> dict[str, Any]:
    settings = {
        "model": model,
        "maxSteps": state.max_steps,
        "learningRate": args.learning_rate,
        "epochs": state.num_train_epochs,
        "batchSize": args.per_device_train_batch_size,
        "gradientAccumulationSteps": args.gradient_accumulation_steps,
        "seed": args.seed,
    }
    if _strategy_name(args.eval_strategy) == "steps":
        settings["evalSteps"] = state.eval_steps
    return settings


def _model_name(model: Any) -> str:
    name = getattr(getattr(model, "config", None), "name_or_path", None)
    return str(name or type(model).__name__)


def _strategy_name(strategy: Any) -> str:
    """The name of a strategy, given as text or as an enum member."""
    return str(getattr(strategy, "value", strategy))
