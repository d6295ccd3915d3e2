"""The pages. The only folder that imports Streamlit."""

from arkor_dash.ui.job.page import job_page

from . import gc_freeze
from .compare.page import compare_page
from .current_run import current_run
from .job_editor import job_editor
from .job_lists import jobs_card
from .open_recording import job_in_address, open_recording
from .recent_jobs import recent_jobs
from .report_card import report_card
from .run_panel import run_panel
from .shell import heading, navigation, page_title, shell

__all__ = [
    "compare_page",
    "current_run",
    "heading",
    "job_editor",
    "job_in_address",
    "job_page",
    "jobs_card",
    "navigation",
    "open_recording",
    "page_title",
    "recent_jobs",
    "report_card",
    "run_panel",
    "shell",
]

gc_freeze.freeze_imported_objects()
