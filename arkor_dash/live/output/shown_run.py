"""The run that the pages show: its newest lines, and its whole output for a download."""

from __future__ import annotations

from collections.abc import Iterator

from arkor_dash.errors import ArkorDashError
from arkor_dash.live.file_stream import FileStream
from arkor_dash.protocol.file_names import file_name
from arkor_dash.protocol.start_marker import StartMarker
from arkor_dash.sources import Runner

from .download import OutputCopy, kept_output
from .log import RunLog


class ShownRun:
    """The shown run. One thread calls `show`, `show_new`, `add` and `close`; any thread may call `download`.

    `log` holds the state that pages show, and never waits for a disk or a network. The methods here may wait.
    """

    def __init__(self, runner: Runner) -> None:
        self.log = RunLog()
        self._runner = runner
        self._copy: OutputCopy | None = None
        self._marker: StartMarker | None = None

    def show(self, job_id: str, *, running: bool, starting: bool) -> None:
        """Show a run, from the start of its output unless it is shown already."""
        if job_id == self.log.state.job_id:
            self.log.update(running=running)
        else:
            self.show_new(job_id, running=running, starting=starting)

    def show_new(self, job_id: str | None, *, running: bool, starting: bool, begins_at: int = 0) -> None:
        """Show a run from that byte of its output on. The output is copied only if the runner does not keep it."""
        self.close()
        self._copy = None if self._runner.keeps_runs and job_id is not None else OutputCopy()
        # Kept output is resumed by its offset, so nothing may be taken out of it.
        self._marker = None if self._runner.keeps_runs else StartMarker()
        self.log.show(job_id, running=running, starting=starting, begins_at=begins_at)

    def add(self, output: bytes, *, final: bool = False) -> None:
        """Add the next bytes of the output. `final` says that no more will follow."""
        if self._marker is not None:
            output = self._marker.feed(output, final=final)
            if self._marker.job_id is not None:
                self.log.update(job_id=self._marker.job_id)
        if self._copy is not None and output:
            self._copy.append(output)
            if self._copy.problem is not None:
                self.log.update(download_problem=self._copy.problem)
        if output or final:
            self.log.add(output, final=final)

    def download(self) -> FileStream:
        """Everything that the run has printed so far, escape codes included.

        Its pieces may raise an ArkorDashError. The snapshot's `download_problem` then says so, too.
        """
        copy = self._copy
        job_id, size = self.log.job_and_size()
        if copy is not None:
            size = copy.size
            pieces = copy.pieces(size)
        else:
            pieces = iter(()) if job_id is None else kept_output(self._runner, job_id, size)
        name = file_name(job_id or "", ".log", otherwise="run")
        return FileStream(name, self._watched(pieces, copy), size, "text/plain")

    def close(self) -> None:
        """Remove the copy, if there is one."""
        if self._copy is not None:
            self._copy.close()

    def _watched(self, pieces: Iterator[bytes], copy: OutputCopy | None) -> Iterator[bytes]:
        try:
            yield from pieces
        except ArkorDashError as error:
            self.log.update(download_problem=str(error))
            raise
        self.log.update(download_problem=None if copy is None else copy.problem)
