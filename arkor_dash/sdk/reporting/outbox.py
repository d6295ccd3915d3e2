"""The queue of events that the Studio has not acknowledged: numbered, in order, with bounded memory.

    put → tail (memory) → spool (disk, only while the tail overflows) → head (memory) → settled

Any thread may call `put`. Only one thread, the sender, may call `take` and `settle`.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from arkor_dash.errors import ArkorDashError, RefusedError

from .spool import Spool

EVENT_LIMIT_BYTES = 8_000_000
"""The largest event that a Studio accepts, as JSON."""


class OversizedError(ArkorDashError):
    """An event is larger than `EVENT_LIMIT_BYTES`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the memory of waiting events, in bytes of their JSON.

    `tail_bytes`: the newest events, before they are written to disk. `head_bytes`: how much is read back at a time.
    `held_bytes`: the newest events while they can't be written to disk.
    """

    tail_bytes: int = 256_000
    head_bytes: int = 1_000_000
    held_bytes: int = 16_000_000


class Outbox:
    """The events of one run, from `put` until the Studio acknowledges them."""

    def __init__(self, spool_path: Path | None, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._spool = Spool(spool_path) if spool_path is not None else None
        self._lock = threading.Lock()
        self._settled: deque[bytes] = deque()  # acknowledged events, kept in case the Studio loses them
        self._settled_bytes = 0
        self._head: deque[bytes] = deque()
        self._head_seq = 1  # sequence number of the first event in the head
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._spill_at = self._limits.tail_bytes
        self._next_seq = 1
        self._dropped = 0
        self._closed = False
        self._kept: Path | None = None

    @property
    def put_count(self) -> int:
        """Events put so far, dropped ones included."""
        return self._next_seq - 1 + self._dropped

    @property
    def undelivered(self) -> int:
        """Events that the Studio has not acknowledged, dropped ones included."""
        return self._next_seq - self._head_seq + self._dropped

    @property
    def dropped(self) -> int:
        """Events that were discarded, since neither memory nor disk had room or the outbox was closed."""
        return self._dropped

    @property
    def waiting(self) -> bool:
        """Whether there are events that the Studio has not acknowledged."""
        return self._head_seq < self._next_seq

    def put(self, event: str, data: Mapping[str, object]) -> bool:
        """Queue an event. Takes microseconds, and never waits for the network.

        Returns False if the outbox is closed: the event is then counted as dropped.
        Raises: OversizedError: the event is larger than a Studio accepts.
        """
        # With spaces, as the Studio counts them.
        body = json.dumps({"event": event, "data": data}).encode()
        if len(body) > EVENT_LIMIT_BYTES:
            raise OversizedError(
                f"{event} has {len(body):,} bytes, more than the {EVENT_LIMIT_BYTES:,} that a Studio accepts"
            )
        with self._lock:
            if self._closed:
                self._dropped += 1
                return False
            if event == "training.log" and self._full():
                self._dropped += 1
                return True
            line = b'{"seq":%d,%b\n' % (self._next_seq, body[1:])
            self._next_seq += 1
            self._tail.append(line)
            self._tail_bytes += len(line)
            if self._tail_bytes > self._spill_at:
                self._spill()
            return True

    def take(self, max_events: int, max_bytes: int) -> tuple[int, list[bytes]]:
        """The sequence number of the first unacknowledged event, and the events from there on.

        Returns at least one event if any is waiting. Events stay in the outbox until `settle` removes them.
        Raises: OSError: the spool can't be read.
        """
        if not self._head:
            self._refill()
        with self._lock:
            batch: list[bytes] = []
            size = 0
            for line in islice(self._head, max_events):
                size += len(line)
                if batch and size > max_bytes:
                    break
                batch.append(line)
            return self._head_seq, batch

    def settle(self, acknowledged: int, sent: int) -> None:
        """Remove the events up to `acknowledged`, which the Studio has stored, after `sent` events were sent.

        If `acknowledged` is lower than before, the Studio has lost events: they are put back into the queue.
        Raises: RefusedError: the Studio has more than was sent, or has lost events that are no longer in memory.
        """
        with self._lock:
            if self._closed:
                return
            ahead = acknowledged + 1 - self._head_seq
            if ahead > sent:
                raise RefusedError(
                    f"it already has event {acknowledged:,} of this job, which this run has not sent"
                )
            if -ahead > len(self._settled):
                raise RefusedError(
                    f"it has lost the events from {acknowledged + 1:,} on, which it had stored"
                )
            for _ in range(ahead):
                self._settled.append(self._head.popleft())
                self._settled_bytes += len(self._settled[-1])
            for _ in range(-ahead):
                self._head.appendleft(self._settled.pop())
                self._settled_bytes -= len(self._head[0])
            self._head_seq = acknowledged + 1
            while self._settled_bytes > self._limits.tail_bytes:
                self._settled_bytes -= len(self._settled.popleft())

    def close(self) -> Path | None:
        """Stop, and write the undelivered events to the spool's file.

        Returns that file, or None if every event was delivered or there is no spool. Closing again returns the same.
        Raises: OSError: the file can't be written.
        """
        with self._lock:
            if self._closed:
                return self._kept
            self._closed = True
            if self._spool is not None and self.waiting:
                self._spool.keep(self._head, self._tail)
                self._kept = self._spool.path
            elif self._spool is not None:
                self._spool.remove()
            return self._kept

    def _full(self) -> bool:
        """Whether neither memory nor disk has room. Tries the disk again every 1,000 events."""
        if self._tail_bytes > self._limits.held_bytes and self._dropped % 1_000 == 0:
            self._spill()
        return self._tail_bytes > self._limits.held_bytes

    def _spill(self) -> None:
        # On a full disk, the events stay in memory. After another `tail_bytes` the disk is tried again.
        self._spill_at = self._tail_bytes + self._limits.tail_bytes
        if self._spool is None:
            return
        with contextlib.suppress(OSError):
            self._spool.append(b"".join(self._tail))
            self._clear_tail()

    def _clear_tail(self) -> None:
        self._tail = deque()
        self._tail_bytes = 0
        self._spill_at = self._limits.tail_bytes

    def _refill(self) -> None:
        """Fill the empty head with the oldest waiting events. `put` is not blocked while the disk is read."""
        with self._lock:
            spool = self._spool if self._spool is not None and self._spool.unread_bytes else None
            if spool is None:
                self._head = self._tail
                self._clear_tail()
                return
        chunk = spool.peek(self._limits.head_bytes)
        with self._lock:
            if not self._closed:
                self._head.extend(chunk.splitlines(keepends=True))
                spool.advance(len(chunk))
