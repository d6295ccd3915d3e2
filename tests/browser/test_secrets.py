"""No token reaches a page, an address, a message to the browser, a log, a command line or a file."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
import requests
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.servers.scripted import Answer, Request, ScriptedServer, head, json_answer
from tests.waiting import wait_until

from .conftest import PATIENCE_MS, ROOT, App
from .reading import open_job
from .studio import Studio, job, log, sse_body

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
StartApp = Callable[..., App]

DEBUG = "--logger.level=debug"
DEBUG_ALL_LOGGERS = "import logging\nlogging.basicConfig(level=logging.DEBUG)\n"
"""A `sitecustomize` module. Streamlit's flag covers its own loggers; this covers those of all libraries."""
STUDIO_TOKEN = "cAnArY-s7uD10_Qm3vXw9Zr2LkT8yNbH5pGd"
CLOUD_TOKEN = "cAnArY-cL0uD_Ju6tRe4Wq1ZxCv7BnM9aSdF"
START = "from arkor_dash.sdk import create_arkor, create_trainer\n"
END = "\ntrainer = create_trainer(name='{name}', train=train)\narkor = create_arkor(trainer=trainer)\n"
WAITS = """
import signal
def train(run):
    run.log(1, loss=1.0)
    print("waiting", flush=True)
    signal.pause()
"""
RAISES = """
import time
from pathlib import Path
def train(run):
    run.log(1, loss=1.0)
    until = time.monotonic() + 300
    while not Path({release_file!r}).exists() and time.monotonic() < until:
        time.sleep(0.02)
    raise ValueError("no more data")
"""


@dataclass
class Recorder:
    """A browser that records what it receives, and the command lines of `process` and its children."""

    page: Page
    recorded: dict[str, list[bytes]] = field(default_factory=dict)
    process: psutil.Process | None = None

    def record(self, place: str, text: str | bytes) -> None:
        self.recorded.setdefault(place, []).append(text.encode() if isinstance(text, str) else text)

    def record_socket(self, socket: WebSocket) -> None:
        self.record("addresses", socket.url)
        socket.on("framereceived", lambda frame: self.record("frames", frame))
        socket.on("framesent", lambda frame: self.record("frames sent", frame))

    def record_page(self) -> None:
        """Record the page as it is, its address, what the browser stores, and the command lines."""
        self.record("pages", self.page.content())
        self.record("addresses", self.page.url)
        self.record("storage", json.dumps(self.page.context.storage_state()))
        if self.process is not None:
            for each in [self.process, *self.process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    self.record("command lines", " ".join(each.cmdline()))

    def visit(self, address: str) -> None:
        self.page.goto(address)
        self.record_page()

    def has_recorded(self, place: str, words: str) -> bool:
        return any(words.encode() in each for each in self.recorded[place])


@pytest.fixture
def start_debug_app(start_app: StartApp, tmp_path: Path) -> StartApp:
    """Starts an app that logs at debug level below `tmp_path`, as its children do."""
    folder = tmp_path / "loud"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DEBUG_ALL_LOGGERS)
    return lambda **settings: start_app(DEBUG, PYTHONPATH=str(folder), **settings)


@pytest.fixture
def recorder(browser: Browser, tmp_path: Path) -> Iterator[Recorder]:
    """Records. When its page is closed, a HAR file below `tmp_path` holds every request and response too."""
    context = browser.new_context(record_har_path=tmp_path / "traffic.har", record_har_content="embed")
    context.set_default_timeout(PATIENCE_MS)
    recorder = Recorder(context.new_page())
    recorder.page.on("websocket", recorder.record_socket)
    yield recorder
    context.close()


def forms(secret: str) -> list[bytes]:
    """The secret cut short, in hexadecimal, and inside of base64."""
    raw = secret.encode()
    # Base64 encodes groups of three bytes, so the encoded secret depends on where in a group it begins.
    shifted = [base64.b64encode(bytes(shift) + raw)[4:20] for shift in range(3)]
    return [
        raw[:12],
        raw[-12:],
        raw[:12].lower(),
        raw.hex()[:24].encode(),
        *shifted,
        *(_url_safe(each) for each in shifted),
    ]


