"""The rebuilds of the project, as an `arkor dev` tells of them, read once for all viewers."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from arkor_dash.errors import SourceError, SourceUnavailableError
from arkor_dash.sources import EventStream, Frame, Runner

from .backoff import wait_s
from .notifier import changes
from .tracebacks import release_frames

log = logging.getLogger(__name__)

ABSENT_S = 600.0
"""Seconds after which a source that tells of no rebuilds is asked again."""
UNWATCHED_S = 60.0
"""Seconds after the last viewer's request after which the source is not asked again."""
ERROR_LIMIT = 4_000
_BUILDS = frozenset({"ready", "rebuild", "error"})


@dataclass(frozen=True, slots=True)
class RebuildState:
    """The rebuilds so far.

    `version` grows with each build. `is_live` says that builds are being told of. `error` is the error of the last
    build, None if that succeeded. `ended_pids` are the processes of the runs that the last build has ended.
    """

    version: int = 0
    is_live: bool = False
    error: str | None = None
    ended_pids: frozenset[int] = frozenset()


class Rebuilds:
    """Reads the source's stream of rebuilds in a thread, once a viewer has asked. Thread-safe.

    Args: credentials: returns a value that changes with the source's token, after which the source is asked again.
    """

    def __init__(
        self,
        runner: Runner,
        credentials: Callable[[], object] = lambda: None,
        *,
        absent_s: float = ABSENT_S,
        check_s: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._runner = runner
        self._credentials = credentials
        self._absent_s = absent_s
        self._check_s = check_s
        self._monotonic = monotonic
        self._rng = random.Random()  # noqa: S311 - it only spreads retries
        self._lock = threading.Lock()
        self._watched = threading.Event()
        self._closing = threading.Event()
        self._watched_at = 0.0
        self._thread: threading.Thread | None = None
        self._stream: EventStream | None = None
        self._state = RebuildState()
        self._last_build: tuple[str, str] | None = None

    def watch(self) -> RebuildState:
        """The rebuilds so far. Counts as the request of a viewer, and returns at once."""
        self._watched_at = self._monotonic()
        self._watched.set()
        if self._thread is None:
            with self._lock:
                if self._thread is None and not self._closing.is_set():
                    self._thread = threading.Thread(target=self._run, name="rebuilds", daemon=True)
                    self._thread.start()
        return self._state

    def close(self) -> None:
        """Stop reading."""
        with self._lock:
            self._closing.set()
            stream = self._stream
        self._watched.set()
        if stream is not None:
            stream.close()

    def _run(self) -> None:
        failures = 0
        while not self._closing.is_set():
            before, used, retry_after_s = self._state.version, self._credentials(), None
            try:
                self._read()
                is_absent = False
            except SourceUnavailableError as error:
                release_frames(error)
                is_absent, retry_after_s = False, error.retry_after_s
            except SourceError as error:  # there is no such route, or the token is refused
                release_frames(error)
                is_absent = True
            except Exception as error:
                log.exception("The rebuilds could not be read")
                release_frames(error)
                is_absent = True
            self._set(replace(self._state, is_live=False))
            failures = 1 if self._state.version > before else failures + 1
            self._wait(
                self._absent_s if is_absent else wait_s(failures, None, retry_after_s, self._rng), used
            )

    def _wait(self, seconds: float, used: object) -> None:
        """Wait until it is worth to ask again: after so many seconds, or with other credentials, for a viewer."""
        until = self._monotonic() + seconds
        while not self._closing.is_set() and (left := until - self._monotonic()) > 0:
            if self._credentials() != used:
                break
            self._closing.wait(min(left, self._check_s))
        while not self._closing.is_set() and self._monotonic() - self._watched_at > UNWATCHED_S:
            self._watched.clear()
            self._watched.wait(self._check_s)

    def _read(self) -> None:
        """Read one connection to its end. Raises: SourceError."""
        stream = self._runner.rebuilds()
        if stream is None:
            raise SourceError("This source tells of no rebuilds.")
        with self._lock:
            if self._closing.is_set():
                return
            self._stream = stream
        with stream:
            self._set(replace(self._state, is_live=True))
            for frame in stream:
                self._received(frame)

    def _received(self, frame: Frame) -> None:
        """The stream begins with the last build, which may be known already."""
        build = (frame.name, frame.data)
        if frame.name not in _BUILDS or build == self._last_build:
            return
        self._last_build = build
        try:
            fields = json.loads(frame.data)
        except (ValueError, RecursionError):
            fields = None
        fields = fields if isinstance(fields, dict) else {}
        error = _text(fields.get("message")) or "The build failed." if frame.name == "error" else None
        self._set(
            replace(
                self._state,
                version=self._state.version + 1,
                error=error,
                ended_pids=_pids(fields.get("restartTargets")),
            )
        )

    def _set(self, state: RebuildState) -> None:
        self._state = state
        changes.notify()


def _text(value: object) -> str:
    return value[:ERROR_LIMIT] if isinstance(value, str) else ""


def _pids(targets: object) -> frozenset[int]:
    pids = (
        [target.get("pid") for target in targets if isinstance(target, dict)]
        if isinstance(targets, list)
        else []
    )
    return frozenset(pid for pid in pids if isinstance(pid, int))
