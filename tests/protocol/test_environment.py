"""What a run records about itself, as events."""

from __future__ import annotations

import json

import pytest

from arkor_dash.protocol.environment import (
    LIST_LIMIT,
    TEXT_LIMIT,
    Environment,
    EnvironmentRecorded,
    Gpu,
    Library,
    SystemMeasured,
    read_environment,
)
from arkor_dash.protocol.events import UNLOGGED_NAMES, message, parse_event

WHOLE = Environment(
    python="3.12.1",
    platform="Linux",
    libraries=(Library("torch", "2.13.0"), Library("trl", "1.0")),
    commit="0" * 40,
    has_changes=False,
    command="python train.py",
    cpu="A CPU",
    cpus=8,
    memory_bytes=2**34,
    gpus=(Gpu("A GPU", 2**36), Gpu("Another GPU")),
)


def recorded(data: object) -> Environment:
    event = parse_event("training.environment", json.dumps(data))
    assert isinstance(event, EnvironmentRecorded)
    return event.environment


@pytest.mark.parametrize("environment", [WHOLE, Environment(), Environment(has_changes=True)])
def test_an_environment_arrives_as_it_was_recorded(environment: Environment) -> None:
    assert recorded({"timestamp": "2026-11-23T11:37:28Z", **environment.payload()}) == environment


@pytest.mark.parametrize("name", sorted(WHOLE.payload()))
@pytest.mark.parametrize("value", [None, [], {}, 1e400, -1, "", "x", [{}], {"a": {}}, [[]], True])
def test_a_field_that_cannot_be_read_costs_that_field_only(name: str, value: object) -> None:
    read = read_environment({**WHOLE.payload(), name: value})
    kept = {field: kept for field, kept in WHOLE.payload().items() if field != name}
    assert kept.items() <= read.payload().items()


def test_an_endless_environment_is_cut() -> None:
    endless = {
        "python": "x" * 10**6,
        "libraries": {f"l{n}": "1" for n in range(10**4)},
        "gpus": [{"name": "g"}] * 10**4,
    }
    read = recorded(endless)
    assert len(read.python) == TEXT_LIMIT + 1
    assert (len(read.libraries), len(read.gpus)) == (LIST_LIMIT, LIST_LIMIT)


def test_a_measurement_holds_the_numbers_of_the_group_system_and_no_other() -> None:
    data = {
        "timestamp": 1_795_433_848,
        "system/cpu_percent": 12.5,
        "loss": 1,
        "step": 3,
        "system/gpu": "fast",
    }
    assert parse_event("training.system", json.dumps(data)) == SystemMeasured(
        1_795_433_848_000.0, {"system/cpu_percent": 12.5}
    )


@pytest.mark.parametrize("name", sorted(UNLOGGED_NAMES))
def test_the_event_log_has_no_message_for_what_a_run_records_about_itself(name: str) -> None:
    event = parse_event(name, "{}")
    assert event is not None
    assert message(event) == ""
