"""The connection of a script's run to its Studio."""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arkor_dash.protocol.run_folder import SPOOL
from arkor_dash.sdk.console import warn
from arkor_dash.sdk.event_data import event_data
from arkor_dash.sdk.execution import ERROR_LIMIT
from arkor_dash.sdk.recorder.code_version import folder_of_script
from arkor_dash.sdk.recorder.recorder import Recorder
from arkor_dash.sdk.tracebacks import useful_part
from arkor_dash.sdk.values import json_value

from .delivery import Delivery
from .environment import flush_s
from .heartbeat import Heartbeat
from .outbox import Outbox
from .script_client import Destination, ScriptClient
from .script_output import ScriptOutput, unhandled_error

UNFINISHED = "The script ended, or dropped the run, before run.finish() was called."


class Connection:
    """Delivers the events of one run and its output, and sends its heartbeat.

    The connection holds no reference to the run, so that an unused run can be garbage collected.
    """

    def __init__(
        self, destination: Destination, name: str, config: Mapping[str, Any], recorded: frozenset[str]
    ) -> None:
        """Args: recorded: what the run records about itself."""
        self._job_id = destination.job_id
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._is_claimed = False
        self._earlier_error = unhandled_error()
        self._spool_folder = destination.folder or Path(tempfile.mkdtemp(prefix="arkor-run-"))
        self._delivery = Delivery(ScriptClient(destination), Outbox(self._spool_folder / SPOOL))
        self._delivery.start(name, config)
        self._events = Recorder(self._delivery, destination.job_id, folder_of_script, parts=recorded)
        self._output = ScriptOutput(destination, self._delivery) if destination.takes_output else None
        self._heartbeat = Heartbeat(ScriptClient(destination), destination.heartbeat_s)
        self._heartbeat.start()

    @property
    def cancelled(self) -> bool:
        return self._heartbeat.cancelled

    def put(self, event: str, data: Mapping[str, object]) -> None:
        self._events.put(event, data)

    def claim(self) -> bool:
        """Whether the caller may end the run: only the first caller may, and no forked child."""
        with self._lock:
            is_first, self._is_claimed = not self._is_claimed, True
        return is_first and os.getpid() == self._pid

    def close(self, error: BaseException | None = None) -> None:
        """Deliver the remaining events, then the output, then stop the heartbeat.

        Args: error: has ended the run. If it also ends the process, its traceback belongs to the output.
        """
        limit_s, began = flush_s(), time.monotonic()
        if self._output is not None:
            self._output.stop()
        self._delivery.close(limit_s)
        if self._output is not None:
            self._output.close(limit_s - (time.monotonic() - began), error)
        self._heartbeat.stop()
        with contextlib.suppress(OSError):
            self._spool_folder.rmdir()  # the temporary folder, if the spool was not needed

    def abandon(self) -> None:
        """At the exit of the process, end a run that was not finished."""
        if self.claim():
            self._fail(unhandled_error())

    def abandon_soon(self) -> None:
        """End a run that was garbage collected, as when the cell of a notebook is run again."""
        if self.claim():
            atexit.unregister(self.abandon)
            # Any thread may collect garbage, also one that is just queueing an event.
            threading.Thread(target=self._fail, args=(unhandled_error(),), name="arkor-close").start()

    def _fail(self, error: BaseException | None) -> None:
        """End the job as failed, and close."""
        if error is self._earlier_error:
            error = None
        text = UNFINISHED if error is None else self.error_text(error)
        self.put("training.failed", event_data("training.failed", self._job_id, {"error": text}))
        self.close()

    @staticmethod
    def error_text(error: BaseException) -> object:
        """The error with its frames, cut to `ERROR_LIMIT` characters, as JSON."""
        try:
            text = useful_part(error)
        except Exception as failure:  # noqa: BLE001  # an exception may raise anything when it is printed
            warn(f"The traceback can't be printed: {type(failure).__name__}")
            text = type(error).__name__
        if len(text) > ERROR_LIMIT:
            text = f"{text[: ERROR_LIMIT // 2]}\n…\n{text[-ERROR_LIMIT // 2 :]}"
        return json_value(text, "error")
