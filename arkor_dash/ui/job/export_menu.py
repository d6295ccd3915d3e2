"""The Export menu of a job. A file is made only when the viewer asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from arkor_dash.charts.curve import CurveOptions
from arkor_dash.charts.x_axis import x_axis
from arkor_dash.export.job_files import FILE_FORMATS, ExportedJob, FileFormat, output_file
from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.file_stream import FileStream
from arkor_dash.protocol.fields import utc_time
from arkor_dash.protocol.file_names import file_name
from arkor_dash.protocol.jobs import UNFINISHED, Job
from arkor_dash.ui import session
from arkor_dash.ui.browser.chart import save_image_button
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.download import Download, Labels, drop_download, offer_download
from arkor_dash.ui.file_link import file_link

from .job_now import JobNow


def export_menu(parts: LiveParts[JobNow], *, shows_chart: bool) -> None:
    """The Export button and its menu of file formats. Args: shows_chart: whether the loss chart is on the page."""
    with st.popover(
        "Export", icon=":material/download:", type="tertiary", key="export", on_change="rerun"
    ) as menu:
        parts.depends("export", lambda now: (now.feed.losses.empty, bool(now.feed.system.metrics)))
        if not menu.open:
            drop_download("export")
            return
        kept, read_job = session.open_loss_chart(), parts.read
        options = kept.curve.options if kept else CurveOptions()
        exported = _exported_job(parts.now, options)

        def read() -> ExportedJob:
            return _exported_job(read_job(), options)

        with st.container(key="export_forms", gap="xxsmall"):
            for file_format in FILE_FORMATS:
                if file_format.needs == "system" and not exported.feed.system.metrics:
                    continue
                _entry(file_format, exported, read)
                if file_format is FILE_FORMATS[0]:
                    _picture(exported, disabled=exported.feed.losses.empty or not shows_chart)
            if _has_output(parts.now.dash, exported):
                file_link("Output as text", "export_output", lambda: output_file(read()))


def _exported_job(now: JobNow, options: CurveOptions) -> ExportedJob:
    """The job as it is now. Args: options: how the viewer's chart was drawn."""
    dash, job, feed, state = now.dash, now.job, now.feed, now.state
    axis = x_axis(options.axis.kind, feed.metrics, feed.facts.started_at_ms)
    known = job or Job(feed.job_id, "", state.status)
    completed_at = known.completed_at
    if completed_at is None and state.completed_at_ms is not None:
        completed_at = utc_time(state.completed_at_ms)
    return ExportedJob(
        source=dash.source,
        job=replace(known, status=state.status, completed_at=completed_at, error=known.error or state.error),
        live=not state.ended or state.status == UNFINISHED,
        feed=feed,
        options=replace(options, axis=axis),
        followed_output=_followed_output(dash, feed.job_id),
    )


def _followed_output(dash: Dashboard, job_id: str) -> Callable[[], FileStream] | None:
    """A function that returns the output of the job's run so far; None if this dashboard does not follow the run."""
    output = dash.output
    return output.download if output is not None and output.snapshot().job_id == job_id else None


def _has_output(dash: Dashboard, exported: ExportedJob) -> bool:
    """Whether there may be output of the job, as far as is known without asking for it."""
    if exported.followed_output is not None:
        return True
    runner, kept = exported.source.runner, dash.kept_outputs
    return runner is not None and runner.keeps_runs and not (kept and kept.is_missing(exported.feed.job_id))


def _entry(file_format: FileFormat, exported: ExportedJob, read: Callable[[], ExportedJob]) -> None:
    """An entry of the menu. Args: read: the job when the file is made, which may be long after the menu was drawn."""
    name = file_name(exported.feed.job_id, file_format.suffix)
    download = Download(
        # A file that was made while the job was live is not offered once it has ended.
        id=("export", exported.feed.job_id, file_format.suffix, exported.live),
        group="export",
        file_name=name,
        mime=file_format.mime,
        make=lambda _unwanted: file_format.make(read()),
    )
    label = file_format.label
    lower = f"{label[:1].lower()}{label[1:]}"
    offer_download(
        download,
        Labels(label, working=f"{label}…", ready=f"Download {lower}", failed=f"{label}: "),
        key=f"export_{file_format.suffix.strip('.').replace('.', '_')}",
        primary=True,
        disabled=file_format.needs == "chart" and exported.feed.losses.empty,
    )


def _picture(exported: ExportedJob, *, disabled: bool) -> None:
    """The entry that saves the chart as a picture. The browser makes the picture itself."""
    name = file_name(exported.feed.job_id)
    save_image_button("Chart as PNG", name, key="export_png", disabled=disabled)
