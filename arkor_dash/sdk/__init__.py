"""The Python SDK: reports a training to the dashboard.

In a project, `src/arkor/index.py`:

    from arkor_dash.sdk import Run, create_arkor, create_trainer

    def train(run: Run) -> None:
        for step in range(1, 101):
            run.log(step, loss=...)

    arkor = create_arkor(trainer=create_trainer(name="my-model", train=train))

In any script or notebook:

    from arkor_dash.sdk import init

    with init(name="my-model") as run:
        for step in range(1, 101):
            run.log(step, loss=...)

What a job has reported, as a pandas DataFrame: `open_job("job_0123456789abcdef")`.
"""

from __future__ import annotations

from .artifacts import Artifact
from .callbacks import Callbacks, CheckpointSaved, Completed, Failed, Logged, Started
from .job_data import open_job
from .run import Run
from .script import ScriptRun, init
from .trainer import Arkor, Trainer, create_arkor, create_trainer

__all__ = [
    "Arkor",
    "Artifact",
    "Callbacks",
    "CheckpointSaved",
    "Completed",
    "Failed",
    "Logged",
    "Run",
    "ScriptRun",
    "Started",
    "Trainer",
    "create_arkor",
    "create_trainer",
    "init",
    "open_job",
]
