"""The folder in which the Studio keeps what outlives it, readable by its owner only."""

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
    """`studio.sqlite3`, `runs/<job id>/`, `build/` and, for a Studio of its own, `studio-token`."""

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

    def run(self, job_id: str) -> Path:
        return self.root / "runs" / job_id

    def create(self) -> None:
        """Create what is missing of the folder.

        Raises: StudioStartError: it can't be written.
        """
        try:
            for folder in (self.root, self.root / "runs", self.build):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StudioStartError(
                f"{self.root} should be a folder that can be written ({error.strerror}). "
                "Choose another one with --state-dir."
            ) from error

    def lock(self, wait_s: float = LOCK_WAIT_S) -> int:
        """Make this process the folder's only Studio until it ends; the lock's file descriptor.

        Waits `wait_s` for a Studio that is just ending.
        Raises: StudioStartError: another one uses the folder.
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
        """The id of this folder, which tells its runs from those of other Studios in a shared database."""
        path = self.root / "studio-id"
        if not path.exists():
            write_private(path, secrets.token_hex(16))
        return path.read_text(encoding="ascii")


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
