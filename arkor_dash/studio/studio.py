"""The parts of one running Studio."""

from __future__ import annotations

from arkor_dash.studio.runs.external import ExternalRuns
from arkor_dash.studio.runs.launcher import Launcher
from arkor_dash.studio.runs.manifest import ManifestReader
from arkor_dash.studio.runs.retention import Retention
from arkor_dash.studio.runs.run import Run

from .context import StudioContext


class Studio:
    """The parts that the routes use: the store, runs, manifest and retention."""

    def __init__(self, context: StudioContext) -> None:
        self.context = context
        self.store = context.store
        self.launcher = Launcher(context)
        self.external = ExternalRuns(context)
        self.manifest = ManifestReader(context)
        self.retention = Retention(context, self.launcher)

    def run(self, job_id: str) -> Run | None:
        """The job's run, if it was in progress at any time since this Studio process started."""
        return self.launcher.run(job_id) or self.external.run(job_id)

    def start(self) -> None:
        """Start the background work. Call on the event loop."""
        self.external.start()
        self.retention.start()

    async def stop(self) -> None:
        """End the run and the manifest's child process, then close every stream.

        Scripts that the Studio did not start go on, and may report to the next Studio of this folder.
        """
        self.retention.stop()
        self.manifest.stop()
        self.external.stop()
        await self.launcher.stop()
        self.context.events_stored.close()
        self.context.output_grew.close()