def _url_safe(encoded: bytes) -> bytes:
    return encoded.translate(bytes.maketrans(b"+/", b"-_"))


def places_with(secret: str, recorder: Recorder, folder: Path) -> list[str]:
    """The places that hold the secret in any form: among what was recorded, and the files below `folder`."""
    texts = [(place, each) for place, kept in recorder.recorded.items() for each in kept]
    texts += [
        (str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    ]
    return sorted({place for place, content in texts for form in forms(secret) if form in content})


def close(recorder: Recorder, app: App, folder: Path) -> None:
    """End the session, and check that all of it was recorded."""
    for path in ("/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/app/static/", "/nowhere"):
        answer = requests.get(app.url + path, timeout=60)
        recorder.record("other answers", f"{answer.headers}{answer.text}")
    recorder.record_page()
    recorder.page.context.close()
    for place in ("pages", "addresses", "frames", "frames sent", "storage", "command lines"):
        assert recorder.recorded[place], place
    entries = json.loads((folder / "traffic.har").read_text())["log"]["entries"]
    assert any("<title>" in entry["response"]["content"].get("text", "") for entry in entries)
    log = (folder / "app0" / "app.log").read_text()
    assert "RuntimeState." in log
    assert "DEBUG:urllib3" in log


def test_every_form_of_a_secret_is_found(tmp_path: Path, recorder: Recorder):
    for shift in range(3):
        recorder.record(f"coded {shift}", base64.b64encode(b"x" * shift + STUDIO_TOKEN.encode() + b"."))
    recorder.record("cut", f"Bearer {STUDIO_TOKEN[:20]}…")
    recorder.record("clean", "Secret(…)")
    (tmp_path / "file").write_text(f"a {STUDIO_TOKEN}\n")
    assert places_with(STUDIO_TOKEN, recorder, tmp_path) == ["coded 0", "coded 1", "coded 2", "cut", "file"]


def descendant(app: App, *module: str) -> tuple[psutil.Process, dict[str, str]]:
    """The process below the app that runs this module, and its environment. Waits for it."""
    found: list[tuple[psutil.Process, dict[str, str]]] = []

    def has_started() -> bool:
        for process in app.children():
            with suppress(psutil.Error):  # it has ended meanwhile
                words = process.cmdline()[1 : 2 + len(module)]
                if words == ["-m", *module] and (environment := process.environ()):
                    found.append((process, environment))
        return bool(found)

    wait_until(has_started, what=f"a process {module}")
    return found[-1]


def run(recorder: Recorder, app: App, name: str) -> tuple[psutil.Process, dict[str, str]]:
    """Start the project's run. Returns the trainer's process and its environment."""
    recorder.visit(app.url)
    button = recorder.page.locator(".st-key-run_training button")
    expect(button).to_contain_text(name)
    expect(button).to_be_enabled()
    button.click()
    return descendant(app, "arkor_dash", "start")


def wait_for_end(recorder: Recorder, app: App, number: int, status: str, words: str) -> None:
    """Open the page of the newest of `number` jobs, and wait until it shows the end."""
    recorder.record_page()
    recorder.visit(f"{app.url}/jobs")
    rows = recorder.page.locator(".st-key-jobs_table tbody tr")
    expect(rows).to_have_count(number)
    open_job(recorder.page, rows.first)
    expect(recorder.page.locator(".st-key-job_status")).to_have_text(status)
    expect(recorder.page.locator(".st-key-event_log")).to_contain_text(words)
    recorder.record_page()


def test_no_token_of_the_embedded_studio_or_of_a_run_leaks(
    start_debug_app: StartApp, recorder: Recorder, tmp_path: Path
):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "arkor_dash" / "sample", project, ignore=shutil.ignore_patterns("__pycache__"))
    entry = project / "src" / "arkor" / "index.py"
    app = start_debug_app(
        ARKOR_DASH_SOURCE="embedded",
        ARKOR_PROJECT_DIR=str(project),
        ARKOR_SAMPLE_STEPS="30",
        ARKOR_CLOUD_TOKEN=CLOUD_TOKEN,
    )
    recorder.process = psutil.Process(app.process.pid)
    secrets = {CLOUD_TOKEN}
    recorder.visit(app.url)
    studio_process, environment = descendant(app, "arkor_dash.studio")
    studio_token = environment["ARKOR_STUDIO_TOKEN"]
    secrets.add(studio_token)

    def of_run(environment: dict[str, str]) -> str:
        """The run's token, from the trainer's environment, which holds no other token."""
        assert not {CLOUD_TOKEN, studio_token} & set(environment.values())
        return environment["ARKOR_RUN_TOKEN"]

    _, environment = run(recorder, app, "python-manual-chars")
    secrets.add(of_run(environment))
    wait_for_end(recorder, app, 1, "Completed", "2 artifacts")

    entry.write_text(START + WAITS + END.format(name="waits"))
    trainer, environment = run(recorder, app, "waits")
    expect(recorder.page.locator(".st-key-run_log")).to_contain_text("waiting")
    secrets.add(of_run(environment))
    trainer.kill()
    wait_for_end(recorder, app, 2, "Failed", "SIGKILL")

    release_file = tmp_path / "go"
    entry.write_text(START + RAISES.format(release_file=str(release_file)) + END.format(name="raises"))
    _, environment = run(recorder, app, "raises")
    secrets.add(of_run(environment))
    release_file.touch()
    wait_for_end(recorder, app, 3, "Failed", "no more data")

    entry.write_text("import does_not_exist\n")
    recorder.visit(app.url)
    expect(recorder.page.get_by_text("Couldn't read manifest: ")).to_contain_text("does_not_exist")
    recorder.visit(f"{app.url}/job?id=unknown")
    expect(recorder.page.get_by_text("No such job")).to_be_visible()
    studio_process.kill()
    recorder.visit(app.url)
    expect(recorder.page.get_by_text("Couldn't read manifest: ")).to_be_visible()

    close(recorder, app, tmp_path)
    assert recorder.has_recorded("frames", "SIGKILL")
    assert recorder.has_recorded("pages", "no more data")
    assert recorder.has_recorded("command lines", "arkor_dash start")
    assert len(secrets) == 5
    assert {place for secret in secrets for place in places_with(secret, recorder, tmp_path)} == set()


