"""Operators may start runs, others may only read. With a real OpenID Connect provider."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from websockets.sync.client import connect

from tests.servers.apis import TOKEN, Cloud
from tests.servers.client import buttons, run_script
from tests.servers.oidc import CLIENT_SECRET, COOKIE_SECRET, Provider
from tests.waiting import wait_until

from .conftest import App

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]

OPERATORS = '[arkor]\narkor_dash_actions = "operators"\narkor_dash_operators = ["ada@example.org"]\n'
ADA = {"email": "Ada@Example.org", "email_verified": True, "name": "Ada"}
GRACE = {"email": "grace@example.org", "email_verified": True, "name": "ada@example.org"}
TRAIN = "Run training: python-manual-chars"
BLOCK_AUTHLIB = "import sys\nsys.modules['authlib.integrations.starlette_client'] = None\n"


def run_button(page: Page) -> Locator:
    return page.locator(".st-key-run_training button")


def sign_in(page: Page) -> None:
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def expect_read_only(page: Page, why: str) -> None:
    expect(page.get_by_text(f"Read-only: only operators can start or cancel runs here{why}")).to_be_visible()
    expect(run_button(page)).to_contain_text(TRAIN)
    expect(run_button(page)).to_be_disabled()


def starts_by_message(page: Page, app: App, *labels: str) -> bool:
    """Press buttons by a message to the server, also disabled ones. Returns whether a run starts."""
    cookies = {str(cookie["name"]): str(cookie["value"]) for cookie in page.context.cookies()}
    with connect(
        app.url.replace("http", "ws") + "/_stcore/stream",
        origin=app.url,
        subprotocols=["streamlit", cookies["_streamlit_xsrf"]],
        additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())},
        max_size=None,
        open_timeout=60,
    ) as socket:
        shown: dict[str, str] = {}

        def buttons_are_shown() -> bool:
            shown.update(buttons(run_script(socket)))
            return shown.keys() >= {TRAIN, *labels}

        wait_until(buttons_are_shown, what="the buttons, with the project's trainer")
        pressed = [shown[label] for label in labels]
        bodies = [message.delta.new_element.html.body for message in run_script(socket, *pressed)]
        return any("Starting…" in body or "Running. It goes on" in body for body in bodies)


def test_operators_start_runs_and_others_read_why_they_may_not(
    start_app: StartApp, page: Page, tmp_path: Path
):
    frames: list[bytes] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(raw(f))))
    pages: list[str] = []
    with Provider().serve() as provider:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(OPERATORS + provider.secrets_toml)
        app = start_app(f"--secrets.files={secrets}", ARKOR_SAMPLE_STEPS="20")
        page.goto(app.url)
        expect_read_only(page, ". If you are one, sign in.")
        assert not starts_by_message(page, app, TRAIN)

        provider.person = GRACE
        sign_in(page)
        expect(page.get_by_text("Signed in as grace@example.org.")).to_be_visible()
        expect_read_only(page, ", and you are not listed as one (ARKOR_DASH_OPERATORS).")
        assert not starts_by_message(page, app, TRAIN)
        pages.append(page.content())
        sign_out(page)
        expect_read_only(page, ". If you are one, sign in.")

        provider.person = {**ADA, "email_verified": False}
        sign_in(page)
        expect_read_only(page, ", and your sign-in does not say that your e-mail address is verified.")
        assert not starts_by_message(page, app, TRAIN)
        sign_out(page)

        provider.person = ADA
        sign_in(page)
        expect(page.get_by_text("Signed in as Ada@Example.org.")).to_be_visible()
        expect(page.get_by_text("Read-only")).to_have_count(0)
        expect(run_button(page)).to_be_enabled()
        expect(page.get_by_text("No jobs yet")).to_be_visible()
        assert starts_by_message(page, app, TRAIN)
        expect(page.locator(".st-key-run_log")).to_contain_text("step=1 loss=")
        expect(page.get_by_text("Finished.")).to_be_visible()
        run_button(page).click()
        expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(2)
        expect(run_button(page)).to_be_enabled()
        pages.append(page.content())
        assert not starts_by_message(page, app, "Sign out", TRAIN)
        sign_out(page)
        expect_read_only(page, ". If you are one, sign in.")
        expect(page.locator(".st-key-recent_jobs tbody tr")).to_have_count(2)

    received = [b"".join(frames), "".join(pages).encode(), (tmp_path / "app0" / "app.log").read_bytes()]
    assert all(b"grace" in each for each in received[:2])
    assert len(provider.issued) == 6
    for token in [*provider.issued, CLIENT_SECRET, COOKIE_SECRET]:
        assert not any(token.encode() in each for each in received)


def test_operators_of_a_source_that_runs_nothing_sign_in_to_cancel(
    start_app: StartApp, page: Page, tmp_path: Path
):
    with Provider(ADA).serve() as provider, Cloud().serve() as cloud:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(OPERATORS + provider.secrets_toml)
        app = start_app(
            f"--secrets.files={secrets}",
            ARKOR_CLOUD_API_URL=cloud.url,
            ARKOR_CLOUD_TOKEN=TOKEN,
            ARKOR_ORG="ours",
            ARKOR_PROJECT="cats",
        )
        page.goto(app.url)
        expect(page.get_by_text("no project to run")).to_be_visible()
        expect(page.get_by_text("Read-only: only operators can start or cancel runs here")).to_be_visible()
        sign_in(page)
        expect(page.get_by_text("Signed in as Ada@Example.org.")).to_be_visible()
        expect(page.get_by_text("Read-only")).to_have_count(0)


def raw(frame: str | bytes) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame


def test_the_page_says_which_settings_for_operators_are_missing(
    start_app: StartApp, page: Page, tmp_path: Path
):
    (tmp_path / "sitecustomize.py").write_text(BLOCK_AUTHLIB)
    app = start_app(ARKOR_DASH_ACTIONS="operators", PYTHONPATH=str(tmp_path))
    page.goto(app.url)
    expect_read_only(page, ", and nobody can be one yet: no operators are listed (ARKOR_DASH_OPERATORS)")
    expect(page.get_by_text("; Authlib is not installed")).to_be_visible()
    expect(page.get_by_text("; the secrets have no [auth] section to sign in with.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign")).to_have_count(0)
