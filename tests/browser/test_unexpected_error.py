"""What a viewer sees of an error in the dashboard itself, and what the server's log has of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.packaging.processes import running_dashboard
from tests.servers.app import ROOT
from tests.servers.scripted import ScriptedServer

from .studio import Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
PLANTED = "pLaNtEd"
PLANT_AN_ERROR = f"""
import html
escape = html.escape
def escape_or_raise(text, quote=True):
    if "{PLANTED}" in text:
        raise ZeroDivisionError("{PLANTED} message")
    return escape(text, quote)
html.escape = escape_or_raise
"""
"""A `sitecustomize` module: a text with that word can't be drawn."""
ARKOR_DASH = "from arkor_dash.cli import main; raise SystemExit(main())"
FULL = '[client]\nshowErrorDetails = "full"\n'


@pytest.mark.parametrize("asked_for", ["", "full"])
def test_a_viewer_sees_a_sentence_and_no_traceback_from_whatever_folder_the_dashboard_is_started(
    page: Page, tmp_path: Path, asked_for: str
):
    """Also if the user's own configuration asks Streamlit for all details."""
    (tmp_path / "sitecustomize.py").write_text(PLANT_AN_ERROR)
    variables = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    if asked_for:
        (tmp_path / ".streamlit").mkdir()
        (tmp_path / ".streamlit" / "config.toml").write_text(FULL)
        variables["STREAMLIT_CLIENT_SHOW_ERROR_DETAILS"] = asked_for
    studio = Studio()
    job_id = studio.add(job(PLANTED), sse_body([log(1, loss=1.0), ("end", {})]))
    command = [sys.executable, "-c", ARKOR_DASH]
    with ScriptedServer(studio.respond) as server:
        variables |= {"ARKOR_STUDIO_URL": server.url, "ARKOR_STUDIO_TOKEN": "token"}
        with running_dashboard(command, tmp_path, tmp_path, **variables) as url:
            page.goto(f"{url}/job?id={job_id}")
            shown = page.get_by_role("alert").filter(has_text="unexpected error")
            expect(shown).to_contain_text("can't be shown because of an unexpected error. Reload the page")
            assert page.locator(".stException").count() == 0
            content = page.content()
            page.goto(f"{url}/jobs")  # the session goes on
            expect(page.locator(".st-key-jobs_table tbody tr")).to_have_count(1)
    for private in ("Traceback", "ZeroDivisionError", f"{PLANTED} message", str(tmp_path), str(ROOT)):
        assert private not in content
    logged = (tmp_path / "dashboard.log").read_text()
    assert all(words in logged for words in ("Traceback", "ZeroDivisionError", f"{PLANTED} message"))
