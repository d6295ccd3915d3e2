"""The parts of one running Studio."""

from __future__ import annotations

from .launcher import Launcher
from .manifest import ManifestReader
from .setup import Setup


class Studio:
    """What the routes work with."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.store = setup.store
        self.launcher = Launcher(setup)
        self.manifest = ManifestReader(setup)

    async def stop(self) -> None:
        """End the run and the manifest's child; every stream then tells its reader, and closes."""
        self.manifest.stop()
        await self.launcher.stop()
        self.setup.landed.close()
        self.setup.grown.close()
