"""A user's script in a separate process. It executes the lines of code that a test sends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.notices import without_wait

from .process import ROOT, StudioProcess, read_line

RUNS = """
import sys
import arkor_dash.sdk
with arkor_dash.sdk.init({arguments}) as run:
    print(run.job_id, flush=True)
    for line in sys.stdin:
        exec(line)
        print("done", flush=True)
"""


class Script:
    """`code` must print the job's id first. The default code executes the lines given to `execute`, until `end`."""

    def __init__(self, folder: Path, code: str | None = None, arguments: str = "", **env: str) -> None:
        self.path = folder / "my_script.py"
        self.path.write_text(RUNS.format(arguments=arguments) if code is None else code)
        handle, name = tempfile.mkstemp(dir=folder, prefix="stderr-")
        self._err = Path(name)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ARKOR_")}
        self.process = subprocess.Popen(
            [sys.executable, str(self.path)],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT), "ARKOR_RECORD": "none", **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=handle,
            text=True,
        )
        os.close(handle)
        self.job_id = read_line(self.process).strip()
        assert self.job_id, self.stderr()

    def stderr(self) -> str:
        """The output to stderr so far, without the notice of a wait."""
        return without_wait(self._err.read_text())

    def execute(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        assert read_line(self.process) == "done\n", self.stderr()

    def end(self) -> tuple[int, str, str]:
        """Wait for the end. Returns the exit code, the rest of stdout, and stderr."""
        out, _ = self.process.communicate(timeout=60)
        return self.process.returncode, out, self.stderr()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=20)


@contextmanager
def only_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    """The only Studio that scripts find that are started in this block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        running = StudioProcess(tmp_path_factory.mktemp("project"))
        yield running
        running.close()


@contextmanager
def starting(folder: Path, **common: str) -> Iterator[Callable[..., Script]]:
    """A function that starts scripts, with these environment variables. Each is killed at the end of the block."""
    with ExitStack() as held:

        def start(*arguments: Any, **options: Any) -> Script:
            script = Script(folder, *arguments, **{**common, **options})
            held.callback(script.kill)
            return script

        yield start
