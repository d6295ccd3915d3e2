"""Removes the files of old runs, so that output, artifacts and checkpoints don't fill the disk, and deletes jobs."""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from pathlib import Path

from anyio import to_thread

from arkor_dash.protocol.fields import shortened
from arkor_dash.studio.background import BackgroundTask
from arkor_dash.studio.context import StudioContext

from .launcher import Launcher

_REMOVED = ".removed-"
"""Prefix of a folder that is being removed. It is renamed first, so that a run's folder is never incomplete."""
NAME_LIMIT = 80
log = logging.getLogger(__name__)


def removed_text(context: StudioContext, job_id: str) -> str:
    """The error text for a request for a removed file. It names the run: it is also shown on other pages. Blocks."""
    keep_runs = context.keep_runs
    name = shortened(context.store.job(job_id).name, NAME_LIMIT)
    text = f"The files of {name} ({job_id}) were removed" if name else f"The files of {job_id} were removed"
    if not keep_runs:
        return f"{text}."
    return (
        f"{text} to make room. The Studio keeps the files of the newest finished runs, "
        f"at most {keep_runs:,} (setting ARKOR_DASH_KEEP_RUNS)."
    )


class Retention(BackgroundTask):
    """Keeps the folders of the `keep_runs` runs that ended last, and of all runs in progress.

    Removes old files at the start, and again whenever a run has ended.

    The jobs and their events stay in the store. 0 keeps all folders.
    """

    def __init__(self, context: StudioContext, launcher: Launcher) -> None:
        self._context = context
        self._launcher = launcher
        self._removing = threading.Lock()

    async def _run(self) -> None:
        while True:
            run_ended = self._context.run_ended.next()
            try:
                await to_thread.run_sync(self.remove_old, self._launcher.current_job_id)
            except Exception as error:  # noqa: BLE001 - the watch goes on
                self._context.log_failure("The files of old runs could not be removed", error)
            await run_ended.wait()

    def remove_old(self, current_job_id: str | None) -> None:
        """Remove the folders of old runs. Blocks.

        Args: current_job_id: the job of the launcher's run, whose trainer may still save files after its job's end.
        """
        with self._removing:
            if self._context.keep_runs:
                folders = {folder.name: folder for folder in self._context.state.runs.iterdir()}
                finished = [job_id for job_id in self._context.store.finished() if job_id != current_job_id]
                for job_id in finished[self._context.keep_runs :]:
                    if job_id in folders:
                        folders[job_id].rename(self._removed(job_id))
            self._delete_removed()

    def delete_job(self, job_id: str) -> None:
        """Remove the job from the store, and the folder of its run. Blocks.

        The folder is put aside first: if the store does not remove the job, everything stays as it was.
        Raises: UnknownJobError. JobRunningError: the job has not ended. SQLAlchemyError, OSError.
        """
        folder, removed = self._context.state.run(job_id), self._removed(job_id)
        with self._removing:
            with contextlib.suppress(FileNotFoundError):
                folder.rename(removed)
            try:
                self._context.store.delete_job(job_id)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    removed.rename(folder)
                raise
            self._delete_removed()

    def _removed(self, job_id: str) -> Path:
        """Where the folder of the job's run is put before it is removed."""
        return self._context.state.runs / f"{_REMOVED}{job_id}"

    def _delete_removed(self) -> None:
        for removed in self._context.state.runs.glob(f"{_REMOVED}*"):
            _delete(removed)


def _delete(folder: Path) -> None:
    """Remove the folder. A link in it, or in its place, is removed, and what it leads to stays."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            log.warning(
                "%s can't be removed completely; the Studio tries again when the next run has ended", folder
            )
