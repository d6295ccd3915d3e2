"""Reporting from the Hugging Face `Trainer`, and so from TRL's: `Trainer(..., callbacks=[ArkorCallback()])`.

Needs the package `transformers`; the rest of the SDK does not.
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
_NAMES = {
    "loss": "loss",
    "eval_loss": "eval_loss",
    "learning_rate": "learning_rate",
    "epoch": "epoch",
    "train_samples_per_second": "samples_per_second",
}
"""What the Trainer calls them, and what a `Run` does. All else keeps its name."""


def _harmless(method: Callable[..., None]) -> Callable[..., None]:
    """A mistake in reporting costs a line, and not the training."""

    @wraps(method)
    def call(self: ArkorCallback, *args: Any, **kwargs: Any) -> None:
        try:
            method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  # whatever it is, the training goes on
            self.tell(f"{method.__name__}: {describe(error)}")

    return call


class ArkorCallback(TrainerCallback):  # type: ignore[misc]  # its types are not looked up, so that it may be missing
    """Reports losses, eval losses, learning rate, epoch, what else is logged, and checkpoints; obeys a cancel.

    Args:
        run: the run to report to: that of `train(run)`, or of `with init(...) as run:`. Without one, each
            `trainer.train()` opens its own with `init`, and finishes it. One that raises is then failed when the
            script ends; give a `run` in a notebook, where the script goes on.
        name, config: for the run that is opened: by default the arguments' `run_name`, else the model's name; the
            config is added to what the Trainer's arguments say.
        copy_limit_bytes: checkpoints up to this size are copied into the run's folder, where the dashboard has
            them. Larger ones are reported, and stay where they are.
    Of several processes that train together only the first reports.
    """

    def __init__(
        self,
        run: Run | None = None,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        copy_limit_bytes: int = COPY_LIMIT_BYTES,
    ) -> None:
        self._given = run
        self._own: ScriptRun | None = None
        self._name = name
        self._config = dict(config or {})
        self._copy_limit_bytes = copy_limit_bytes
        self._is_first = False
        self._told: set[str] = set()

    @property
    def run(self) -> Run | None:
        """The run that is reported to; None before a training, and in all but the first of several processes."""
        return (self._given or self._own) if self._is_first else None

    def tell(self, line: str) -> None:
        """Say what can't be reported, once."""
        if line not in self._told:
            self._told.add(line)
            warn(f"ArkorCallback: {line}. The training goes on.")

    @_harmless
    def on_train_begin(self, args: Any, state: Any, _control: Any, **kwargs: Any) -> None:
        self._is_first = bool(state.is_world_process_zero)
        if self._is_first and self._given is None:
            if self._own is not None:
                self._own.finish(RuntimeError("the training ended before its last step"))
            model = _model_name(kwargs.get("model"))
            title = self._name or getattr(args, "run_name", None) or model
            self._own = init(title, {**_settings(args, state, model), **self._config})

    @_harmless
    def on_log(self, _args: Any, state: Any, _control: Any, logs: Any = None, **_kwargs: Any) -> None:
        if self.run is not None and logs:
            self.run.log(state.global_step, **self._metrics(logs))

    @_harmless
    def on_save(self, args: Any, state: Any, _control: Any, **_kwargs: Any) -> None:
        if self.run is not None:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            self.run.save_checkpoint(state.global_step, folder, copy_limit_bytes=self._copy_limit_bytes)

    @_harmless
    def on_step_end(self, args: Any, _state: Any, control: Any, **_kwargs: Any) -> None:
        """Stop where it was asked for, with a last checkpoint if the training keeps any."""
        if self.run is not None and self.run.cancelled:
            control.should_training_stop = True
            control.should_save = _word(args.save_strategy) != "no"

    @_harmless
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
                self.tell(str(error))
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
    if _word(args.eval_strategy) == "steps":
        settings["evalSteps"] = state.eval_steps
    return settings


def _model_name(model: Any) -> str:
    name = getattr(getattr(model, "config", None), "name_or_path", None)
    return str(name or type(model).__name__)


def _word(strategy: Any) -> str:
    """A strategy's word, whether it came as one or as an enumeration."""
    return str(getattr(strategy, "value", strategy))
