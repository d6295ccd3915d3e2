"""Imports a project and finds its trainer."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import cast

from arkor_dash.errors import ProjectError
from arkor_dash.sdk.trainer import Arkor, Trainer

from .snapshot import DEFAULT_ENTRY, Snapshot

_EXPORTS: dict[str, tuple[type, ...]] = {
    "arkor": (Arkor,),
    "trainer": (Trainer,),
    "default": (Arkor, Trainer),
}


def load(snapshot: Snapshot) -> ModuleType:
    """Import the entry of a snapshot, with its folder first on `sys.path`.

    Raises: whatever the project's code raises.
    """
    path = snapshot.folder / snapshot.entry
    sys.path.insert(0, str(snapshot.folder))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ProjectError(f"{snapshot.entry} is not a Python file: the entry's name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # so that its functions and classes can be pickled
    try:
        spec.loader.exec_module(module)
    except ImportError as error:
        if "relative import" in str(error):
            error.add_note(f"Write `import x` for `from . import x`: {snapshot.source.name}/ is on sys.path.")
        raise
    return module


def exported(module: ModuleType) -> Arkor | None:
    """The first of `arkor`, `trainer` and `default` in the entry that has the right type, or None."""
    for name, kind in _EXPORTS.items():
        value = getattr(module, name, None)
        if isinstance(value, kind):
            return Arkor(value) if isinstance(value, Trainer) else cast(Arkor, value)
    return None


def trainer_of(module: ModuleType) -> Trainer:
    """The trainer to run. Raises: ProjectError: there is none. The message says what to write."""
    arkor = exported(module)
    if arkor is None:
        wrong = [
            f" (Its `{name}` is of type {type(vars(module)[name]).__name__}.)"
            for name in _EXPORTS
            if name in vars(module)
        ]
        raise ProjectError(
            "Training entry must export `arkor` (from create_arkor(...)) or `trainer` "
            "(from create_trainer(...)), or one of them as `default`." + "".join(wrong)
        )
    if arkor.trainer is None:
        raise ProjectError(
            f"No trainer in {DEFAULT_ENTRY} yet. Add create_trainer(...) and pass it to create_arkor."
        )
    return arkor.trainer
