"""The jobs that were asked to end from this dashboard, whoever of its viewers asked."""

from __future__ import annotations

import logging
import threading

from arkor_dash.errors import ArkorDashError, RejectedError
from arkor_dash.sources import Source

from .tracebacks import release_frames

log = logging.getLogger(__name__)


class Cancellations:
    """Asks in the background, and remembers for all viewers until the job has ended.

    Not every source says by itself that a job is being cancelled.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._asked: dict[str, str | None] = {}

    def ask(self, job_id: str) -> None:
        """Ask the source to end the job, unless that is done already."""
        with self._lock:
            if self._asked.get(job_id, "") is None:
                return
            self._asked[job_id] = None
        threading.Thread(target=self._ask, args=(job_id,), name="cancel", daemon=True).start()

    def under_way(self, job_id: str) -> bool:
        """Whether the job was asked to end, and nothing spoke against it so far."""
        with self._lock:
            return self._asked.get(job_id, "") is None

    def problem(self, job_id: str) -> str | None:
        """Why the job could not be asked to end the last time; None if it could."""
        with self._lock:
            return self._asked.get(job_id)

    def forget(self, job_id: str) -> None:
        """The job has ended."""
        with self._lock:
            self._asked.pop(job_id, None)

    def _ask(self, job_id: str) -> None:
        try:
            self._cancel(job_id)
        except ArkorDashError as error:
            release_frames(error)
            problem = str(error)
        except Exception as error:
            log.exception("A job could not be cancelled")
            release_frames(error)
            problem = "An unexpected error; the server's log has it."
        else:
            return
        with self._lock:
            # One that has ended meanwhile is forgotten, and stays so.
            if job_id in self._asked:
                self._asked[job_id] = problem

    def _cancel(self, job_id: str) -> None:
        control = self._source.control
        if control is None:
            raise RejectedError("This source can't cancel jobs.")
        control.cancel(job_id)
