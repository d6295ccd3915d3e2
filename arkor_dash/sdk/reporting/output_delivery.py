"""Sends what a run prints to the Studio, in a background thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass

from arkor_dash.errors import ArkorDashError

from .output_buffer import OutputBuffer, missing
from .script_client import OutputClient
from .studio_client import asked_wait_s

LOST = "the Studio has lost them"


@dataclass(frozen=True, slots=True)
class OutputPace:
    """How often it is looked for output, and the bounds of the wait after a failure."""

    interval_s: float = 0.2
    first_wait_s: float = 0.5
    longest_wait_s: float = 5.0


class OutputDelivery:
    """Sends the output from its own thread and over its own connection. Prints nothing.

    After a final refusal nothing more is sent or kept. Args: must_wait: whether the events are to be sent first.
    """

    def __init__(
        self,
        client: OutputClient,
        buffer: OutputBuffer,
        must_wait: Callable[[], bool],
        pace: OutputPace | None = None,
    ) -> None:
        self._client = client
        self._buffer = buffer
        self._must_wait = must_wait
        self._pace = pace or OutputPace()
        self._piece = b""  # taken from the buffer, and not known to be stored
        self._stored = 0
        self._is_last = False
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._deliver, name="arkor-output", daemon=True)

    @property
    def undelivered(self) -> int:
        """The number of bytes that the Studio has not stored."""
        return len(self._piece) + self._buffer.size

    def start(self) -> None:
        self._thread.start()

    def close(self, deadline_s: float, *, is_last: bool) -> None:
        """Send the rest, for up to `deadline_s` or until Ctrl-C. `is_last`: `end` will not be called."""
        self._is_last = is_last
        self._closing.set()
        with contextlib.suppress(KeyboardInterrupt):
            self._thread.join(max(0.0, deadline_s))
        self._abandoned.set()

    def end(self, output: bytes) -> None:
        """After `close`, send the very last of the output, in one attempt, unless something before it is missing."""
        if not self._thread.is_alive() and not self.undelivered:
            with contextlib.suppress(ArkorDashError):
                self._client.send_output(self._stored, output, is_last=True)
        self._client.close()

    def _deliver(self) -> None:
        failures = 0
        try:
            while not self._abandoned.is_set():
                # Read before sending, so that everything printed before `close` is still sent.
                is_last_round = self._closing.is_set()
                wait_s = self._pace.interval_s
                try:
                    if is_last_round or not self._must_wait():
                        self._send_waiting()
                        failures = 0
                    if is_last_round:
                        return
                except ArkorDashError as error:
                    if not error.retryable:
                        raise
                    failures += 1
                    wait_s = self._wait_s(failures, error)
                (self._abandoned if is_last_round else self._closing).wait(wait_s)
        except Exception:  # noqa: BLE001  # what is printed must not disturb a training
            self._buffer.close()
        finally:
            self._client.close()

    def _wait_s(self, failures: int, error: ArkorDashError) -> float:
        backoff_s: float = self._pace.first_wait_s * 2 ** min(failures - 1, 10)
        return max(min(self._pace.longest_wait_s, backoff_s), asked_wait_s(error))

    def _send_waiting(self) -> None:
        while not self._abandoned.is_set():
            self._piece = self._piece or self._buffer.take()
            if not self._piece:
                break
            stored = self._client.send_output(self._stored, self._piece)
            if stored < self._stored:  # the Studio has lost a part
                self._piece = missing(self._stored - stored, LOST) + self._piece
            else:
                self._piece = self._piece[stored - self._stored :]
            self._stored = stored
        if self._closing.is_set() and self._is_last:
            self._client.send_output(self._stored, b"", is_last=True)
