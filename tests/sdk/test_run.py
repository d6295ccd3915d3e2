from __future__ import annotations

import io
import json
import math
import os
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arkor_dash.protocol.events import TrainingLog, parse_event
from arkor_dash.sdk import CheckpointSaved, Logged, Run
from arkor_dash.sdk.artifacts import ArtifactFolder


class Kept:
    """Records the events and callbacks of a run."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.calls: list[tuple[str, Any]] = []

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self.events.append((event, dict(data)))

    def call(self, name: str, report: object) -> None:
        self.calls.append((name, report))


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def run(kept: Kept, tmp_path: Path) -> Run:
    return Run("job-1", {"maxSteps": 3}, kept, ArtifactFolder(tmp_path / "artifacts"), kept.call)


def test_a_step_is_reported_and_printed(run: Run, kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    run.log(1, loss=2.7495831, eval_loss=np.float64(2.5), learning_rate=1e-3, samples_per_second=11, depth=4)
    assert capsys.readouterr().out == "step=1 loss=2.749583 evalLoss=2.5\n"
    ((event, data),) = kept.events
    assert event == "training.log"
    assert (data.pop("type"), data.pop("jobId")) == ("training.log", "job-1")
    assert data.pop("timestamp").endswith("Z")
    assert data == {
        "step": 1,
        "loss": 2.7495831,
        "evalLoss": 2.5,
        "learningRate": 1e-3,
        "samplesPerSecond": 11.0,
        "depth": 4,
    }


def test_the_dashboard_parses_what_a_run_reports(run: Run, kept: Kept) -> None:
    import json

    run.log(7, loss=math.nan, eval_loss=math.inf, epoch=0.5)
    event = parse_event("training.log", json.dumps(kept.events[0][1]))
    assert isinstance(event, TrainingLog)
    assert event.emitted_at_ms is not None
    assert event.loss is not None
    assert math.isnan(event.loss)
    assert (event.step, event.eval_loss, event.metrics["epoch"]) == (7, math.inf, 0.5)


def test_metrics_can_be_given_as_a_dict_of_any_names(run: Run, kept: Kept, capsys) -> None:
    run.log(3, {"rewards/format": np.float32(0.5), "loss": 1.5, "eval_loss": 2.5}, kl=0.1)
    assert capsys.readouterr().out == "step=3 loss=1.5 evalLoss=2.5\n"
    data = kept.events[0][1]
    assert {name: data[name] for name in ("loss", "evalLoss", "rewards/format", "kl")} == {
        "loss": 1.5,
        "evalLoss": 2.5,
        "rewards/format": 0.5,
        "kl": 0.1,
    }
    run.log(4, {"kl": 0.1}, eval_loss=2.5)
    assert kept.events[1][1]["evalLoss"] == 2.5


@pytest.mark.parametrize(
    ("loss", "shown"),
    [
        (2.69036, "2.69036"),
        (2.0, "2"),
        (1e-9, "1e-09"),
        (1e30, "1e+30"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_loss_is_printed_with_seven_digits_or_as_nan_or_infinity(
    run: Run, capsys: pytest.CaptureFixture[str], loss: float, shown: str
) -> None:
    run.log(1, loss=loss)
    assert capsys.readouterr().out == f"step=1 loss={shown}\n"


def test_a_metric_without_a_json_form_is_refused_by_name(run: Run, kept: Kept) -> None:
    with pytest.raises(TypeError, match="histogram must be a single value, got ndarray"):
        run.log(1, loss=1.0, histogram=np.zeros(3))
    assert kept.events == []


def test_a_number_of_any_size_and_a_field_of_any_type_can_be_logged(run: Run, kept: Kept) -> None:
    run.log(
        1, loss="NaN", eval_loss="-Infinity", tokens=2**70, learning_rate="1e-4", epoch="1/3", left="3 days"
    )
    event = parse_event("training.log", json.dumps(kept.events[-1][1]))
    assert isinstance(event, TrainingLog)
    expected = {
        "loss": math.nan,
        "eval_loss": -math.inf,
        "tokens": 2.0**70,
        "learning_rate": 1e-4,
        "epoch": 1.0,
    }
    assert repr(event.metrics) == repr(expected)
    with pytest.raises(TypeError, match="loss must be a number, got str"):
        run.log(1, loss="high")


def test_a_row_that_names_its_step_can_be_logged(run: Run, kept: Kept) -> None:
    run.log(5, {"step": 5, "reward": 0.5})
    assert kept.events[-1][1]["reward"] == 0.5
    with pytest.raises(ValueError, match="'step' is a field of the event itself"):
        run.log(6, {"step": 5, "reward": 0.5})


@pytest.mark.parametrize("name", ["type", "jobId", "timestamp", "evalLoss"])
def test_a_metric_can_not_replace_a_field_of_the_event(run: Run, kept: Kept, name: str) -> None:
    with pytest.raises(ValueError, match="Give this metric another name"):
        run.log(1, **{name: 1})
    assert kept.events == []


def test_a_closed_or_full_output_does_not_end_the_training(
    run: Run, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    run.log(1, loss=1.0)
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    run.log(2, loss=1.0)
    monkeypatch.setattr(sys, "stdout", None)
    run.log(3, loss=1.0)
    assert len(kept.events) == 3


def test_on_log_is_called_with_plain_numbers_and_the_metrics(run: Run, kept: Kept) -> None:
    run.log(np.int64(3), loss=np.float32(0.5), learning_rate=0.1)
    assert kept.calls == [("on_log", Logged("job-1", 3, 0.5, None, {"learning_rate": 0.1}))]


def test_a_checkpoint_is_copied_reported_and_passed_to_its_callback(
    run: Run, kept: Kept, tmp_path: Path
) -> None:
    (tmp_path / "model.npz").write_text("abc")
    artifact = run.save_checkpoint(25, tmp_path / "model.npz")
    assert artifact.path == tmp_path / "artifacts" / "checkpoint-25" / "model.npz"
    ((event, data),) = kept.events
    assert event == "checkpoint.saved"
    assert data["step"] == 25
    assert data["artifacts"] == [{"kind": "checkpoint", "name": "checkpoint-25/model.npz", "sizeBytes": 3}]
    assert kept.calls == [("on_checkpoint", CheckpointSaved("job-1", 25, artifact))]
    assert run.artifacts == ()


def test_an_artifact_saved_twice_is_listed_once(run: Run, tmp_path: Path) -> None:
    (tmp_path / "model.npz").write_text("abc")
    run.save_artifact(tmp_path / "model.npz")
    (tmp_path / "model.npz").write_text("abcdef")
    run.save_artifact(tmp_path / "model.npz")
    assert [artifact.size_bytes for artifact in run.artifacts] == [6]


def test_a_run_without_a_studio_still_prints(kept: Kept, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run("job-1", {}, None, ArtifactFolder(None), kept.call)
    run.log(1, loss=0.5)
    assert capsys.readouterr().out == "step=1 loss=0.5\n"
    assert run.last_step == 1
    assert run.cancelled is False


def test_a_run_can_not_be_pickled(run: Run) -> None:
    with pytest.raises(TypeError, match=r"Call run\.log\(...\) in the process of train\(run\)"):
        pickle.dumps(run)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_only_prints_with_one_warning(run: Run, kept: Kept, tmp_path: Path) -> None:
    output = tmp_path / "output"
    child = os.fork()
    if child == 0:
        try:
            with output.open("w") as file:
                sys.stderr = sys.stdout = file
                run.log(1, loss=1.0)
                run.log(2, loss=1.0)
                try:
                    run.save_artifact(output)
                except RuntimeError as error:
                    file.write(f"{error}\n")
                file.write(f"{len(kept.events)} events, {len(kept.calls)} calls\n")
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    lines = output.read_text().splitlines()
    assert lines[0] == "step=1 loss=1"
    assert lines[1].startswith("run.log(...) only prints in a forked child process")
    assert lines[2] == "step=2 loss=1"
    assert lines[3].startswith("a forked child process can't save")
    assert lines[4] == "0 events, 0 calls"
