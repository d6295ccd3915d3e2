"""Any script or notebook can report to a dashboard that runs on this machine.

    python examples/any_script.py

Fits a line to noisy points by gradient descent. Needs NumPy only. Also runs without a dashboard.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from arkor_dash.sdk import Run, init


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=500)
    steps = options.parse_args().steps
    config = {"model": "y = a·x + b", "maxSteps": steps, "learningRate": 0.05, "evalSteps": 20}
    with init(name="fit a line", config=config) as run:
        train(run)


def train(run: Run) -> None:
    random = np.random.default_rng(seed=7)
    x = random.uniform(-1, 1, size=(2, 1_000))  # one row to train on, one to evaluate on
    y = 3 * x + 1 + random.normal(0, 0.1, size=x.shape)
    a = b = 0.0
    for step in range(1, run.config["maxSteps"] + 1):
        batch = random.integers(x.shape[1], size=32)
        errors = a * x[0, batch] + b - y[0, batch]
        a -= run.config["learningRate"] * float(np.mean(2 * errors * x[0, batch]))
        b -= run.config["learningRate"] * float(np.mean(2 * errors))
        is_eval = step % run.config["evalSteps"] == 0
        run.log(
            step,
            loss=np.mean(errors**2),
            eval_loss=np.mean((a * x[1] + b - y[1]) ** 2) if is_eval else None,
            learning_rate=run.config["learningRate"],
        )
        if run.cancelled:
            break
    Path("line.txt").write_text(f"y = {a:.3f}·x + {b:.3f}\n", "utf-8")
    run.save_artifact("line.txt")


if __name__ == "__main__":
    main()
