"""Signs of life for a run that nobody watches as a process."""

from __future__ import annotations

import threading

from arkor_dash.errors import ArkorDashError

from .script_client import ScriptClient


class Heartbeat:
    """Tells the Studio every `interval_s` that the script lives, from a thread of its own.

    `cancelled` becomes true once the Studio answers that the job was asked to end. Failures are silent: the
    delivery of the events says what there is to say.
    """

    def __init__(self, client: ScriptClient, interval_s: float) -> None:
        self._client = client
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self.cancelled = False
        self._thread = threading.Thread(target=self._beat_on, name="arkor-heartbeat", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns at once; a beat that is on its way may still arrive."""
        self._stopped.set()

    def _beat_on(self) -> None:
        while not self._stopped.wait(self._interval_s):
            try:
                self.cancelled = self._client.beat() or self.cancelled
            except ArkorDashError as error:
                if not error.retryable:
                    break
        self._client.close()
