"""The config values that one run was started with. They replace the trainer's own values."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.run_folder import CONFIG
from arkor_dash.sdk.trainer import Trainer


def with_overrides(trainer: Trainer, run_folder: Path | None) -> Trainer:
    """The trainer, its config updated with the values in `config.json` of the run's folder.

    Raises: ProjectError: the file exists but can't be read.
    """
    if run_folder is None:
        return trainer
    path = run_folder / CONFIG
    try:
        overrides = dict(json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return trainer
    except (OSError, ValueError, TypeError) as error:
        raise ProjectError(f"{path}, the config that this run was started with, can't be read.") from error
    return replace(trainer, config=MappingProxyType({**trainer.config, **overrides}))
