"""Reports from any script or notebook, without a project."""

from __future__ import annotations

import atexit
import platform
import secrets
import sys
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from arkor_dash.protocol.run_folder import ARTIFACTS, CANCEL

from .artifacts import ArtifactFolder
from .console import warn
from .recorder.choice import OUTPUT, chosen_parts
from .run import Run
from .values import json_value

if TYPE_CHECKING:
    from arkor_dash.sdk.reporting.connection import Connection
    from arkor_dash.sdk.reporting.script_client import Destination


def init(
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    token: str | None = None,
    output: bool = True,
) -> ScriptRun:
    """Start a run, which ends with its `with` block or its `finish()`.

        with arkor_dash.sdk.init(name="my-model", config={"learningRate": 3e-4}) as run:
            for step in range(1, 101):
                run.log(step, loss=...)

    Args:
        name: the name of the job in the dashboard. By default, the name of the script.
        config: shown on the job's page and available as `run.config`, as for `create_trainer`.
        url, token: the Studio to report to, and its token. By default, the first of these that is there:
            1. the run in the variables `ARKOR_RUN_…`, which a Studio sets for its own trainings
            2. `ARKOR_STUDIO_URL` and `ARKOR_STUDIO_TOKEN`
            3. a Studio of this user on this machine, first the one whose project contains the working directory,
               then the newest
            If there is none, a warning is printed and the training runs anyway.
        output: whether the job's page also shows what the process writes to `sys.stdout` and `sys.stderr`, from here
            to the run's end. False, or an `ARKOR_RECORD` without `output`, turns this off.
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
    json_config = cast(dict[str, Any], json_value(config or {}, "config"))
    recorded = chosen_parts()
    sends_output = output and OUTPUT in recorded
    destination = find_destination(title, json_config, url, token, output=sends_output)
    return ScriptRun(title, json_config, destination, recorded)


class ScriptRun(Run):
    """The run of a script. Works like any other `Run`, but prints nothing.

    If the script is killed, the Studio marks its job as failed within 30 s.
    """

    def __init__(
        self, name: str, config: Mapping[str, Any], destination: Destination | None, recorded: frozenset[str]
    ) -> None:
        connection = _connect(destination, name, config, recorded) if destination else None
        self._is_finished = False
        folder = destination.folder if destination else None
        super().__init__(
            destination.job_id if destination else f"job_local_{secrets.token_hex(4)}",
            MappingProxyType(dict(config)),
            connection,
            ArtifactFolder(folder / ARTIFACTS if folder else None),
            lambda _name, _report: None,  # a script has no callbacks
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

        Takes microseconds. The Studio does not kill a script that continues.
        """
        return super().cancelled or (self._connection is not None and self._connection.cancelled)

    def finish(self, error: BaseException | None = None) -> None:
        """End the job: cancelled if somebody has cancelled it, else failed if there is an `error`, else completed.

        A `KeyboardInterrupt` also counts as a cancel, and a `SystemExit` with code 0 as no error. Waits until all
        events and the output are delivered, for up to 60 s (`ARKOR_RUN_FLUSH_S`). Calling it again does nothing.
        """
        if self._connection is None or not self._connection.claim():
            return
        atexit.unregister(self._connection.abandon)
        self._finalizer.detach()
        artifacts = [artifact.payload() for artifact in self.artifacts]
        if isinstance(error, SystemExit) and error.code in (None, 0):
            error = None
        step = {} if self.last_step is None else {"step": self.last_step}
        failure = {} if error is None else {"error": self._connection.error_text(error), **step}
        if self.cancelled or isinstance(error, KeyboardInterrupt):
            self.report("training.cancelled", {**failure, "artifacts": artifacts})
        elif failure:
            self.report("training.failed", failure)
        else:
            self.report("training.completed", {"artifacts": artifacts})
        self._connection.close(error)
        self._is_finished = True

    def report(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event, as in every run. After `finish`, nothing is reported, and one warning is printed."""
        if not self._is_finished:
            super().report(event, data)
        elif self._connection is not None:
            self._connection, self._sink = None, None
            warn(f"{event} was reported after run.finish(). This event and later ones are dropped.")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.finish(error)

    def _show(self, line: str) -> None:
        """Print nothing: the output belongs to the script."""


def _connect(
    destination: Destination, name: str, config: Mapping[str, Any], recorded: frozenset[str]
) -> Connection:
    from arkor_dash.sdk.reporting.connection import Connection  # noqa: PLC0415  # requests is slow to import

    return Connection(destination, name, config, recorded)


def _script_name() -> str:
    if "ipykernel" in sys.modules:
        return "notebook"
    return Path(sys.argv[0]).stem if sys.argv and sys.argv[0] not in ("", "-c", "-m") else "script"
