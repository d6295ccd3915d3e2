"""The thread that records a run's environment once, and its use of the machine over time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from arkor_dash.protocol.environment import EnvironmentRecorded, SystemMeasured
from arkor_dash.protocol.events import (
    EVENT_NAMES,
    TrainingCancelled,
    TrainingCompleted,
    TrainingFailed,
    TrainingStarted,
)
from arkor_dash.sdk.event_data import event_data

from .choice import ENVIRONMENT, SYSTEM, chosen_parts

if TYPE_CHECKING:
    from arkor_dash.protocol.environment import Gpu
    from arkor_dash.sdk.run import EventSink

    from .code_version import CodeFolder

INTERVAL_S = 10.0
LARGEST_SHARE = 0.004
"""Of a core. Among thousands of processes, finding the children takes long: then they are measured less often."""
GRACE_S = 2.0
"""How long the end of a run waits for its environment, if the run was shorter than finding that out takes."""
_STARTED = EVENT_NAMES[TrainingStarted]
_ENDS = frozenset(EVENT_NAMES[kind] for kind in (TrainingCompleted, TrainingFailed, TrainingCancelled))


class Recorder:
    """Passes a run's events on. Between its start and its end, adds what the run records about itself.

    Never raises and never prints because of what is recorded. It holds no reference to the run.
    Args: code: returns where the code of the run lies.
    """

    def __init__(
        self,
        sink: EventSink,
        job_id: str,
        code: Callable[[], CodeFolder],
        *,
        parts: frozenset[str] | None = None,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._sink = sink
        self._job_id = job_id
        self._code = code
        self._parts = (chosen_parts() if parts is None else parts) & {ENVIRONMENT, SYSTEM}
        self._interval_s = interval_s
        self._lock = threading.Lock()  # held while an event of the thread is put
        self._stopped = threading.Event()
        self._has_environment = threading.Event()
        self._thread: threading.Thread | None = None

    def put(self, event: str, data: Mapping[str, object]) -> None:
        """Queue an event of the run. Its first event starts the thread, and its last one ends it."""
        if event in _ENDS:
            self._stop()
        self._sink.put(event, data)
        if event == _STARTED and self._parts and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="arkor-recorder", daemon=True)
            with contextlib.suppress(RuntimeError):  # the system has no room for another thread
                self._thread.start()

    def _stop(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            with contextlib.suppress(KeyboardInterrupt):  # end the run without its environment
                self._has_environment.wait(GRACE_S)
        with self._lock:
            self._stopped.set()

    def _run(self) -> None:
        with contextlib.suppress(Exception):  # what is recorded must not end or disturb a training
            from .gpus import Gpus  # noqa: PLC0415  # takes a part of the training's start

            gpus = Gpus()
            try:
                if ENVIRONMENT in self._parts:
                    self._record_environment(gpus.described())
                self._has_environment.set()
                if SYSTEM in self._parts:
                    self._measure(gpus.measured)
            finally:
                gpus.close()
        self._has_environment.set()

    def _record_environment(self, gpus: tuple[Gpu, ...]) -> None:
        from .environment import environment  # noqa: PLC0415  # as above

        self._report(EVENT_NAMES[EnvironmentRecorded], environment(self._code(), gpus).payload())

    def _measure(self, gpus: Callable[[], Mapping[str, float]]) -> None:
        from .processes import Processes  # noqa: PLC0415  # as above

        processes, pause_s = Processes(), self._interval_s
        while not self._stopped.wait(pause_s):
            began_s = time.thread_time()
            self._report(EVENT_NAMES[SystemMeasured], {**processes.measured(), **gpus()})
            pause_s = max(self._interval_s, (time.thread_time() - began_s) / LARGEST_SHARE)

    def _report(self, event: str, fields: Mapping[str, object]) -> None:
        with self._lock:
            if not self._stopped.is_set():
                self._sink.put(event, event_data(event, self._job_id, fields))
