"""What a script prints between the start and the end of its run, for the run's job."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import traceback

from arkor_dash.sdk.console import warn

from .delivery import Delivery
from .output_buffer import OutputBuffer
from .output_delivery import OutputDelivery
from .script_client import Destination, OutputClient
from .stream_tee import StreamCapture

CLOSE_S = 10.0
"""How long the end of a run waits for its output at most, once its events are delivered."""
_MARK = "_arkor_job"


class ScriptOutput:
    """Captures what the process writes to its standard streams, and delivers it after the events.

    Starts at once. Forked children only print. Args: events: the delivery of the run's events.
    """

    def __init__(self, destination: Destination, events: Delivery) -> None:
        self._job_id = destination.job_id
        self._pid = os.getpid()
        buffer = OutputBuffer()
        self._capture = StreamCapture(buffer.add)
        self._delivery = OutputDelivery(OutputClient(destination), buffer, lambda: events.is_behind)
        self._delivery.start()
        self._capture.start()

    def stop(self) -> None:
        """Capture no more."""
        self._capture.stop()

    def close(self, deadline_s: float, error: BaseException | None) -> None:
        """Deliver what was captured, for up to `deadline_s`.

        The interpreter prints an uncaught error only after the run's end. If it does so with `error`, the traceback
        follows at the exit of the process.
        """
        may_print = error is not None and not isinstance(error, SystemExit)
        self._delivery.close(min(deadline_s, CLOSE_S), is_last=not may_print)
        if self._delivery.undelivered:
            warn(f"{self._delivery.undelivered:,} bytes of the output were not delivered to the Studio.")
        elif may_print:
            # A mark, since a reference would keep everything that the error's frames hold.
            with contextlib.suppress(Exception):
                setattr(error, _MARK, self._job_id)
                atexit.register(self._send_traceback)

    def _send_traceback(self) -> None:
        error = unhandled_error()
        if os.getpid() == self._pid and error is not None and self._has_ended_the_run(error):
            self._delivery.end("".join(traceback.format_exception(error)).encode("utf-8", "backslashreplace"))

    def _has_ended_the_run(self, error: BaseException) -> bool:
        """Whether `error`, or one that it was raised from, is the one that has ended the run."""
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            each = waiting.pop()
            if each is None or id(each) in seen:
                continue
            if getattr(each, _MARK, None) == self._job_id:
                return True
            seen.add(id(each))
            waiting += [each.__cause__, each.__context__]
        return False


def unhandled_error() -> BaseException | None:
    """The latest exception that the interpreter has reported as unhandled."""
    return getattr(sys, "last_value", None)