LEAKY_BODY = {"error": f"Invalid token {STUDIO_TOKEN} for this Studio"}
TEXT = {"Content_Type": "text/plain", "Content_Length": str(len(STUDIO_TOKEN))}
PAGE = f"<!doctype html><p>{STUDIO_TOKEN}</p>".encode()
LEAKY_ANSWERS = {
    "403": json_answer(LEAKY_BODY, "403 Forbidden"),
    "500": json_answer(LEAKY_BODY, f"500 {STUDIO_TOKEN}"),
    "500 as a page": Answer(
        [head("500 Oops", Content_Type="text/html", Content_Length=str(len(PAGE))), PAGE]
    ),
    "200 as a page": Answer([head(Content_Type="text/html", Content_Length=str(len(PAGE))), PAGE]),
    "another form": json_answer({"jobs": STUDIO_TOKEN, "trainer": STUDIO_TOKEN}),
    "409": json_answer({**LEAKY_BODY, "jobId": STUDIO_TOKEN}, "409 Conflict"),
    "410": json_answer(LEAKY_BODY, "410 Gone"),
    "426": json_answer(
        {"message": STUDIO_TOKEN, "supportedRange": STUDIO_TOKEN, "upgrade": STUDIO_TOKEN},
        "426 Upgrade Required",
    ),
    "redirect": Answer([head("302 Found", Location=f"/?studioToken={STUDIO_TOKEN}", Content_Length="0")]),
    "another type": Answer([head(**{**TEXT, "Content_Type": f"text/{STUDIO_TOKEN}"}), STUDIO_TOKEN.encode()]),
    "no HTTP": Answer([f"{STUDIO_TOKEN}\r\n\r\n".encode()]),
    "no chunk": Answer([head(Transfer_Encoding="chunked"), f"{STUDIO_TOKEN}\r\n".encode()]),
    "no header": Answer([f"HTTP/1.1 200 OK\r\n{STUDIO_TOKEN}\r\nContent-Length: 0\r\n\r\n".encode()]),
}


