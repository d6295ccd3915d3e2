"""The machine and the software of a measurement, and the other load on the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]


def description() -> dict[str, str]:
    """The machine, the versions of the software, and the time."""
    memory_gib = psutil.virtual_memory().total / 2**30
    return {
        "machine": f"{_cpu()}, {psutil.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()}",
        "python": platform.python_version(),
        "streamlit": version("streamlit"),
        "commit": _commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def busy() -> dict[str, float]:
    """The load average of the last minute, and the CPU in use over one second in percent of all cores."""
    return {"load": round(os.getloadavg()[0], 2), "others_percent": psutil.cpu_percent(interval=1.0)}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    return done.stdout.strip() or "unknown"
