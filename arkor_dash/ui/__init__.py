"""The pages. The only folder that imports Streamlit."""

from arkor_dash.ui.job.page import job_page

from . import gc_freeze
from .compare.page import compare_page
from .job_editor import job_editor
from .job_lists import jobs_card, recent_jobs
from .open_recording import job_in_address, open_recording
from .run_panel import run_panel
from .shell import heading, links, page_title, shell

__all__ = [
    "compare_page",
    "heading",
    "job_editor",
    "job_in_address",
    "job_page",
    "jobs_card",
    "links",
    "open_recording",
    "page_title",
    "recent_jobs",
    "run_panel",
    "shell",
]

gc_freeze.freeze_imported_objects()
