"""The Hugging Face `Trainer` on a tiny model. It runs in separate processes, since PyTorch is large."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arkor_dash.metrics.history import MetricHistory
from arkor_dash.metrics.progress import progress
from arkor_dash.protocol.events import TrainingLog, parse_event
from tests.studio.process import ROOT, StudioProcess
from tests.waiting import read_line, wait_until

HOW_TO_GET_THEM = "no transformers with PyTorch: pip install -r requirements-transformers.txt"
EXAMPLE = ROOT / "examples" / "transformers_script.py"
TINY = """
import torch
from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainingArguments, set_seed
from arkor_dash.sdk import create_arkor, create_trainer, init
from arkor_dash.sdk.transformers import ArkorCallback

def tiny(callback, **arguments):
    set_seed(7)
    sizes = dict(vocab_size=64, n_positions=8, n_embd=8, n_layer=2, n_head=2)
    ids = torch.randint(64, (64, 8))
    data = [{"input_ids": row, "labels": row} for row in ids]
    chosen = {"output_dir": "out", "max_steps": 4, "logging_steps": 1, "save_strategy": "no", **arguments}
    return Trainer(
        GPT2LMHeadModel(GPT2Config(**sizes, bos_token_id=None, eos_token_id=None)),
        TrainingArguments(**chosen, per_device_train_batch_size=4, report_to="none", disable_tqdm=True),
        train_dataset=data,
        eval_dataset=data[:8],
        callbacks=[callback],
    )
"""


@pytest.fixture(scope="module")
def transformers() -> None:
    if all(importlib.util.find_spec(name) for name in ("transformers", "torch", "accelerate")):
        return
    if os.environ.get("CI"):
        pytest.fail(HOW_TO_GET_THEM)
    pytest.skip(HOW_TO_GET_THEM)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, transformers: None) -> Iterator[StudioProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("OMP_NUM_THREADS", "1")
        running = StudioProcess(tmp_path_factory.mktemp("project"))
        yield running
        running.close()


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts Python in a folder of its own. The process is killed after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*command: str, **env: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
        environment.pop(
            "CI", None
        )  # transformers treats a notebook's output in a special way there, which is not needed
        with (tmp_path / "err").open("w") as err:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=tmp_path,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=err,
                text=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate(timeout=60)


def finished(process: subprocess.Popen[str], folder: Path) -> str:
    out, _ = process.communicate(timeout=110)
    assert process.returncode == 0, (folder / "err").read_text()
    return out


def newest(studio: StudioProcess) -> dict[str, Any]:
    job: dict[str, Any] = studio.get("/api/jobs").json()["jobs"][0]
    return job


def logs(studio: StudioProcess, job_id: str) -> list[dict[str, Any]]:
    return [data for _, name, data in studio.events(job_id) if name == "training.log"]


def test_the_example_reports_what_the_trainer_does(studio, script, tmp_path: Path) -> None:
    finished(script(str(EXAMPLE), "--steps", "6"), tmp_path)
    job = newest(studio)
    assert (job["name"], job["status"]) == ("zen of python", "completed")
    reported = logs(studio, job["id"])
    train = [log for log in reported if "loss" in log]
    assert [log["step"] for log in train] == [1, 2, 3, 4, 5, 6]
    state = json.loads((tmp_path / "gpt2-zen" / "checkpoint-6" / "trainer_state.json").read_text())
    known = [entry for entry in state["log_history"] if "loss" in entry]
    for name, there in (("loss", "loss"), ("learningRate", "learning_rate"), ("epoch", "epoch")):
        assert [log[name] for log in train] == [entry[there] for entry in known]
    assert train[0]["grad_norm"] == known[0]["grad_norm"]
    evals = [entry for entry in state["log_history"] if "eval_loss" in entry]
    assert [(log["step"], log["evalLoss"]) for log in reported if "evalLoss" in log] == [
        (entry["step"], entry["eval_loss"]) for entry in evals
    ]
    assert len(evals) == 6
    assert reported[-1]["samplesPerSecond"] > 0
    artifacts = studio.get(f"/api/jobs/{job['id']}").json()["artifacts"]
    assert [(each["kind"], each["name"], each["step"]) for each in artifacts] == [
        ("checkpoint", "checkpoint-3/checkpoint-3", 3),
        ("checkpoint", "checkpoint-6/checkpoint-6", 6),
        ("artifact", "model.safetensors", None),
    ]
    kept = studio.state / "runs" / job["id"] / "artifacts" / "checkpoint-6" / "checkpoint-6"
    assert (kept / "model.safetensors").read_bytes() == (
        tmp_path / "gpt2-zen" / "checkpoint-6" / "model.safetensors"
    ).read_bytes()


def test_without_a_run_the_callback_opens_one_for_each_training(studio, script, tmp_path: Path) -> None:
    code = (
        TINY
        + """
class Odd(ArkorCallback):
    def on_log(self, args, state, control, logs=None, **kwargs):
        super().on_log(args, state, control, {**(logs or {}), "odd": object(), "step": "no", "type": 7}, **kwargs)

callback = Odd(config={"note": "mine"}, copy_limit_bytes=10)
for _ in range(2):
    tiny(callback, run_name="tiny run", save_strategy="steps", save_steps=2).train()
