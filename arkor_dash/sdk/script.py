"""Reports from any script or notebook, without a project."""

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

UNFINISHED = "The script ended, or dropped the run, before run.finish() was called."


def init(
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
) -> ScriptRun:
    """Start a run, which ends with its `with` block or its `finish()`.

        with arkor_dash.sdk.init(name="my-model", config={"learningRate": 3e-4}) as run:
            for step in range(1, 101):
                run.log(step, loss=...)

    Args:
        name: the name of the job in the dashboard. By default, the name of the script.
        config: shown on the job's page and available as `run.config`, as for `create_trainer`.
        url, token: the Studio to report to, and its token. By default, the run in the variables `ARKOR_RUN_…`, which
            the Studio sets for its own trainings; else `ARKOR_STUDIO_URL` and `ARKOR_STUDIO_TOKEN`; else a Studio
            of this user on this machine. Of several Studios, the one whose project contains the working directory
            is preferred, then the newest.
    If no Studio is found, a warning is printed and the training runs anyway.
    Raises: TypeError, ValueError: an argument can't be used. The message says what to pass.
    """
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise ValueError(f"init(name=…) must be a text that is not empty, got {name!r}")
    if config is not None and not isinstance(config, Mapping):
        raise TypeError(
            f"init(config=…) must be a dict, got {type(config).__name__}. For a namespace, pass vars(namespace)."
        )
    if token is not None and url is None:
        raise TypeError("init(token=…) needs the url of the Studio as well.")
    from arkor_dash.sdk.reporting.destination import find_destination  # noqa: PLC0415  # requests is slow to import

    title = name.strip() if name else _script_name()
    settings = cast(dict[str, Any], json_value(config or {}, "config"))
    return ScriptRun(title, settings, find_destination(title, settings, url, token))


class ScriptRun(Run):
    """The run of a script. Works as every `Run`, but prints nothing.

    If the script is killed, the Studio marks its job as failed within 30 s.
    """

    def __init__(self, name: str, config: Mapping[str, Any], destination: Destination | None) -> None:
        connection = _Connection(destination, name, config) if destination else None
        self._is_finished = False
        folder = destination.folder if destination else None
        super().__init__(
            destination.job_id if destination else f"job_local_{secrets.token_hex(4)}",
            MappingProxyType(dict(config)),
            connection,
            ArtifactFolder(folder / ARTIFACTS if folder else None),
            lambda _name, _report: None,
            cancel_file=folder / CANCEL if folder else None,
        )
        self._connection = connection
        if connection is not None:
            atexit.register(connection.abandon)
            self._finalizer = weakref.finalize(self, connection.abandon_soon)
            self._finalizer.atexit = False
        self.report("training.started", {"metadata": {"name": name, "python": platform.python_version()}})

    @property
    def cancelled(self) -> bool:
        """Whether somebody has cancelled the job. If so, save what you need, and end the `with` block or `finish()`.

        Takes microseconds. The Studio does not end a script that goes on.
        """
        return super().cancelled or (self._connection is not None and self._connection.cancelled)

    def finish(self, error: BaseException | None = None) -> None:
        """End the job: cancelled if somebody has cancelled it, else failed if there is an `error`, else completed.

        A `KeyboardInterrupt` also counts as a cancel, and a `SystemExit` with code 0 as no error. Waits until all
        events are delivered, for up to 60 s (`ARKOR_RUN_FLUSH_S`). Calling it again does nothing.
        """
        if self._connection is None or not self._connection.claim():
            return
        atexit.unregister(self._connection.abandon)
        self._finalizer.detach()
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
        self._connection.close()
        self._is_finished = True

    def report(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event, as in every run. After `finish`, nothing is reported, and one warning is printed."""
        if not self._is_finished:
            super().report(event, data)
        elif self._connection is not None:
            self._connection, self._sink = None, None
            warn(f"{event} came after run.finish(). It and later events are not reported.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.finish(error)

    def _show(self, line: str) -> None:
        """Print nothing: the output belongs to the script."""


class _Connection:
    """The connection of one run to its Studio: the delivery of events, and the heartbeat.

    It holds no reference to the run, so that a run that is no longer used can be garbage collected.
    """

    def __init__(self, destination: Destination, name: str, config: Mapping[str, Any]) -> None:
        from arkor_dash.sdk.reporting.delivery import Delivery  # noqa: PLC0415  # requests is slow to import
        from arkor_dash.sdk.reporting.heartbeat import Heartbeat  # noqa: PLC0415
        from arkor_dash.sdk.reporting.outbox import Outbox  # noqa: PLC0415
        from arkor_dash.sdk.reporting.script_client import ScriptClient  # noqa: PLC0415

        self._job_id = destination.job_id
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._is_claimed = False
        self._earlier_error = _unhandled()
        self._spool_folder = destination.folder or Path(tempfile.mkdtemp(prefix="arkor-run-"))
        self._delivery = Delivery(ScriptClient(destination), Outbox(self._spool_folder / SPOOL))
        self._delivery.start(name, config)
        self._heartbeat = Heartbeat(ScriptClient(destination), destination.heartbeat_s)
        self._heartbeat.start()

    @property
    def cancelled(self) -> bool:
        return self._heartbeat.cancelled

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self._delivery.put(event, data)

    def claim(self) -> bool:
        """Whether the caller may end the run: only the first caller may, and no forked child."""
        with self._lock:
            is_first, self._is_claimed = not self._is_claimed, True
        return is_first and os.getpid() == self._pid

    def close(self) -> None:
        """Deliver the remaining events, then stop the heartbeat."""
        self._delivery.close(flush_s())
        self._heartbeat.stop()
        with contextlib.suppress(OSError):
            self._spool_folder.rmdir()  # the temporary folder, if the spool was not needed

    def abandon(self) -> None:
        """At the exit of the process, end a run that was not finished."""
        if self.claim():
            self._fail()
            self.close()

    def abandon_soon(self) -> None:
        """End a run that was garbage collected, as when the cell of a notebook is run again."""
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
                "error": UNFINISHED if error is None or error is self._earlier_error else _text(error),
            },
        )


def _unhandled() -> BaseException | None:
    """The latest exception that the interpreter has reported as unhandled."""
    return getattr(sys, "last_value", None)


def _text(error: BaseException) -> object:
    try:
        text = useful_part(error)
    except Exception as failure:  # noqa: BLE001  # an exception may raise anything when it is printed
        warn(f"The traceback can't be printed: {type(failure).__name__}")
        text = type(error).__name__
    if len(text) > ERROR_LIMIT:
        text = f"{text[: ERROR_LIMIT // 2]}\n…\n{text[-ERROR_LIMIT // 2 :]}"
    return json_value(text, "error")


def _script_name() -> str:
    if "ipykernel" in sys.modules:
        return "notebook"
    return Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-c", "-m") else "script"