@dataclass
class LeakyStudio(Studio):
    """A Studio whose `leaky_answer` to every request repeats its token. Its credentials hold a cloud token."""

    leaky_answer: Answer | None = None

    def respond(self, request: Request) -> Answer:
        assert request.headers["x-arkor-studio-token"] == STUDIO_TOKEN
        if request.target == "/api/credentials":
            words = {"mode": "anon", "orgSlug": "our-org", "projectSlug": "our-project"}
            base = f"https://user:{CLOUD_TOKEN}@cloud.example/{CLOUD_TOKEN}"
            return json_answer({"token": CLOUD_TOKEN, "baseUrl": base, **words})
        if self.leaky_answer is not None:
            return self.leaky_answer
        answer = super().respond(request)
        if request.target == "/api/jobs":
            warning = f'299 - "Old. {STUDIO_TOKEN} is your token."'
            return json_answer({"jobs": self.jobs}, Deprecation="true", Warning=warning)
        return answer


def test_a_token_that_a_studio_repeats_in_its_answers_does_not_leak(
    start_debug_app: StartApp, recorder: Recorder, tmp_path: Path
):
    studio = LeakyStudio(output=b"step=1 loss=1.0\n")
    for _ in LEAKY_ANSWERS:
        studio.add(job(), sse_body([log(1, loss=1.0)]))
    studio.add(job("newest"), sse_body([log(1, loss=1.0)]))  # which Overview reads
    with ScriptedServer(studio.respond) as server:
        app = start_debug_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=STUDIO_TOKEN)
        recorder.process = psutil.Process(app.process.pid)
        page = recorder.page
        page.goto(app.url)
        expect(page.get_by_text("is your token")).to_be_visible()  # a toast, which goes after ten seconds
        recorder.record_page()
        expect(page.locator(".arkor-source-label")).to_contain_text("our-org / our-project")
        expect(page.locator(".st-key-run_training button")).to_be_enabled()
        studio.leaky_answer = LEAKY_ANSWERS["409"]
        page.locator(".st-key-run_training button").click()
        expect(page.get_by_text("Invalid token … for this Studio").first).to_be_visible()
        recorder.record_page()
        for entry, leaky_answer in zip(studio.jobs[1:], LEAKY_ANSWERS.values(), strict=True):
            meet_leaky_answer(recorder, app, studio, str(entry["id"]), leaky_answer)
        close(recorder, app, tmp_path)
    assert recorder.has_recorded("frames", "Invalid token … for this Studio")
    assert recorder.has_recorded("pages", "our-org")
    assert recorder.has_recorded("pages", "Couldn't read manifest")
    assert places_with(STUDIO_TOKEN, recorder, tmp_path) == []
    assert places_with(CLOUD_TOKEN, recorder, tmp_path) == []


def meet_leaky_answer(
    recorder: Recorder, app: App, studio: LeakyStudio, job_id: str, leaky_answer: Answer
) -> None:
    """Open pages that get the answer for the manifest, for the list and for the stream."""
    studio.leaky_answer = leaky_answer
    recorder.page.goto(app.url)
    expect(recorder.page.locator(".arkor-lost")).to_be_visible()
    expect(recorder.page.get_by_text("Failed to load jobs")).to_be_visible()
    expect(recorder.page.get_by_text("Reading the project…")).to_have_count(0)
    recorder.record_page()
    recorder.page.goto(f"{app.url}/job?id={job_id}")
    expect(recorder.page.locator(".st-key-stream_interrupted")).to_contain_text("Event stream interrupted")
    recorder.record_page()