assert callback.run is None
tiny(callback).evaluate()
"""
    )
    finished(script("-c", code), tmp_path)
    second, first = studio.get("/api/jobs").json()["jobs"][:2]
    for job in (first, second):
        assert (job["name"], job["status"]) == ("tiny run", "completed")
        assert (job["config"]["maxSteps"], job["config"]["note"]) == (4, "mine")
        assert job["config"]["model"] == "GPT2LMHeadModel"
        assert [log["step"] for log in logs(studio, job["id"])] == [1, 2, 3, 4, 4]
        listed = studio.get(f"/api/jobs/{job['id']}").json()["artifacts"]
        assert [(each["kind"], each["step"]) for each in listed] == [("checkpoint", 2), ("checkpoint", 4)]
        assert list((studio.state / "runs" / job["id"] / "artifacts").iterdir()) == []
    errors = (tmp_path / "err").read_text()
    assert errors.count("ArkorCallback: odd must be") + errors.count("ArkorCallback: odd is of type") == 1, (
        errors
    )


def test_the_callback_sends_what_the_training_prints_unless_it_is_told_not_to(
    studio, script, tmp_path: Path
) -> None:
    code = (
        TINY
        + """
for output in (True, False):
    tiny(ArkorCallback(output=output), run_name="tiny run").train()
"""
    )
    finished(script("-c", code, ARKOR_RECORD="output"), tmp_path)
    silent, printing = studio.get("/api/jobs").json()["jobs"][:2]
    text = studio.get(f"/api/jobs/{printing['id']}/output").text
    assert "'train_runtime'" in text  # what the Trainer prints without progress bars
    assert text.endswith("\n---\nexit=null\n")
    assert studio.get(f"/api/jobs/{silent['id']}/output").status_code == 404


def test_a_loss_that_the_trainer_filters_is_not_finite_and_a_given_run_knows_the_last_step(
    studio, script, tmp_path: Path
) -> None:
    code = (
        TINY
        + """
from transformers import TrainerCallback
class Breaks(TrainerCallback):
    def on_step_begin(self, args, state, control, model=None, **kwargs):
        if state.global_step == 2:
            for each in model.parameters():
                each.data.fill_(float("nan"))
with init(config={"note": "no steps"}) as run:
    trainer = tiny(ArkorCallback(run))
    trainer.add_callback(Breaks())
    trainer.train()
"""
    )
    finished(script("-c", code), tmp_path)
    reported = logs(studio, newest(studio)["id"])
    history = MetricHistory()
    for payload in reported:
        event = parse_event("training.log", json.dumps(payload))
        assert isinstance(event, TrainingLog)
        history.append(event)
    metrics = history.snapshot()
    assert metrics.finite("loss").steps.tolist() == [1, 2]
    assert metrics.nonfinite("loss").steps.tolist() == [3, 4]
    reached = progress({"note": "no steps"}, metrics)
    assert reached is not None
    assert reached.basis == "4 of 4 steps"


def test_a_training_that_raises_fails_the_job_that_the_callback_opened(studio, script, tmp_path) -> None:
    code = (
        TINY
        + """
from transformers import TrainerCallback
class Breaks(TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        raise RuntimeError("out of memory, say")
trainer = tiny(ArkorCallback())
trainer.add_callback(Breaks())
trainer.train()
"""
    )
    process = script("-c", code)
    process.communicate(timeout=110)
    assert process.returncode == 1
    job = newest(studio)
    assert job["status"] == "failed"
    assert job["error"].startswith("RuntimeError: out of memory, say")
    assert "site-packages" not in job["error"]


def test_a_cancel_stops_the_training_after_a_last_checkpoint(studio, script, tmp_path: Path) -> None:
    code = (
        TINY
        + """
with init() as run:
    print(run.job_id, flush=True)
    tiny(ArkorCallback(run), max_steps=10**9, save_strategy="epoch").train()
"""
    )
    process = script("-c", code)
    job_id = read_line(process.stdout).strip()
    wait_until(lambda: studio.get(f"/api/jobs/{job_id}").json()["artifacts"])
    assert studio.request("POST", f"/api/jobs/{job_id}/cancel").status_code == 202
    finished(process, tmp_path)
    assert studio.job(job_id)["status"] == "cancelled"
    last = logs(studio, job_id)[-1]["step"]
    assert studio.get(f"/api/jobs/{job_id}").json()["artifacts"][-1]["step"] == last


def test_a_project_can_pass_its_run_to_the_callback(script, tmp_path: Path, transformers: None) -> None:
    index = tmp_path / "src" / "arkor" / "index.py"
    index.parent.mkdir(parents=True)
    index.write_text(
        TINY
        + """
def train(run):
    tiny(ArkorCallback(run), max_steps=2).train()

arkor = create_arkor(trainer=create_trainer(name="tiny", train=train))
"""
    )
    out = finished(script("-m", "arkor_dash", "start", HF_HUB_OFFLINE="1", OMP_NUM_THREADS="1"), tmp_path)
    assert [line.split()[0] for line in out.splitlines() if line.startswith("step=")] == [
        "step=1",
        "step=2",
        "step=2",
    ]
    assert "finished with status=completed" in out


def test_only_the_callback_needs_transformers_and_its_error_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "transformers.py").write_text("raise ImportError('not there')")
    code = "import arkor_dash.sdk; import arkor_dash.sdk.transformers"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "pip install transformers torch" in done.stderr.splitlines()[-1]
