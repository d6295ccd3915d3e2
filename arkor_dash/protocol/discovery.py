"""How the scripts of a user find a Studio of the same user that runs on the same machine.

Each Studio keeps a record, for its owner alone, in `studios/` of the user's data folder. It holds a lock on it
(flock) until it ends, however it ends: a record that nobody holds is stale, whoever has its pid or port by now.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True, slots=True)
class StudioRecord:
    """`token` opens jobs at `url`, and nothing else. `started_at` is in seconds since 1970."""

    url: str
    token: str = field(repr=False)
    project: Path
    state_dir: Path
    started_at: float


def records_dir() -> Path:
    return user_data_path("arkor-dash") / "studios"


@contextlib.contextmanager
def published(record: StudioRecord) -> Iterator[None]:
    """Let scripts find the Studio of this process until the end of the `with`.

    Raises: OSError: the record can't be written.
    """
    folder = records_dir()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    _sweep(folder)
    # Readers look at *.json alone, so that none of them sees it before it is whole and locked.
    handle, name = tempfile.mkstemp(dir=folder, prefix=".studio-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        path = Path(name).with_name(f"{Path(name).name[1:]}.json")
        try:
            json.dump(_payload(record), file)
            file.flush()
            _hold(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                path.unlink()


def running_studios(cwd: Path | None = None) -> list[StudioRecord]:
    """The Studios that run here, the best first.

    The best is the one whose project holds `cwd`, of several such the innermost; then the newest.
    """
    found = [record for path in _records(records_dir()) if (record := _read(path)) is not None]
    here = cwd.resolve() if cwd else None

    def rank(record: StudioRecord) -> tuple[int, float]:
        holds = here is not None and here.is_relative_to(record.project)
        return len(record.project.parts) if holds else 0, record.started_at

    return sorted(found, key=rank, reverse=True)


def _records(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.json"))
    except OSError:
        return []


def _sweep(folder: Path) -> None:
    """Remove the records of Studios that were killed."""
    for path in _records(folder):
        _read(path)


def _read(path: Path) -> StudioRecord | None:
    """What a record says; None if it is stale, which removes it, another machine's, or not to be trusted."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, ImportError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, encoding="utf-8") as file:
            status = os.fstat(handle)
            if status.st_uid != os.geteuid() or status.st_mode & 0o077:
                return None
            payload = json.load(file)
            if payload["host"] != socket.gethostname():
                return None  # in a home folder that machines share
            if not _is_held(handle, int(payload["pid"])):
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


def _payload(record: StudioRecord) -> dict[str, object]:
    return {
        "url": record.url,
        "token": record.token,
        "project": str(record.project),
        "stateDir": str(record.state_dir),
        "startedAt": record.started_at,
        "host": socket.gethostname(),
        "pid": os.getpid(),
    }


def _hold(handle: int) -> None:
    import fcntl  # noqa: PLC0415  # POSIX only, as the Studio; scripts run elsewhere too

    with contextlib.suppress(OSError):  # where a file system knows no locks, the process id has to do
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_held(handle: int, pid: int) -> bool:
    import fcntl  # noqa: PLC0415

    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return _lives(pid)
    return False


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
