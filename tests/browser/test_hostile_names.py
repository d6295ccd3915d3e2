"""Ids and names from a hostile source: every page opens, and shows them as they are."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from arkor_dash.charts.comparison import MAX_JOBS
from arkor_dash.protocol.fields import replace_surrogates
from arkor_dash.protocol.jobs import Job
from arkor_dash.recordings.format import Header, RecordedEvent, write
from arkor_dash.sources.http.json_api import JOB_ID_LIMIT
from arkor_dash.ui.keys import key_part
from tests.servers import Answer, Request, ScriptedServer, json_answer, sse_answer
from tests.servers.hostile import NAMES
from tests.waiting import PATIENCE_S, wait_until

from .conftest import App, launch, stop
from .reading import open_tab
from .studio import NOON, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

UNREACHABLE = {".", "..", *(name for name in NAMES if len(name) > JOB_ID_LIMIT)}
"""Ids that no address of an API can hold. The list still has their jobs."""
PARTS = 6
"""The tests among which the names are divided, so that none takes too long."""
ERROR = ".stException, [role=alert]:has-text('unexpected error')"
GO = """(address) => {
  history.pushState({}, "", address);
  dispatchEvent(new PopStateEvent("popstate", {state: {}}));
}"""
"""Goes to another address of the same page as Back does: without loading the scripts anew, which takes longest."""
NOT_UTF_8 = b"caf\xe9.jsonl"
RECORDING_FILES = (
    b"a__b.jsonl.gz",
    b"_.jsonl",
    b":material_home:.jsonl",
    "\u202egnp.jsonl".encode(),
    b"a b?c#d%2F&e.jsonl",
    b"<b>.jsonl",
    NOT_UTF_8,
)


class HostileStudio:
    """A Studio of ours each of whose jobs is called, and has saved, what its id says."""

    def __init__(self) -> None:
        self.jobs = [
            job(name, id=name, config={name: name, "nested": {name: [name]}, "model": name, "lr": number})
            for number, name in enumerate(NAMES)
        ]
        self.jobs.append(dict(self.jobs[0]))  # an id that comes twice

    def respond(self, request: Request) -> Answer:
        path = request.target.partition("?")[0]
        match path.removeprefix("/api/").split("/"):
            case ["jobs"]:
                return json_answer({"jobs": self.jobs})
            case ["manifest"]:
                return json_answer({"trainer": {"name": "a\ud800__:smile:"}})
            case ["train"]:
                return json_answer({"run": None})
            case ["credentials"]:
                words = {"mode": "a__b", "orgSlug": "<b>", "projectSlug": ":smile:"}
                return json_answer({"token": None, "baseUrl": "http://a__b/", **words})
            case ["jobs", job_id, "events"]:
                return self.stream(unquote(job_id))
            case ["jobs", _, "artifacts", name]:
                return Answer([b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", name.encode()[:2].ljust(2)])
        return json_answer({"error": f"Not found: {NAMES[0]}"}, "404 Not Found")

    def stream(self, job_id: str) -> Answer:
        artifacts = [
            {"name": job_id, "kind": job_id, "sizeBytes": 2},
            {"name": f"_{job_id}__", "sizeBytes": 2},
        ]
        events = [
            ("training.started", {"metadata": {job_id: job_id}}),
            log(1, loss=2.0, epoch=0.5, learningRate=0.1),
            log(2, loss=1.0, evalLoss=1.5, epoch=1.0, learningRate=0.2),
            log(2, **{f"{name}{job_id}": 0.5 for name in ("", "rewards/", f"{job_id}/", "eval_")}),
            ("training.completed", {"artifacts": artifacts}),
            ("end", {}),
        ]
        return sse_answer(sse_body(events))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A dashboard of a hostile Studio and of a folder of recordings with hostile names."""
    folder = tmp_path_factory.mktemp("hostile")
    studio, recordings = HostileStudio(), folder / "recordings"
    recordings.mkdir()
    for file in RECORDING_FILES:
        (recordings / os.fsdecode(file)).write_bytes(recording(file))
    with ScriptedServer(studio.respond) as server:
        settings = {
            "ARKOR_STUDIO_URL": server.url,
            "ARKOR_STUDIO_TOKEN": "token",
            "ARKOR_DASH_RECORDINGS_DIR": str(recordings),
        }
        app = launch(folder / "app", settings)
        yield app
        stop(app)
        assert "Traceback" not in (folder / "app" / "app.log").read_text()


def recording(file: bytes) -> bytes:
    """A recording of a job whose id is the file's name."""
    packed = io.BytesIO()
    job_id = replace_surrogates(os.fsdecode(file))
    header = Header(Job(job_id, ":smile:", "completed"), NOON, live=False, source="studio")
    write(packed, "file", header, [RecordedEvent("training.log", json.dumps({"step": 1, "loss": 1.0}))])
    return packed.getvalue()


