from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from arkor_dash.sdk import Run, create_arkor, create_trainer


def train(run: Run) -> None:
    """Trains nothing."""


async def train_async(run: Run) -> None:
    """Trains nothing, as a coroutine."""


def test_a_trainer_keeps_its_config_as_json() -> None:
    trainer = create_trainer(
        name=" tiny ", train=train, config={"learningRate": np.float32(0.5), "sizes": (1, 2)}
    )
    assert trainer.name == "tiny"
    assert trainer.train is train
    assert dict(trainer.config) == {"learningRate": 0.5, "sizes": [1, 2]}
    assert json.loads(json.dumps(dict(trainer.config))) == dict(trainer.config)


def test_a_trainers_config_does_not_change_with_the_dict_that_was_passed() -> None:
    config = {"maxSteps": 1}
    trainer = create_trainer(name="tiny", train=train, config=config)
    config["maxSteps"] = 2
    assert trainer.config["maxSteps"] == 1
    with pytest.raises(TypeError):
        trainer.config["maxSteps"] = 3  # type: ignore[index]


def train_with_defaults(run: Run, epochs: int = 3, **further: object) -> None:
    """Trains nothing, and has further parameters with defaults."""


def max_of_two(run: Run, data: object) -> None:
    """Has more parameters than it is called with."""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"name": ""}, ValueError, "must be a text that is not empty"),
        ({"name": 7}, ValueError, "must be a text that is not empty, got 7"),
        ({"train": None}, TypeError, r"must be a function train\(run\), got NoneType"),
        ({"train": train_async}, TypeError, "must be a plain function"),
        ({"train": lambda: None}, TypeError, r"function of one argument, train\(run\), got \(\)"),
        ({"train": max_of_two}, TypeError, "function of one argument"),
        ({"config": [1]}, TypeError, "must be a dict, got list"),
        ({"config": {"path": object()}}, TypeError, r"config\['path'\] is of type object"),
        ({"callbacks": [train]}, TypeError, "must be a dict of functions, got list"),
        (
            {"callbacks": {"onLog": train}},
            TypeError,
            "no callback 'onLog'; the callbacks are on_started, on_log",
        ),
        ({"callbacks": {"on_log": "print"}}, TypeError, "on_log must be a plain function .* got str"),
        (
            {"callbacks": {"on_log": train_async}},
            TypeError,
            "on_log must be a plain function .* got an async",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_argument_raises_and_the_message_says_what_to_pass(
    arguments: Mapping[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        create_trainer(**{"name": "tiny", "train": train, **arguments})


def test_a_training_function_can_have_more_parameters_with_defaults() -> None:
    create_trainer(name="tiny", train=train_with_defaults)
    create_trainer(name="tiny", train=print)


def test_a_callback_that_is_none_is_left_out() -> None:
    callbacks: Any = {"on_log": None}
    assert not create_trainer(name="tiny", train=train, callbacks=callbacks).callbacks


def test_an_arkor_accepts_only_a_trainer() -> None:
    trainer = create_trainer(name="tiny", train=train)
    assert create_arkor(trainer=trainer).trainer is trainer
    assert create_arkor().trainer is None
    function: Any = train
    with pytest.raises(TypeError, match=r"got function\. Write create_arkor\(trainer=create_trainer"):
        create_arkor(trainer=function)


def test_importing_the_sdk_imports_no_heavy_library() -> None:
    script = "import sys, arkor_dash.sdk; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60, env=os.environ
    )
    heavy = {"numpy", "pandas", "streamlit", "plotly", "requests", "tenacity", "sqlalchemy", "starlette"}
    assert not heavy & set(loaded.stdout.split())
    ours = {name for name in loaded.stdout.split() if name.startswith("arkor_dash.")}
    assert {name for name in ours if not name.startswith("arkor_dash.sdk")} <= {
        "arkor_dash.protocol",
        "arkor_dash.protocol.environment",
        "arkor_dash.protocol.epochs",
        "arkor_dash.protocol.events",
        "arkor_dash.protocol.fields",
        "arkor_dash.protocol.metric_names",
        "arkor_dash.protocol.metric_values",
        "arkor_dash.protocol.restarts",
        "arkor_dash.protocol.run_folder",
        "arkor_dash.errors",
    }
