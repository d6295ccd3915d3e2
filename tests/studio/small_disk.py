"""A small disk that can be full: a file system in memory, seen only by the processes that are started for it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from .process import read_line

MOUNT = 'mount -t tmpfs -o size="$1",mode=700 tmpfs "$0" && echo mounted && exec cat'
PIECE = bytes(64 * 1024)


class SmallDisk:
    """A disk mounted at `folder`. `run_by` is a command that runs another one where the disk can be seen.

    `path` is the folder as this process sees it. Raises: PermissionError: nothing may be mounted.
    """

    def __init__(self, folder: Path, size: str = "2m") -> None:
        as_user = [] if os.geteuid() == 0 else ["--map-root-user"]
        self._holder = subprocess.Popen(
            ["unshare", "--mount", *as_user, "sh", "-c", MOUNT, str(folder), size],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if read_line(self._holder) != "mounted\n":
            self.close()
            raise PermissionError("this user may not mount a file system")
        enter = ["nsenter", f"--target={self._holder.pid}", "--mount", f"--wdns={Path.cwd()}"]
        self.run_by = (*enter, *(["--user", "--preserve-credentials"] if as_user else []))
        self.path = Path(f"/proc/{self._holder.pid}/root{folder}")

    def fill(self) -> None:
        with (self.path / "fill").open("ab", buffering=0) as file:
            for size in (len(PIECE), 4096, 1):
                try:
                    while file.write(PIECE[:size]):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        (self.path / "fill").unlink()

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait(timeout=20)
        self._holder.stdin.close()
        self._holder.stdout.close()
