"""Reporting from any script or notebook: no project, no `arkor start`."""

from __future__ import annotations

import atexit
import contextlib
import os
import platform
import secrets
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from arkor_dash.protocol.fields import iso_ms
from arkor_dash.protocol.run_folder import ARTIFACTS, CANCEL, SPOOL
from arkor_dash.sdk.reporting.environment import flush_s

from .artifacts import ArtifactFolder
from .console import warn
from .execution import ERROR_LIMIT
from .run import Run
from .tracebacks import useful_part
from .values import json_value

if TYPE_CHECKING:
    from arkor_dash.sdk.reporting.script_client import Destination

UNFINISHED = "The script ended, or let go of the run, before it called run.finish()."


def init(
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
) -> ScriptRun:
    """A run that is on from now, until the end of its `with` or its `finish()`.

        with arkor_dash.sdk.init(name="my-model", config={"learningRate": 3e-4}) as run:
            for step in range(1, 101):
                run.log(step, loss=...)

    Args:
        name: what the list of jobs shows; by default the script's.
        config: shown beside the job, and as `run.config`; as for `create_trainer`.
        url, token: of the Studio to report to. Without them: `ARKOR_RUN_*`, which `arkor start` is given; then
            `ARKOR_STUDIO_URL` and `ARKOR_STUDIO_TOKEN`; then a Studio of this user on this machine, of several
            the one whose project holds the working directory, else the one that was started last.
    Without a Studio one line on stderr says so, and the training runs all the same.
    Raises: TypeError, ValueError: an argument can't be used; the message says what to pass.
    """
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise ValueError(f"init(name=…) needs a text to call the training by, got {name!r}")
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(
            f"init(config=…) must be a dict, got {type(config).__name__}; for a namespace, vars(it)"
        )
    if token is not None and url is None:
        raise TypeError("init(token=…) needs the url of the Studio as well")
    from arkor_dash.sdk.reporting.destination import find_destination  # noqa: PLC0415  # requests is slow to import

    title = name.strip() if name else _script_name()
    settings = cast(dict[str, Any], json_value(config or {}, "config"))
    return ScriptRun(title, settings, find_destination(title, settings, url, token))


