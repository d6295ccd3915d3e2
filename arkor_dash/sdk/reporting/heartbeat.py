"""Heartbeats of a script, whose process the Studio can't watch."""

from __future__ import annotations

import threading

from arkor_dash.errors import ArkorDashError

from .script_client import ScriptClient


class Heartbeat:
    """A thread that sends the Studio a heartbeat every `interval_s`.

    `cancelled` becomes true once the Studio answers that the job was asked to end. Failures are not printed here:
    the delivery of the events fails too, and reports it.
    """

    def __init__(self, client: ScriptClient, interval_s: float) -> None:
        self._client = client
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self.cancelled = False
        self._thread = threading.Thread(target=self._run, name="arkor-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop without waiting. A heartbeat that is being sent may still arrive."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_s):
            try:
                self.cancelled = self._client.send_heartbeat() or self.cancelled
            except ArkorDashError as error:
                if not error.retryable:
                    break
        self._client.close()
