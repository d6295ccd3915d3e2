"""A Python project in a temporary folder, whose commands run in separate processes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

from tests.notices import without_wait

from .trainer_server import TOKEN, TrainerServer

PACKAGES = Path(__file__).resolve().parents[2]


class Project:
    """A Python project in a folder. Its commands run as they do in a terminal or under a Studio."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("ARKOR_")
        }
        self.environment |= {"PYTHONPATH": str(PACKAGES), "PYTHONUTF8": "1", "ARKOR_RECORD": "none"}

    def write(self, text: str, name: str = "src/arkor/index.py") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def train(self, body: str, **arguments: str) -> None:
        """Write a project whose training function has this body."""
        further = "".join(f", {name}={value}" for name, value in arguments.items())
        self.write(
            "import os, sys\n"
            "from arkor_dash.sdk import create_arkor, create_trainer\n"
            "def train(run):\n"
            f"{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
            f"arkor = create_arkor(trainer=create_trainer(name='tiny', train=train{further}))\n"
        )

    def report_to(self, server: TrainerServer, flush_s: float = 60) -> Path:
        run_dir = self.folder / "run"
        run_dir.mkdir()
        self.environment |= {
            "ARKOR_RUN_URL": server.url,
            "ARKOR_RUN_JOB": "job-1",
            "ARKOR_RUN_TOKEN": TOKEN,
            "ARKOR_RUN_DIR": str(run_dir),
            "ARKOR_RUN_FLUSH_S": str(flush_s),
        }
        return run_dir

    def start_process(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "arkor_dash", *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end. Its stderr is without the notice of a wait."""
        with self.start_process(*arguments) as process:
            try:
                out, err = process.communicate(timeout=100)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, without_wait(err))

    def snapshots(self) -> list[Path]:
        return list((self.folder / ".arkor" / "build").glob("snapshot-*"))
