"""The output of the runs that a source keeps, each read once for all viewers, from near its end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from arkor_dash.errors import UNEXPECTED_ERROR, JobNotFoundError, SourceError
from arkor_dash.live.file_stream import FileStream
from arkor_dash.live.tracebacks import release_frames
from arkor_dash.sources import Runner, RunOutput

from .download import printed_so_far
from .log import OutputSnapshot
from .reader import OutputReader
from .shown_run import ShownRun

TAIL_BYTES = 1_000_000
"""How much of a long output is read: its end, about as much as a page shows."""
MOST_KEPT = 32
"""The number of outputs that are kept for the next viewer: the ones that were requested last."""
UNWATCHED_S = 60.0
"""Seconds without a request after which an output that is not whole is dropped. An open page requests it often."""
SWEEP_S = 5.0
NO_OUTPUT = (
    "The Studio has no output of this job. It keeps what its own runs print, and what a script prints that sends it: "
    "one with a recent SDK, unless that was turned off."
)

log = logging.getLogger(__name__)


class KeptOutput:
    """The output of one run, read in a thread of its own. Thread-safe."""

    def __init__(self, runner: Runner, job_id: str) -> None:
        self.requested_at = 0.0
        self._runner = runner
        self._job_id = job_id
        self._shown = ShownRun(runner)
        self._reader = OutputReader(runner, self._shown, of_project=False)
        self._is_found = False
        self.is_missing = False
        """Whether the source has said that it has no output of the job."""
        self._thread = threading.Thread(target=self._read, name="kept-output", daemon=True)
        self._thread.start()

    @property
    def is_being_read(self) -> bool:
        return self._thread.is_alive()

    @property
    def is_whole(self) -> bool:
        """Whether it was read to its end. If not, it is being read, or can't be."""
        return self._shown.log.state.end is not None

    def snapshot(self) -> OutputSnapshot:
        return self._shown.log.snapshot()

    def download(self) -> FileStream:
        """The whole output so far. Its pieces may raise an ArkorDashError."""
        return self._shown.download()

    def close(self) -> None:
        self._reader.close()

    def _read(self) -> None:
        try:
            self._reader.follow(self._job_id, self._connect)
        except JobNotFoundError:
            self.is_missing = True
            self._shown.log.update(error=NO_OUTPUT)
        except SourceError as error:
            release_frames(error)
            self._shown.log.update(error=str(error))
        except Exception as error:
            log.exception("The output of a run could not be read")
            release_frames(error)
            self._shown.log.update(error=UNEXPECTED_ERROR)
        finally:
            self._shown.log.update(running=False, interrupted=None)

    def _connect(self) -> RunOutput:
        if not self._is_found:
            size = printed_so_far(self._runner, self._job_id) or 0
            begins_at = max(0, size - TAIL_BYTES)
            self._shown.show_new(self._job_id, running=True, starting=False, begins_at=begins_at)
            self._is_found = True
        return self._runner.output(self._job_id, self._shown.log.received)


class KeptOutputs:
    """The outputs that somebody looks at, and those that were requested last. Thread-safe."""

    def __init__(
        self, runner: Runner, *, monotonic: Callable[[], float] = time.monotonic, sweep_s: float = SWEEP_S
    ) -> None:
        self._runner = runner
        self._monotonic = monotonic
        self._sweep_s = sweep_s
        self._lock = threading.Lock()
        self._outputs: dict[str, KeptOutput] = {}
        self._sweeper: threading.Thread | None = None

    def acquire(self, job_id: str) -> KeptOutput:
        """The output of the job's run, which counts as requested now. Returns at once."""
        with self._lock:
            output = self._outputs.pop(job_id, None) or KeptOutput(self._runner, job_id)
            output.requested_at = self._monotonic()
            self._outputs[job_id] = output  # the latest request comes last
            while len(self._outputs) > MOST_KEPT:
                self._outputs.pop(next(iter(self._outputs))).close()
            if self._sweeper is None:
                self._sweeper = threading.Thread(target=self._sweep, name="kept-output-sweeper", daemon=True)
                self._sweeper.start()
            return output

    def is_missing(self, job_id: str) -> bool:
        """Whether it is known that the source has no output of the job. Returns at once, and requests nothing."""
        output = self._outputs.get(job_id)
        return output is not None and output.is_missing

    def _sweep(self) -> None:
        """Drop what nobody looks at and is not whole. Ends when all outputs are whole."""
        while True:
            time.sleep(self._sweep_s)
            with self._lock:
                since = self._monotonic() - UNWATCHED_S
                for job_id, output in list(self._outputs.items()):
                    if not output.is_whole and output.requested_at < since:
                        output.close()
                        del self._outputs[job_id]
                if all(output.is_whole for output in self._outputs.values()):
                    self._sweeper = None
                    return
