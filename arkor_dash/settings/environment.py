"""The environment that other programs inherit: this process's, without the secrets.

Streamlit copies the secrets at the top level of `secrets.toml` into `os.environ`, in place of variables of the same
name. Trainings and the Studio are not to get them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_started_with: dict[str, str] = {}


def keep_environment() -> None:
    """Keep the environment as it is, before Streamlit reads the secrets."""
    _started_with.update(os.environ)


def without_secrets(environ: Mapping[str, str], secrets: Mapping[str, object]) -> dict[str, str]:
    """The environment without Streamlit's copies of the secrets. What a copy has replaced is back.

    A copy is recognized by its value. A variable of the same value that was there before is kept.
    """
    kept = dict(environ)
    for name, value in secrets.items():
        # Streamlit copies these types only: not bool, which is an int too.
        if type(value) in (str, int, float) and kept.get(name) == str(value):
            del kept[name]
            if name in _started_with:
                kept[name] = _started_with[name]
    return kept
