"""The pages while several `arkor dev` run on this machine, or another program has the port of one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Request, ScriptedServer, html_answer
from tests.servers.apis import JOB_ID, ArkorDev

from .conftest import ROOT, App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]
PATCH = """
from arkor_dash.settings import load
from arkor_dash.sources import local_studios
load.STUDIO_PORTS = ({ports})
local_studios.PROBE_TIMEOUT_S, local_studios.SURVEY_EVERY_S = 20.0, 1.0
"""


class Project(ArkorDev):
    """An `arkor dev` of a project with the name of its token."""

    def credentials(self, request: Request) -> dict[str, object]:
        return {**super().credentials(request), "projectSlug": self.token}


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Settings of a dashboard that looks for an `arkor dev` on the given ports."""

    def on(*ports: int) -> dict[str, str]:
        folder = tmp_path / "patch"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(PATCH.format(ports=", ".join(map(str, [*ports, 1]))))
        return {"ARKOR_DASH_SOURCE": "auto", "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}

    return on


def test_the_page_says_which_arkor_dev_it_shows_offers_the_other_and_goes_on_with_a_new_token(
    start_app: StartApp, page: Page, settings: Callable[..., dict[str, str]]
):
    cats, dogs = Project(token="cats"), Project(token="dogs")
    note = page.locator(".arkor-local-studios")
    with cats.serve() as first, dogs.serve() as second:
        second.refuse()
        app = start_app(**settings(first.port, second.port))
        token_file = app.state_dir.parent / ".arkor" / "studio-token"
        page.goto(app.url)
        expect(page.locator(".arkor-source")).to_have_text("anon · studio-e2e-org / cats · cloud.example")
        expect(note).to_have_count(0)

        second.listen()
        token_file.parent.mkdir()
        token_file.write_text("dogs")
        expect(note).to_have_text(
            f"Shown is the arkor dev at 127.0.0.1:{first.port}. "
            f"Another arkor dev runs at 127.0.0.1:{second.port} (studio-e2e-org / dogs). "
            f"To show it, start a dashboard with ARKOR_STUDIO_URL={second.url}."
        )
        expect(page.locator(".arkor-lost")).to_have_count(0)
        page.goto(f"{app.url}/job?id={JOB_ID}")
        expect(page.locator(".st-key-event_log")).to_contain_text("2 artifacts")

        page.goto(f"{app.url}/jobs")
        cats.token = "lions"
        expect(page.locator(".arkor-source")).to_have_text("anon · studio-e2e-org / lions · cloud.example")

        first.refuse()
        expect(page.locator(".arkor-lost")).to_be_visible()
        expect(note).to_have_text(
            f"Another arkor dev runs at 127.0.0.1:{second.port} (studio-e2e-org / dogs). "
            f"To show it, start a dashboard with ARKOR_STUDIO_URL={second.url}."
        )


def test_the_page_says_that_another_program_has_the_port_and_what_to_do(
    start_app: StartApp, page: Page, settings: Callable[..., dict[str, str]]
):
    with ScriptedServer(lambda _: html_answer("<!doctype html><h1>Phoenix</h1>")) as stranger:
        app = start_app(**settings(stranger.port))
        page.goto(app.url)
        expect(page.locator(".arkor-local-studios")).to_have_text(
            f"Port {stranger.port} answers, but not as an arkor dev: another program uses it. "
            "This is the dashboard's own Studio. "
            "To see your project, run `arkor dev --port 1`, then restart the dashboard."
        )
        expect(page.locator(".st-key-run_training button")).to_be_enabled()
        stranger.refuse()
        expect(page.locator(".arkor-local-studios")).to_have_count(0)
