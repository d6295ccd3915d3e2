"""When a silent stream is checked."""

from __future__ import annotations

FIRST_CHECKS = (1, 2, 4)
LATER_CHECKS = 8
"""A stream is checked after so many read timeouts without a byte, and again after each further so many."""


class Silence:
    """The silence of one job's stream. Not thread-safe.

    A silent stream has a slow trainer, or its connection is dead. An answer of the source to another request shows
    that the source is alive, and costs nothing: the list of jobs is polled anyway. That this very connection is alive
    can only be checked by a second one, which is opened after the 1st, 2nd, 4th and 8th read timeout, and then after
    every 8th. If the source has not answered any other request, it is opened after each read timeout.
    """

    def __init__(self) -> None:
        self._timeouts = 0
        self._has_failed = False
        self._answered_since = False
        self._source_answers = False

    def heard(self) -> None:
        """Something has arrived on the stream."""
        self._timeouts, self._has_failed = 0, False

    def list_fetched(self, *, answered: bool) -> None:
        """The source has answered with its list of jobs, or has not."""
        self._answered_since = answered

    def timed_out(self) -> bool:
        """The read timeout has passed without a byte. Returns: whether to open a second connection now."""
        self._timeouts += 1
        self._source_answers, self._answered_since = self._answered_since, False
        is_due = self._timeouts in FIRST_CHECKS or self._timeouts % LATER_CHECKS == 0
        return is_due or self._has_failed or not self._source_answers

    def check_failed(self) -> bool:
        """The second connection could not be opened. Returns: whether the silent one is to be kept all the same.

        A source may refuse a second connection. It is tried again after the next read timeout.
        """
        self._has_failed = True
        return self._source_answers