class ScriptRun(Run):
    """A run that a script has begun by itself. Prints nothing; otherwise as every `Run`.

    A script that is killed can't say so: its job is failed by the Studio within 30 s.
    """

    def __init__(self, name: str, config: Mapping[str, Any], destination: Destination | None) -> None:
        link = _Link(destination, name, config) if destination else None
        self._is_finished = False
        folder = destination.folder if destination else None
        super().__init__(
            destination.job_id if destination else f"job_local_{secrets.token_hex(4)}",
            MappingProxyType(dict(config)),
            link,
            ArtifactFolder(folder / ARTIFACTS if folder else None),
            lambda _name, _report: None,
            cancel_file=folder / CANCEL if folder else None,
        )
        self._link = link
        if link is not None:
            atexit.register(link.abandon)
            self._dropped = weakref.finalize(self, link.abandon_soon)
            self._dropped.atexit = False
        self.report("training.started", {"metadata": {"name": name, "python": platform.python_version()}})

    @property
    def cancelled(self) -> bool:
        """Whether the job was asked to end: save what should be kept, and leave the `with`, or `finish()`.

        Takes microseconds. The Studio does not end a script that goes on.
        """
        return super().cancelled or (self._link is not None and self._link.cancelled)

    def finish(self, error: BaseException | None = None) -> None:
        """End the job: as completed, with its artifacts; as failed with `error`; as cancelled if it was asked to.

        A `KeyboardInterrupt` is a cancel by hand. Waits until the Studio has it all, for 60 s at most
        (`ARKOR_RUN_FLUSH_S`), which is not for long where it answers. Called again, it does nothing.
        """
        if self._link is None or not self._link.claim():
            return
        atexit.unregister(self._link.abandon)
        self._dropped.detach()
        artifacts = [artifact.payload() for artifact in self.artifacts]
        if isinstance(error, SystemExit) and error.code in (None, 0):
            error = None
        step = {} if self.last_step is None else {"step": self.last_step}
        if error is None and not self.cancelled:
            self.report("training.completed", {"artifacts": artifacts})
        elif error is None:
            self.report("training.cancelled", {"artifacts": artifacts})
        elif self.cancelled or isinstance(error, KeyboardInterrupt):
            self.report("training.cancelled", {"error": _text(error), **step, "artifacts": artifacts})
        else:
            self.report("training.failed", {"error": _text(error), **step})
        self._link.close()
        self._is_finished = True

    def report(self, event: str, data: Mapping[str, object]) -> None:
        """As that of every run. After `finish` it reports nothing, and says so once."""
        if not self._is_finished:
            super().report(event, data)
        elif self._link is not None:
            self._link, self._sink = None, None
            warn(f"{event} came after run.finish(), and is not reported.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.finish(error)

    def _show(self, line: str) -> None:
        """A script's output is its own."""


class _Link:
    """What one run has with its Studio: the delivery of its events, and its heartbeat. Holds no run."""

    def __init__(self, destination: Destination, name: str, config: Mapping[str, Any]) -> None:
        from arkor_dash.sdk.reporting.delivery import Delivery  # noqa: PLC0415  # requests is slow to import
        from arkor_dash.sdk.reporting.heartbeat import Heartbeat  # noqa: PLC0415
        from arkor_dash.sdk.reporting.outbox import Outbox  # noqa: PLC0415
        from arkor_dash.sdk.reporting.script_client import ScriptClient  # noqa: PLC0415

        self._job_id = destination.job_id
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._is_over = False
        self._seen = _unhandled()
        self._room = destination.folder or Path(tempfile.mkdtemp(prefix="arkor-run-"))
        self._delivery = Delivery(ScriptClient(destination), Outbox(self._room / SPOOL))
        self._delivery.start(name, config)
        self._heartbeat = Heartbeat(ScriptClient(destination), destination.heartbeat_s)
        self._heartbeat.start()

    @property
    def cancelled(self) -> bool:
        return self._heartbeat.cancelled

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self._delivery.put(event, data)

    def claim(self) -> bool:
        """Whether the caller is the one to end the run: the first to ask, and no forked child."""
        with self._lock:
            is_first, self._is_over = not self._is_over, True
        return is_first and os.getpid() == self._pid

    def close(self) -> None:
        """Deliver what is left. The heartbeat goes on for so long."""
        self._delivery.close(flush_s())
        self._heartbeat.stop()
        with contextlib.suppress(OSError):
            self._room.rmdir()  # made for a spool that was not needed

    def abandon(self) -> None:
        """End a run that the process exits without having finished."""
        if self.claim():
            self._fail()
            self.close()

    def abandon_soon(self) -> None:
        """End a run that nobody holds any more, as when a notebook's cell is run again."""
        if self.claim():
            atexit.unregister(self.abandon)
            self._fail()
            threading.Thread(target=self.close, name="arkor-close").start()

    def _fail(self) -> None:
        error = _unhandled()
        name = "training.failed"
        self.put(
            name,
            {
                "type": name,
                "jobId": self._job_id,
                "timestamp": iso_ms(datetime.now(UTC)),
                "error": UNFINISHED if error is None or error is self._seen else _text(error),
            },
        )


def _unhandled() -> BaseException | None:
    """The last exception that the interpreter has reported as unhandled."""
    return getattr(sys, "last_value", None)


def _text(error: BaseException) -> object:
    try:
        text = useful_part(error)
    except Exception as failure:  # noqa: BLE001  # whatever an exception does when it is shown, the run has ended
        warn(f"The traceback can't be shown: {type(failure).__name__}")
        text = type(error).__name__
    if len(text) > ERROR_LIMIT:
        text = f"{text[: ERROR_LIMIT // 2]}\n…\n{text[-ERROR_LIMIT // 2 :]}"
    return json_value(text, "error")


def _script_name() -> str:
    if "ipykernel" in sys.modules:
        return "notebook"
    return Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-c", "-m") else "script"
