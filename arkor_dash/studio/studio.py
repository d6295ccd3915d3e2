"""The parts of one running Studio."""

from __future__ import annotations

from arkor_dash.studio.runs.external import ExternalRuns
from arkor_dash.studio.runs.launcher import Launcher
from arkor_dash.studio.runs.manifest import ManifestReader
from arkor_dash.studio.runs.run import Run

from .context import StudioContext


class Studio:
    """What the routes work with."""

    def __init__(self, context: StudioContext) -> None:
        self.context = context
        self.store = context.store
        self.launcher = Launcher(context)
        self.external = ExternalRuns(context)
        self.manifest = ManifestReader(context)

    def run(self, job_id: str) -> Run | None:
        """What reports to that job, if it has been on since the Studio was started."""
        return self.launcher.run(job_id) or self.external.run(job_id)

    def start(self) -> None:
        """Begin to watch what reports from outside. Belongs on the event loop."""
        self.external.start()

    async def stop(self) -> None:
        """End the run and the manifest's child; every stream then tells its reader, and closes.

        Scripts outside go on, and may report to the Studio that comes next.
        """
        self.manifest.stop()
        self.external.stop()
        await self.launcher.stop()
        self.context.events_stored.close()
        self.context.output_grew.close()
