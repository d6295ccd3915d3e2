"""Sends the events of a run to the Studio in a background thread, and retries until they are stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from arkor_dash.errors import ArkorDashError, BadAnswerError, RefusedError, SourceUnavailableError
from arkor_dash.sdk.console import warn

from .outbox import EVENT_LIMIT_BYTES, Outbox, OversizedError
from .studio_client import StudioClient, TooLargeError, asked_wait_s
from .trimming import trimmed

BACKLOG_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how much is sent, and the bounds of the exponential back-off (with jitter) between attempts."""

    interval_s: float = 0.2
    batch_events: int = 1_000
    batch_bytes: int = 1_000_000
    first_wait_s: float = 0.25
    longest_wait_s: float = 5.0


class Delivery:
    """Queues events and sends them from its own thread. `put` never waits for the network.

    While the Studio does not answer, it is tried again. After a final refusal (wrong token, no such job, job ended)
    nothing more is sent, and the training continues. Each is printed once on stderr. Events that are not delivered
    by the end of `close` stay in a file.
    """

    def __init__(self, client: StudioClient, outbox: Outbox, pace: Pace | None = None) -> None:
        self._client = client
        self._outbox = outbox
        self._pace = pace or Pace()
        self._batch_events = self._pace.batch_events
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._abandoned = threading.Event()
        self._unreachable_since: float | None = None
        self._oversized = 0
        self._warned_late = False
        self._thread: threading.Thread | None = None

    @property
    def is_behind(self) -> bool:
        """Whether the Studio does not answer, or more events wait than it takes in a moment."""
        return self._unreachable_since is not None or self._outbox.undelivered > BACKLOG_EVENTS

    def start(self, name: str, config: Mapping[str, object]) -> None:
        """Start the thread. It sends the job's name and config first, then events."""
        announce = partial(self._announce, name, config)
        self._thread = threading.Thread(
            target=self._deliver, args=(announce,), name="arkor-delivery", daemon=True
        )
        self._thread.start()

    def put(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event. If it is larger than a Studio accepts, its largest fields are left out."""
        try:
            accepted = self._outbox.put(event, data)
        except OversizedError as error:
            # 500 bytes are enough for what surrounds the data.
            smaller, left_out = trimmed(data, EVENT_LIMIT_BYTES - 500)
            accepted = self._outbox.put(event, smaller)
            self._oversized += 1
            if self._oversized == 1:
                warn(
                    f"{error}. Left out: {', '.join(left_out)}. The training continues. "
                    "Save large values as an artifact."
                )
        if not accepted and not self._warned_late:
            self._warned_late = True
            warn(f"{event} was reported after the end of the run. This event and later ones are dropped.")
        self._wake.set()

    def close(self, deadline_s: float) -> None:
        """Deliver the remaining events, for up to `deadline_s` or until Ctrl-C, and print what is undelivered."""
        self._closing.set()
        self._wake.set()
        try:
            self._join(deadline_s)
        except KeyboardInterrupt:
            warn("Interrupted while the last events were being delivered.")
        self._abandoned.set()
        self._keep_undelivered()
        if self._oversized > 1:
            warn(
                f"{self._oversized:,} events were too large and had fields left out. The first is named above."
            )

    def _join(self, deadline_s: float) -> None:
        if self._thread is None:
            return
        silent_s = min(2.0, deadline_s)
        self._thread.join(silent_s)
        if self._thread.is_alive() and deadline_s > silent_s:
            warn(
                f"Waiting up to {deadline_s:g} s for the Studio to receive the last "
                f"{self._outbox.undelivered:,} events. Press Ctrl-C to leave them in a file."
            )
            self._thread.join(deadline_s - silent_s)

    def _keep_undelivered(self) -> None:
        count, total = self._outbox.undelivered, self._outbox.put_count
        try:
            path = self._outbox.close()
            where = f" They are in {path}." if path is not None else ""
        except OSError as error:
            where = f" They could not be written to a file either: {error}."
        if count:
            if self._outbox.dropped:
                where += f" {self._outbox.dropped:,} of them were dropped: neither memory nor disk had room."
            warn(f"{count:,} of {total:,} events were not delivered to the Studio.{where}")

    def _deliver(self, announce: Callable[[], None]) -> None:
        try:
            self._attempt(announce)
            while True:
                self._wake.wait()
                self._wake.clear()
                # Read before sending, so that every event put before `close` is still sent.
                last_round = self._closing.is_set()
                while self._outbox.waiting and not self._abandoned.is_set():
                    self._attempt(self._send_next)
                if last_round:
                    return
                self._closing.wait(self._pace.interval_s)
        except ArkorDashError as error:
            self._give_up(str(error))
        except Exception as error:  # noqa: BLE001  # the thread must not end without a message
            self._give_up(f"{type(error).__name__}: {error}")
        finally:
            self._client.close()

    def _announce(self, name: str, config: Mapping[str, object]) -> None:
        try:
            self._client.announce(name, config)
        except RefusedError as error:
            warn(f"The Studio refuses the job's name and config ({error}). The events are sent anyway.")

    def _send_next(self) -> None:
        first, batch = self._outbox.take(self._batch_events, self._pace.batch_bytes)
        try:
            acknowledged = self._client.send(batch)
        except TooLargeError:
            if len(batch) == 1:
                raise
            self._batch_events = max(1, len(batch) // 2)
            return
        self._outbox.settle(acknowledged, len(batch))
        if acknowledged < first:
            raise BadAnswerError(f"it still waits for event {acknowledged + 1:,}")

    def _attempt(self, action: Callable[[], None]) -> None:
        def unless_abandoned() -> None:
            if self._abandoned.is_set():
                raise SourceUnavailableError("the run has ended")
            action()

        Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, ArkorDashError) and error.retryable),
            wait=self._wait_s,
            stop=stop_when_event_set(self._abandoned),
            sleep=sleep_using_event(self._abandoned),
            before_sleep=self._warn_unreachable,
            reraise=True,
        )(unless_abandoned)
        if self._unreachable_since is not None:
            warn(f"The Studio answers again after {time.monotonic() - self._unreachable_since:.0f} s.")
            self._unreachable_since = None

    def _wait_s(self, state: RetryCallState) -> float:
        first_s, longest_s = self._pace.first_wait_s, self._pace.longest_wait_s
        backoff_s = wait_random_exponential(multiplier=first_s, max=longest_s)(state)
        return max(backoff_s, asked_wait_s(state.outcome.exception() if state.outcome else None))

    def _warn_unreachable(self, state: RetryCallState) -> None:
        """Print a warning at the second failure in a row. A single failure is not worth one."""
        if state.attempt_number == 2 and self._unreachable_since is None:
            self._unreachable_since = time.monotonic()
            error = state.outcome.exception() if state.outcome else None
            warn(
                f"The Studio does not answer ({error}). The training continues. "
                "Its events are kept until the Studio is back."
            )

    def _give_up(self, reason: str) -> None:
        if not self._abandoned.is_set():
            warn(f"Reporting to the Studio has stopped: {reason}. The training continues.")
