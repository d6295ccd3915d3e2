"""What it costs a training to record its environment and its use of the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from arkor_dash.protocol.events import UNLOGGED_NAMES
from arkor_dash.sdk.recorder import recorder as module
from arkor_dash.sdk.recorder.code_version import CodeFolder
from arkor_dash.sdk.recorder.recorder import INTERVAL_S, Recorder

from . import machine
from .harness import Benchmark, Figure, Runs

WORKERS = 8
MEASUREMENTS = 200
SHORT_INTERVAL_S = 0.02
_WORKER = "import sys; sys.stdin.read()"


def recording(runs: int) -> Runs:
    """Each run is a process of its own."""
    command = [sys.executable, "-m", "benchmarks.recorder"]
    found = [
        json.loads(
            subprocess.run(command, cwd=machine.ROOT, capture_output=True, check=True, timeout=300).stdout
        )
        for _ in range(runs)
    ]
    return {figure.name: [each[figure.name] for each in found] for figure in FIGURES}


class _Counter:
    """Counts the events. Takes the CPU time of the process at the environment, and at the last measurement."""

    def __init__(self) -> None:
        self.measured = 0
        self.cpu_s = [time.process_time()]

    def put(self, event: str, _data: Mapping[str, object]) -> None:
        if event in UNLOGGED_NAMES:
            self.measured += 1
            self.cpu_s.append(time.process_time())


def _main() -> None:
    """Measure in this process, which waits for the recorder's thread and does nothing else."""
    command = [sys.executable, "-c", _WORKER]
    workers = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(WORKERS)]
    try:
        module.LARGEST_SHARE = 1.0  # measure in quick succession
        counter = _Counter()
        recorder = Recorder(counter, "job", lambda: CodeFolder(Path.cwd()), interval_s=SHORT_INTERVAL_S)
        recorder.put("training.started", {})
        deadline = time.monotonic() + 240
        while counter.measured <= MEASUREMENTS and time.monotonic() < deadline:
            time.sleep(1)
        recorder.put("training.completed", {})
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate(timeout=60)
    at = counter.cpu_s
    # The first measurement also loads psutil's modules, as it does once in a run.
    each_s = (at[-1] - at[2]) / (len(at) - 3)
    print(json.dumps({"environment": 1_000 * (at[1] - at[0]), "use of a core": 100 * each_s / INTERVAL_S}))


FIGURES = (Figure("environment", "ms"), Figure("use of a core", "%", at_most=0.5))
RECORDER = Benchmark(
    "recorder",
    f"recording the environment of a run once, and the use of its machine every {INTERVAL_S:g} s",
    FIGURES,
    recording,
    f"CPU time of a process with {WORKERS} workers that is measured {MEASUREMENTS} times in quick succession, "
    f"divided by {INTERVAL_S:g} s for each time. Without a GPU. Git, which runs once, is not included.",
)

if __name__ == "__main__":
    _main()
