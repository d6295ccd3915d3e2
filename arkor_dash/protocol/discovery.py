"""How a user's scripts find the Studios of the same user on the same machine.

Each Studio writes a record, readable by its owner only, into `studios/` of the user's data folder. The Studio holds
a lock on its record until its process ends, even if it is killed. A record without a lock is stale, even if another
process now has the Studio's process id or port.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path

from .files import atomic_write, is_private, lock, open_regular


@dataclass(frozen=True, slots=True)
class StudioRecord:
    """A running Studio.

    `token` allows opening jobs at `url` and reading the events of jobs, and nothing else.
    `started_at` is in seconds since 1970.
    """

    url: str
    token: str = field(repr=False)
    project: Path
    state_dir: Path
    started_at: float


def records_dir() -> Path:
    """The folder of the records. It exists once a Studio has been started."""
    return user_data_path("arkor-dash") / "studios"


@contextlib.contextmanager
def published(record: StudioRecord) -> Iterator[None]:
    """Let scripts find the Studio of this process until the `with` block ends.

    Raises: OSError: the record can't be written.
    """
    folder = records_dir()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    _remove_stale(folder)
    path = folder / f"studio-{secrets.token_hex(8)}.json"
    with contextlib.ExitStack() as cleanup:
        with atomic_write(path) as file:
            file.write(json.dumps(_record_json(record)).encode())
            # The lock is taken before readers can see the record. A duplicate of the descriptor shares the lock and
            # keeps it after `atomic_write` has closed the file.
            held = os.dup(file.fileno())
            cleanup.callback(os.close, held)
            with contextlib.suppress(OSError):  # no locks here: readers check the process id instead
                lock(held)
        cleanup.callback(_remove, path)
        yield


def running_studios(cwd: Path | None = None) -> list[StudioRecord]:
    """The Studios of this user that run on this machine, best first.

    Studios whose project contains `cwd` come first, the innermost project before the outer ones. Among equals, the
    newest Studio comes first.
    """
    found = [record for path in _record_files(records_dir()) if (record := _read(path)) is not None]
    here = cwd.resolve() if cwd else None

    def rank(record: StudioRecord) -> tuple[int, float]:
        contains_cwd = here is not None and here.is_relative_to(record.project)
        return len(record.project.parts) if contains_cwd else 0, record.started_at

    return sorted(found, key=rank, reverse=True)


def _record_files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.json"))
    except OSError:
        return []


def _remove_stale(folder: Path) -> None:
    for path in _record_files(folder):
        _read(path)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _read(path: Path) -> StudioRecord | None:
    """The record in `path`. None if it is unreadable, readable by others, another machine's, or stale.

    A stale record is removed.
    """
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open_regular(path) as file:
        if not is_private(file.fileno()):
            return None
        payload = json.load(file)
        if payload["host"] != socket.gethostname():
            return None  # several machines share this home folder
        if not _is_running(file.fileno(), int(payload["pid"])):
            path.unlink(missing_ok=True)
            return None
        return StudioRecord(
            url=str(payload["url"]),
            token=str(payload["token"]),
            project=Path(payload["project"]),
            state_dir=Path(payload["stateDir"]),
            started_at=float(payload["startedAt"]),
        )
    return None


def _record_json(record: StudioRecord) -> dict[str, object]:
    return {
        "url": record.url,
        "token": record.token,
        "project": str(record.project),
        "stateDir": str(record.state_dir),
        "startedAt": record.started_at,
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }


def _is_running(descriptor: int, pid: int) -> bool:
    """Whether the Studio that wrote this record still runs."""
    try:
        lock(descriptor, shared=True)
    except BlockingIOError:
        return True
    except OSError:
        return _process_exists(pid)
    return False


def _process_exists(pid: int) -> bool:
    if sys.platform == "win32":
        return False  # on Windows, `os.kill` would end the process, and no Studio runs there
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
