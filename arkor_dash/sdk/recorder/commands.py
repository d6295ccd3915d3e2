"""Runs a short command of another program, which must neither ask for anything nor be waited for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

TIMEOUT_S = 5.0


def output_of(
    *command: str, folder: Path | None = None, variables: Mapping[str, str | None] | None = None
) -> str | None:
    """What the command prints, without white space around it; None if it fails or takes over `TIMEOUT_S`.

    Args: variables: are set in its environment, or removed from it (None).
    """
    environment = {**os.environ, **(variables or {})}
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env={name: value for name, value in environment.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()
