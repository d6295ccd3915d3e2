"""The environment of this process: its software, its code and its machine."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from arkor_dash.protocol.environment import Environment, Gpu, Library

from .code_version import CodeFolder, code_version
from .command_line import shown_command
from .commands import output_of

T = TypeVar("T")
LIBRARIES = (
    "torch",
    "transformers",
    "trl",
    "peft",
    "datasets",
    "accelerate",
    "tokenizers",
    "bitsandbytes",
    "flash-attn",
    "deepspeed",
    "unsloth",
    "vllm",
    "diffusers",
    "sentence-transformers",
    "lightning",
    "pytorch-lightning",
    "jax",
    "flax",
    "tensorflow",
    "keras",
    "scikit-learn",
    "xgboost",
    "lightgbm",
    "numpy",
)
"""The libraries of a training whose versions are recorded, if they are installed."""
_CPU_INFO = Path("/proc/cpuinfo")


def environment(code: CodeFolder, gpus: tuple[Gpu, ...]) -> Environment:
    """The environment of this process. What can't be found out is left out. No library is imported for it."""
    unknown: tuple[str, bool | None] = ("", None)
    commit, has_changes = _found(lambda: code_version(code), unknown)
    return Environment(
        python=platform.python_version(),
        platform=_found(platform.platform, ""),
        libraries=_found(_libraries, ()),
        commit=commit,
        has_changes=has_changes,
        command=_found(lambda: shown_command(sys.orig_argv, os.environ, Path.home()), ""),
        cpu=_found(_cpu, ""),
        cpus=_found(_cpus, None),
        memory_bytes=_found(lambda: int(psutil.virtual_memory().total), None),
        gpus=gpus,
    )


def _found(find: Callable[[], T], otherwise: T) -> T:
    try:
        return find()
    except Exception:  # noqa: BLE001  # one unknown value must not cost the others
        return otherwise


def _libraries() -> tuple[Library, ...]:
    found = []
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found.append(Library(name, importlib.metadata.version(name)))
    return tuple(found)


def _cpu() -> str:
    """The model of the CPU, else its architecture."""
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    elif sys.platform == "darwin":
        return output_of("sysctl", "-n", "machdep.cpu.brand_string") or platform.machine()
    return platform.machine()


def _cpus() -> int | None:
    """The number of CPUs that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
