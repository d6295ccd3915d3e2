"""*Run again* on the job of a script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from arkor_dash.protocol.discovery import running_studios
from tests.servers.app import ROOT
from tests.waiting import wait_until

from .reading import open_job
from .studio import job, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
SCRIPT = """
import arkor_dash.sdk
with arkor_dash.sdk.init(name="from a script") as run:
    run.log(1, loss=1.0)
"""


def test_a_scripts_job_gives_the_command_that_runs_it_again(
    start_app, page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    app = start_app()
    wait_until(running_studios, what="the Studio")
    studio = running_studios()[0]
    (tmp_path / "train.py").write_text(SCRIPT)
    endpoint = {"ARKOR_STUDIO_URL": studio.url, "ARKOR_STUDIO_TOKEN": studio.token}
    subprocess.run(
        [sys.executable, "train.py", "--lr", "3e-4", "--api-key", "secret"],
        cwd=tmp_path,
        env=os.environ | endpoint | {"ARKOR_RECORD": "environment", "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=120,
    )
    page.goto(f"{app.url}/jobs")
    open_job(page, page.get_by_text("from a script"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(".st-key-job_rerun button").first.click()
    expect(page.get_by_text("A script has reported this job. Run its command again:")).to_be_visible()
    expect(page.get_by_text("Each … stands for a value that was not recorded.")).to_be_visible()
    expect(page.locator(".st-key-job_rerun_start")).to_have_count(0)
    command = page.get_by_test_id("stCode")
    expect(command).to_contain_text("train.py --lr 3e-4 --api-key …")
    command.hover()
    command.get_by_role("button").click()
    assert page.evaluate("navigator.clipboard.readText()") == command.inner_text()


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        (None, "A script has reported this job. Run the script again."),
        (
            "python -m ipykernel_launcher -f x.json",
            "A notebook has reported this job. Run the notebook again.",
        ),
    ],
)
def test_a_script_without_a_command_of_use_is_to_be_run_again_where_it_was(
    visit, page: Page, studio, command: str | None, advice: str
) -> None:
    recorded = [] if command is None else [("training.environment", {"command": command})]
    events = [("training.started", {}), *recorded, ("training.completed", {}), ("end", {})]
    job_id = studio.add(job("from a script", script=True), sse_body(events))
    visit(f"/job?id={job_id}")
    page.locator(".st-key-job_rerun button").first.click()
    expect(page.get_by_text(advice)).to_be_visible()
    expect(page.get_by_test_id("stCode")).to_have_count(0)
