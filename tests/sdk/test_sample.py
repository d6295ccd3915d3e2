from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import arkor_dash
from arkor_dash.protocol.jobs import base_model, dataset, parse_job

from .trainer_server import TOKEN, TrainerServer

PACKAGE = Path(arkor_dash.__file__).parent
SAMPLE = PACKAGE / "sample" / "src" / "arkor"
STEPS = 60

RELOAD = """
import json, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from corpus import load_corpus, windows
from model import load_model
corpus, folder = load_corpus(), Path(sys.argv[2])
model = load_model(folder / "weights.npz", folder / "tokenizer.json")
ends = np.random.default_rng(0).integers(model.context, len(corpus.held_out), 4096)
print(json.dumps({
    "characters": model.characters == corpus.characters,
    "evalLoss": model.loss(*windows(corpus.held_out, ends, model.context)),
}))
"""


@dataclass(frozen=True)
class SampleRun:
    ended: subprocess.CompletedProcess[str]
    folder: Path
    server: TrainerServer


@pytest.fixture(scope="module")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> SampleRun:
    """One short run of the sample; its tests only look at it, as it takes seconds."""
    folder = tmp_path_factory.mktemp("sample")
    shutil.copytree(SAMPLE, folder / "src" / "arkor")
    server = TrainerServer()
    environment = os.environ | {
        "PYTHONPATH": str(PACKAGE.parent),
        "ARKOR_SAMPLE_STEPS": str(STEPS),
        "ARKOR_RUN_URL": server.url,
        "ARKOR_RUN_JOB": "job-1",
        "ARKOR_RUN_TOKEN": TOKEN,
        "ARKOR_RUN_DIR": str(folder / "run"),
    }
    command = [sys.executable, "-m", "arkor_dash", "start"]
    ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    server.close()
    return SampleRun(ended, folder / "run", server)


def test_the_sample_learns_and_what_it_saves_loads_again(sample_run: SampleRun) -> None:
    assert (sample_run.ended.returncode, sample_run.ended.stderr) == (0, "")
    logs = sample_run.server.of("training.log")
    losses = [log["loss"] for log in logs]
    assert [log["step"] for log in logs] == list(range(1, STEPS + 1))
    assert losses[0] == pytest.approx(np.log(103), abs=0.3), "it begins by guessing"
    assert np.mean(losses[-5:]) < losses[0] - 1
    assert [log["step"] for log in logs if "evalLoss" in log] == [25, 50, STEPS]
    rates = [log["learningRate"] for log in logs]
    assert rates.index(max(rates)) + 1 == 50, "the learning rate rises for 50 steps, then falls"
    assert all(log["samplesPerSecond"] > 0 and log["epoch"] > 0 for log in logs)
    (completed,) = sample_run.server.of("training.completed")
    assert [artifact["name"] for artifact in completed["artifacts"]] == ["weights.npz", "tokenizer.json"]
    assert "What the model writes by now:\n  The " in sample_run.ended.stdout

    command = [sys.executable, "-c", RELOAD, str(SAMPLE), str(sample_run.folder / "artifacts")]
    reloaded = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert reloaded["characters"]
    assert reloaded["evalLoss"] == pytest.approx(logs[-1]["evalLoss"], rel=1e-6)


def test_the_samples_job_has_a_base_model_and_a_dataset_to_show(sample_run: SampleRun) -> None:
    (announced,) = sample_run.server.announced
    job = parse_job({"id": "job-1", **announced})
    assert base_model(job) == "char-mlp (from scratch)"
    assert dataset(job) == "pydoc_data.topics"
    assert job.config["maxSteps"] == STEPS


def test_the_samples_gradients_are_those_of_its_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against central differences, in float64, of a few weights of each kind."""
    monkeypatch.syspath_prepend(SAMPLE)
    from model import new_model  # type: ignore[import-not-found]

    model = new_model("abcdefg", context=3, embedding=4, hidden=8, seed=1)
    for name, weight in model.weights.items():
        model.weights[name] = weight.astype(np.float64)
    rng = np.random.default_rng(2)
    contexts, targets = rng.integers(0, 7, (10, 3)), rng.integers(0, 7, 10)
    loss, gradients = model.loss_and_gradients(contexts, targets)
    assert loss == pytest.approx(model.loss(contexts, targets))
    for name, weight in model.weights.items():
        for index in rng.integers(0, weight.size, 5):
            held = weight.flat[index]
            weight.flat[index] = held + 1e-5
            above = model.loss(contexts, targets)
            weight.flat[index] = held - 1e-5
            below = model.loss(contexts, targets)
            weight.flat[index] = held
            assert gradients[name].flat[index] == pytest.approx((above - below) / 2e-5, abs=1e-8), name