def opened(page: Page, address: str, *expected: Locator) -> str | None:
    """Open an address, as `error_instead_of` waits for what is expected."""
    page.goto(address)
    return error_instead_of(page, *expected)


def error_instead_of(page: Page, *expected: Locator) -> str | None:
    """Wait for what is expected. Returns the error that is there instead; None if none is."""
    error = page.locator(ERROR)
    for each in expected:
        expect(each.or_(error).first).to_be_attached()
    return error.first.inner_text()[:200] if error.count() else None


@pytest.mark.parametrize("part", range(PARTS))
def test_the_page_of_every_id_that_a_source_can_give_opens(hostile: App, page: Page, part: int):
    shown, error = page.locator(".st-key-metadata dd code"), page.locator(ERROR)
    parts = [page.locator(".st-key-loss_chart .main-svg"), page.locator(".st-key-artifacts_brief")]
    broken: dict[str, str] = {}
    opened(page, f"{hostile.url}/job?id=first", shown)
    for name in map(replace_surrogates, NAMES[part::PARTS]):
        address = f"{hostile.url}/job?id={quote(name, safe='')}"
        assert requests.get(address, timeout=PATIENCE_S).ok
        page.evaluate(GO, address)
        wait_until(
            lambda name=name: shown.all_text_contents()[:1] == [name] or error.count(), what=f"{name!r:.40}"
        )
        reached = parts if name not in UNREACHABLE else []
        if (fault := error_instead_of(page, *reached)) is not None:
            broken[name[:40]] = fault
        elif name not in UNREACHABLE:
            for tab in ("Metrics", "Config", "Artifacts"):
                open_tab(page, tab)
                expect(page.locator(f".st-key-{tab.lower()}")).to_be_visible()
            expect(error).to_have_count(0)
    assert broken == {}


@pytest.mark.parametrize("path", ["/", "/jobs"])
def test_the_lists_of_jobs_show_every_id(hostile: App, page: Page, path: str):
    ids = list(dict.fromkeys(map(replace_surrogates, NAMES)))
    rows = page.locator(".arkor-table tbody tr")
    assert opened(page, hostile.url + path, rows) is None
    expect(rows).to_have_count(5 if path == "/" else len(ids))
    assert rows.locator(".arkor-cell-id code").all_text_contents() == ids[: rows.count()]
    assert not page.locator(".arkor-table script, .arkor-table img, .arkor-table b").count()


def test_jobs_of_every_id_can_be_compared(hostile: App, page: Page):
    names = [name for name in dict.fromkeys(map(replace_surrogates, NAMES)) if len(name) <= JOB_ID_LIMIT]
    legend, heads = page.locator(".legendtext"), page.locator(".st-key-compare_results tbody a")
    for first in range(0, len(names) - 1, MAX_JOBS):
        compared = names[first : first + MAX_JOBS]
        query = "&".join(f"job={quote(name, safe='')}" for name in compared)
        assert opened(page, f"{hostile.url}/compare?{query}", legend) is None
        expect(heads).to_have_count(len(compared))
        links = [parse_qs(urlsplit(str(each.get_attribute("href"))).query)["id"] for each in heads.all()]
        assert links == [[name] for name in compared]


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "passwd"),
        ("a\r\nSet-Cookie: x=1", "a_Set-Cookie_x_1"),
        ("\u202egnp.exe", "gnp.exe"),
        ("nul.txt", "artifact_nul.txt"),
        ("\U0001f600", "artifact"),
        ("a__b", "a__b"),
    ],
)
def test_an_artifact_is_downloaded_under_a_safe_name(hostile: App, page: Page, name: str, file: str):
    artifacts = page.locator(".st-key-artifacts")
    assert opened(page, f"{hostile.url}/job?id={quote(name, safe='')}&tab=artifacts", artifacts) is None
    artifacts.locator(f".st-key-artifact_{key_part(name)} button").click()
    with page.expect_download() as started:
        artifacts.get_by_role("button", name="Save").click()
    assert started.value.suggested_filename == file


def test_every_recording_that_can_be_shown_opens_whatever_its_file_is_called(hostile: App, page: Page):
    title = page.locator("h1")
    for file in RECORDING_FILES:
        name = replace_surrogates(os.fsdecode(file))
        assert opened(page, f"{hostile.url}/job?recording={quote(name, safe='')}", title) is None
        if file == NOT_UTF_8:
            expect(title).to_have_text("This recording can't be opened")
        else:
            expect(page.locator(".st-key-metadata dd code")).to_have_text(name)
    # The list stands above the button: before the list is there, it would push the opened panel out of view.
    jobs, button = page.locator(".st-key-jobs_table tbody tr"), page.locator(".st-key-open_recording")
    assert opened(page, f"{hostile.url}/jobs", jobs, button) is None
    page.locator(".st-key-open_recording button").click()
    page.locator(".st-key-recording_name input").click()
    shown = sorted(os.fsdecode(file) for file in RECORDING_FILES if file != NOT_UTF_8)
    expect(page.get_by_role("option")).to_have_text(shown)
