"""The parts of one running Studio."""

from __future__ import annotations

from anyio import to_thread

from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.studio.errors import JobRunningError, RequestError
from arkor_dash.studio.runs.external import ExternalRuns
from arkor_dash.studio.runs.launcher import Launcher
from arkor_dash.studio.runs.manifest import ManifestReader
from arkor_dash.studio.runs.recorder import Recorder
from arkor_dash.studio.runs.retention import Retention
from arkor_dash.studio.runs.run import Run

from .catch_up import CatchUp
from .compaction import Compaction
from .context import StudioContext


class Studio:
    """The parts that the routes use: the store, runs, manifest and retention."""

    def __init__(self, context: StudioContext) -> None:
        self.context = context
        self.store = context.store
        self._recorder = Recorder(context)
        self.launcher = Launcher(context, self._recorder)
        self.external = ExternalRuns(context, self._recorder)
        self.manifest = ManifestReader(context)
        self.retention = Retention(context, self.launcher)
        self._catch_up = CatchUp(context)
        self._compaction = Compaction(context)

    def run(self, job_id: str) -> Run | None:
        """The job's run, if it was in progress at any time since this Studio process started."""
        return self.launcher.run(job_id) or self.external.run(job_id)

    async def cancel(self, job_id: str) -> Job:
        """Ask the job's run to end. Returns the changed job. Asking again changes nothing.

        If the job has ended, but its process still runs, the process is ended, and the job stays as it is.
        A script gets the request at its next heartbeat at the latest. It is never killed.
        Raises: UnknownJobError. RequestError: the job and its process have ended, or another Studio runs it.
        """
        run = self.run(job_id)
        if run is not None:
            return await self._recorder.cancel(run)
        job = await to_thread.run_sync(self.store.job, job_id)
        if job.status in TERMINAL:
            raise RequestError(409, "The job has ended. There is nothing to cancel.")
        raise RequestError(409, "Another Studio runs this job. Cancel it there.")

    async def delete(self, job_id: str) -> None:
        """Delete the job with its events and the folder of its run. Reports that arrive later are refused.

        Raises: UnknownJobError. JobRunningError: the job has not ended, or its process still runs.
            RequestError: another Studio has run it, which has the folder.
        """
        if self.launcher.current_job_id == job_id:
            raise JobRunningError
        if not await to_thread.run_sync(self.store.owns, job_id):
            await to_thread.run_sync(self.store.job, job_id)
            raise RequestError(409, "Another Studio has run this job. Delete it there.")
        await to_thread.run_sync(self.retention.delete_job, job_id)
        self.launcher.forget(job_id)
        self.external.forget(job_id)
        self.context.events_stored.notify(job_id)
        self.context.output_grew.notify(job_id)

    def start(self) -> None:
        """Start the background work. Call on the event loop."""
        self.external.start()
        self.retention.start()
        self._catch_up.start()
        self._compaction.start()

    async def stop(self) -> None:
        """End the run and the manifest's child process, then close every stream.

        Scripts that the Studio did not start go on, and may report to the next Studio of this folder.
        """
        self.retention.stop()
        self._catch_up.stop()
        self._compaction.stop()
        self.manifest.stop()
        self.external.stop()
        await self.launcher.stop()
        self._recorder.stop()
        self.context.events_stored.close()
        self.context.output_grew.close()
