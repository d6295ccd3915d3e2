"""The Studio's state folder: its history, runs, builds and token. Only its owner can read it."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.files import lock, write_private

LOCK_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class StateDir:
    """Holds `studio.sqlite3`, `runs/<job id>/` and `build/`; also `studio-token` if no parent process gave one."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "studio.sqlite3"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def token(self) -> Path:
        return self.root / "studio-token"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    def run(self, job_id: str) -> Path:
        return self.runs / job_id

    def create(self) -> None:
        """Create the folder and the folders in it, if they are missing.

        Raises: StudioStartError: a folder can't be created.
        """
        try:
            for folder in (self.root, self.runs, self.build):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StudioStartError(
                f"{self.root} should be a folder that can be written ({error.strerror}). "
                "Choose another one with --state-dir."
            ) from error

    def lock(self, wait_s: float = LOCK_WAIT_S) -> int:
        """Lock the folder until this process ends. Returns the lock's file descriptor.

        Waits `wait_s` for a Studio that is about to end.
        Raises: StudioStartError: another Studio uses the folder.
        """
        file = os.open(self.root / "studio.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            lock(file, wait_s=wait_s)
        except BlockingIOError:
            holder = os.read(file, 32).decode(errors="replace").strip()
            os.close(file)
            raise StudioStartError(
                f"Another Studio (process {holder or 'unknown'}) uses {self.root}. "
                "Stop it, or choose another folder with --state-dir."
            ) from None
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        return file

    def owner(self) -> str:
        """The folder's id. It marks this Studio's runs in a database that several Studios share."""
        path = self.root / "studio-id"
        if not path.exists():
            write_private(path, secrets.token_hex(16))
        return path.read_text(encoding="ascii")

    def mark(self) -> str:
        """Marks the processes that the Studio of this folder starts. A copy of the folder has another mark."""
        status = self.root.stat()
        return hashlib.sha256(f"{self.owner()} {status.st_dev} {status.st_ino}".encode()).hexdigest()[:32]


def default_state_dir(project: Path) -> StateDir:
    """`<project>/.arkor`, or a folder in the user's data directory if the project can't be written."""
    own = project / ".arkor"
    try:
        own.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=own):
            return StateDir(own)
    except OSError:
        digest = hashlib.sha256(os.fsencode(project)).hexdigest()[:12]
        return StateDir(user_data_path("arkor-dash") / "projects" / f"{project.name}-{digest}")
