"""The secret parts of addresses reach neither a browser nor a file nor a log."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Answer, Request, sse_answer
from tests.servers.apis import TOKEN, OurStudio, job
from tests.waiting import wait_until

from .conftest import App
from .studio import log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]
SECRET = "cAnArY-s1gNaTuRe"
SIGNED = f"https://key:{SECRET}@bucket.example/train.jsonl?X-Amz-Signature={SECRET}#{SECRET}"
SHOWN = "https://…@bucket.example/train.jsonl?…"


class WithSignedData(OurStudio):
    """Jobs that were trained on a file behind a signed address."""

    def stream(self, _seen: Request) -> Answer:
        return sse_answer(
            sse_body([log(1, loss=1.0), ("training.completed", {"artifacts": []}), ("end", {})])
        )


@pytest.fixture
def received(page: Page) -> list[bytes]:
    """Everything that the server sends to the page over websockets."""
    frames: list[bytes] = []

    def record(frame: str | bytes) -> None:
        frames.append(frame if isinstance(frame, bytes) else frame.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", record))
    return frames


def test_the_signed_address_of_a_data_set_is_shown_and_saved_without_its_signature(
    start_app: StartApp, page: Page, received: list[bytes], tmp_path: Path
):
    config = {
        "model": SIGNED,
        "datasetSource": {"type": "blob", "url": SIGNED},
        "note": f"see {SIGNED}",
        SIGNED: True,
        "lr": 1,
    }
    other = {**config, "datasetSource": {"type": "blob", "url": SIGNED.replace("train.", "test.")}}
    studio = WithSignedData(jobs=[job("job_1", config=config), job("job_2", config=other)])
    with studio.serve() as server:
        app = start_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=TOKEN)
        page.goto(f"{app.url}/job?id=job_1")
        expect(page.locator(".st-key-metadata")).to_contain_text(SHOWN)
        page.get_by_role("button", name="Export").click()
        page.locator(".st-key-export_forms").get_by_role("button", name="Recording").click()
        with page.expect_download() as started:
            page.get_by_role("button", name="Download recording (").click()
        header = json.loads(gzip.decompress(started.value.path().read_bytes()).splitlines()[0])
        assert header["job"]["config"]["datasetSource"]["url"] == SHOWN
        assert SECRET not in str(header)

        page.goto(f"{app.url}/compare?job=job_1&job=job_2")
        expect(page.locator(".st-key-compare_results table")).to_contain_text(SHOWN)

        page.goto(f"{app.url}/job?id=job_1")
        page.locator(".st-key-job_rerun button").first.click()
        expect(page.get_by_label("datasetSource")).to_have_value(f'{{"type": "blob", "url": "{SHOWN}"}}')
        page.get_by_label("lr").fill("3")
        page.locator(".st-key-job_rerun_start button").click()
        wait_until(lambda: [each for each in server.requests if each.method == "POST"], what="the request")
        (posted,) = [json.loads(each.body) for each in server.requests if each.method == "POST"]
        assert posted == {"config": {**config, "lr": 3}}
    assert any(b"bucket.example" in frame for frame in received)
    assert not [frame for frame in received if SECRET.encode() in frame]
    assert SECRET not in page.content()
    assert SECRET not in (app.state_dir.parent / "app.log").read_text()


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"ARKOR_STUDIO_URL": f"http://127.0.0.1:4000/?{SECRET}"}, "'http://127.0.0.1:4000/?…'"),
        ({"ARKOR_PROJECT_DIR": f"https://{SECRET}@host/x.git?{SECRET}#{SECRET}"}, "'https://…@host/x.git?…'"),
        (
            {"ARKOR_DASH_DATABASE_URL": f"postgresql://me:{SECRET}@127.0.0.1:1/x?password={SECRET}"},
            "can't be opened",
        ),
    ],
)
def test_a_setting_that_can_not_be_used_is_shown_without_its_secret_parts(
    start_app: StartApp, page: Page, received: list[bytes], settings: dict[str, str], shown: str
):
    app = start_app("--logger.level=debug", ARKOR_DASH_SOURCE="embedded", **settings)
    page.goto(app.url)
    expect(page.get_by_role("alert")).to_contain_text(shown)
    assert not [frame for frame in received if SECRET.encode() in frame]
    assert SECRET not in page.content()
    assert SECRET not in (app.state_dir.parent / "app.log").read_text()
