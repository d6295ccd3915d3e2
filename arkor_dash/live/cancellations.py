"""The cancellations that viewers of this dashboard have requested."""

from __future__ import annotations

import logging
import threading

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError, RefusedError
from arkor_dash.sources import Source

from .notifier import changes
from .tracebacks import release_frames

log = logging.getLogger(__name__)


class Cancellations:
    """Requests cancellations in the background, and keeps their state for all viewers. Thread-safe.

    Not every source reports that a job is being cancelled, so a request is kept here until the job has ended.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._errors: dict[str, str | None] = {}
        """By job id: why the request was refused or failed; None while it is pending or accepted."""

    def request(self, job_id: str) -> None:
        """Ask the source to cancel the job, unless an earlier request is pending or was accepted."""
        with self._lock:
            if self._errors.get(job_id, "") is None:
                return
            self._errors[job_id] = None
        changes.notify()
        threading.Thread(target=self._run, args=(job_id,), name="cancel", daemon=True).start()

    def is_requested(self, job_id: str) -> bool:
        """Whether a request to cancel the job is pending or was accepted."""
        with self._lock:
            return self._errors.get(job_id, "") is None

    def error(self, job_id: str) -> str | None:
        """Why the last request was refused or failed; None if there was none, or it is pending or accepted."""
        with self._lock:
            return self._errors.get(job_id)

    def forget(self, job_id: str) -> None:
        """Drop the state of a job that has ended."""
        with self._lock:
            self._errors.pop(job_id, None)

    def _run(self, job_id: str) -> None:
        try:
            self._cancel(job_id)
        except ArkorDashError as error:
            release_frames(error)
            message = str(error)
        except Exception as error:
            log.exception("A job could not be cancelled")
            release_frames(error)
            message = UNEXPECTED_ERROR
        else:
            return
        with self._lock:
            # The job may have ended and been forgotten in the meantime.
            if job_id in self._errors:
                self._errors[job_id] = message
        changes.notify()

    def _cancel(self, job_id: str) -> None:
        control = self._source.control
        if control is None:
            raise RefusedError("This source can't cancel jobs.")
        control.cancel(job_id)
