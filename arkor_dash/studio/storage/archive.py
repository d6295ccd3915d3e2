"""The events of jobs in columns: how they get there, and how they are served."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import Engine

from arkor_dash.studio.errors import UnknownJobError

from . import stretches
from .job_rows import job_row, locked_row
from .records import StretchPage

PAGE_BYTES = 1_000_000


class Archive:
    """A part of a `Store`. All methods block. Thread-safe.

    Args: reading, writing: the store's engine, for transactions that read and that write.
    """

    def __init__(self, reading: Engine, writing: Engine) -> None:
        self._reading = reading
        self._writing = writing

    def stretches_after(self, job_id: str, seq: int, max_bytes: int = PAGE_BYTES) -> StretchPage:
        """The stretches whose events follow on the event `seq`: no more once they have `max_bytes`.

        There are none if that event is not the last one of a stretch, or if the next events are in none.
        Raises: UnknownJobError.
        """
        with self._reading.begin() as connection:
            return stretches.read_page(connection, job_row(connection, job_id), seq, max_bytes)

    def compactable(self) -> list[str]:
        """The ids of the jobs with events for `compact`, the newest first."""
        with self._reading.begin() as connection:
            return stretches.compactable(connection)

    def compact(self, job_id: str) -> bool:
        """Store the job's next events in columns. Returns whether it did: there may be more. Readers notice nothing.

        Does nothing for an unknown job, one whose metrics are not summarized yet, or too few events.
        """
        from arkor_dash.columns.stretch_writer import write_stretch  # noqa: PLC0415  # pyarrow is slow to import

        with suppress(UnknownJobError):
            with self._reading.begin() as connection:
                pending = stretches.pending(connection, job_row(connection, job_id))
            if pending is not None:
                # Reports of running jobs are not kept waiting meanwhile. Stored events never change.
                data = write_stretch(pending.first_seq, pending.events)
                with self._writing.begin() as connection:
                    stretches.replace_rows(connection, locked_row(connection, job_id), pending, data)
                return True
        return False
