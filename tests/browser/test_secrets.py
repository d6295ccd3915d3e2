"""No token reaches a page, an address, the wire to the browser, a log, a command line or a file."""

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

from tests.servers.scripted import Answer, ScriptedServer, Seen, head, json_answer
from tests.waiting import wait_until

from .conftest import ROOT, App
from .studio import Studio, framed, job, log

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
StartApp = Callable[..., App]

DEBUG = "--logger.level=debug"
DEBUG_ALL = "import logging\nlogging.basicConfig(level=logging.DEBUG)\n"
"""Streamlit's flag is for its own loggers only; as a `sitecustomize` this is for those of all libraries."""
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
def train(run):
    run.log(1, loss=1.0)
    raise ValueError("no more data")
"""


@dataclass
class Witness:
    """A browser that keeps all it is sent. `watched` are the processes whose command lines count too."""

    page: Page
    seen: dict[str, list[bytes]] = field(default_factory=dict)
    watched: psutil.Process | None = None

    def keep(self, place: str, what: str | bytes) -> None:
        self.seen.setdefault(place, []).append(what.encode() if isinstance(what, str) else what)

    def open_socket(self, socket: WebSocket) -> None:
        self.keep("addresses", socket.url)
        socket.on("framereceived", lambda frame: self.keep("frames", frame))
        socket.on("framesent", lambda frame: self.keep("frames sent", frame))

    def look(self) -> None:
        """Keep the page as it stands, its address, what the browser stores, and the command lines."""
        self.keep("pages", self.page.content())
        self.keep("addresses", self.page.url)
        self.keep("storage", json.dumps(self.page.context.storage_state()))
        if self.watched is not None:
            for process in [self.watched, *self.watched.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    self.keep("command lines", " ".join(process.cmdline()))

    def visit(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def saw(self, place: str, words: str) -> bool:
        return any(words.encode() in each for each in self.seen[place])


@pytest.fixture
def start_loud_app(start_app: StartApp, tmp_path: Path) -> StartApp:
    """Starts an app that logs all there is to log, below `tmp_path`; its children do so too."""
    folder = tmp_path / "loud"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DEBUG_ALL)
    return lambda **settings: start_app(DEBUG, PYTHONPATH=str(folder), **settings)


@pytest.fixture
def witness(browser: Browser, tmp_path: Path) -> Iterator[Witness]:
    """Every request, every response's head and body are in a HAR below `tmp_path` when its page is closed."""
    context = browser.new_context(record_har_path=tmp_path / "traffic.har", record_har_content="embed")
    context.set_default_timeout(60_000)
    witness = Witness(context.new_page())
    witness.page.on("websocket", witness.open_socket)
    yield witness
    context.close()


def shapes(secret: str) -> list[bytes]:
    """What the secret looks like where it is cut short, in hexadecimal, and inside of base64."""
    raw = secret.encode()
    # Where a group of three bytes begins decides how the same bytes look.
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


def places_of(secret: str, witness: Witness, folder: Path) -> list[str]:
    """Where any shape of the secret stands: among what the witness has seen, or in a file below `folder`."""
    looked = [(place, each) for place, kept in witness.seen.items() for each in kept]
    looked += [
        (str(path.relative_to(folder)), path.read_bytes()) for path in folder.rglob("*") if path.is_file()
    ]
    return sorted({place for place, content in looked for shape in shapes(secret) if shape in content})


def close(witness: Witness, app: App, folder: Path) -> None:
    """End the session, and check that what should have been kept of it was."""
    for path in ("/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/app/static/", "/nowhere"):
        answer = requests.get(app.url + path, timeout=10)
        witness.keep("other answers", f"{answer.headers}{answer.text}")
    witness.look()
    witness.page.context.close()
    for place in ("pages", "addresses", "frames", "frames sent", "storage", "command lines"):
        assert witness.seen[place], place
    entries = json.loads((folder / "traffic.har").read_text())["log"]["entries"]
    assert any("<title>" in entry["response"]["content"].get("text", "") for entry in entries)
    log = (folder / "app0" / "app.log").read_text()
    assert "RuntimeState." in log
    assert "DEBUG:urllib3" in log


def test_places_of_a_secret_are_found(tmp_path: Path, witness: Witness):
    for shift in range(3):
        witness.keep(f"coded {shift}", base64.b64encode(b"x" * shift + STUDIO_TOKEN.encode() + b"."))
    witness.keep("cut", f"Bearer {STUDIO_TOKEN[:20]}…")
    witness.keep("clean", "Secret(…)")
    (tmp_path / "file").write_text(f"a {STUDIO_TOKEN}\n")
    assert places_of(STUDIO_TOKEN, witness, tmp_path) == ["coded 0", "coded 1", "coded 2", "cut", "file"]


def descendant(app: App, *ends: str) -> psutil.Process:
    """The process below the app whose command line holds these words in a row, once there is one."""
    found: list[psutil.Process] = []

    def look() -> bool:
        for process in psutil.Process(app.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if " ".join(ends) in " ".join(process.cmdline()) and process.environ():
                    found.append(process)
        return bool(found)

    wait_until(look, what=f"a process {ends}")
    return found[-1]


def run(witness: Witness, app: App, name: str) -> psutil.Process:
    """Start the project's run; its trainer's process."""
    witness.visit(app.url)
    button = witness.page.locator(".st-key-run_training button")
    expect(button).to_contain_text(name)
    expect(button).to_be_enabled()
    button.click()
    return descendant(app, "arkor_dash", "start")


def see_ended(witness: Witness, app: App, number: int, status: str, words: str) -> None:
    """Open the page of the newest of so many jobs, and wait there until it has ended."""
    witness.look()
    witness.visit(f"{app.url}/jobs")
    rows = witness.page.locator(".st-key-jobs_table tbody tr")
    expect(rows).to_have_count(number)
    rows.first.click()
    expect(witness.page.locator(".st-key-job_status")).to_have_text(status)
    expect(witness.page.locator(".st-key-event_log")).to_contain_text(words)
    witness.look()


def test_no_token_of_the_embedded_studio_or_of_a_run_is_told_to_anyone(
    start_loud_app: StartApp, witness: Witness, tmp_path: Path
):
    project = tmp_path / "project"
    shutil.copytree(ROOT / "arkor_dash" / "sample", project, ignore=shutil.ignore_patterns("__pycache__"))
    entry = project / "src" / "arkor" / "index.py"
    app = start_loud_app(
        ARKOR_DASH_SOURCE="embedded",
        ARKOR_PROJECT_DIR=str(project),
        ARKOR_SAMPLE_STEPS="30",
        ARKOR_CLOUD_TOKEN=CLOUD_TOKEN,
    )
    witness.watched = psutil.Process(app.process.pid)
    secrets = {CLOUD_TOKEN}
    witness.visit(app.url)
    studio_token = descendant(app, "arkor_dash.studio").environ()["ARKOR_STUDIO_TOKEN"]
    secrets.add(studio_token)

    def of_run(trainer: psutil.Process) -> str:
        """The run's token, from an environment that holds no other."""
        environment = trainer.environ()
        assert not {CLOUD_TOKEN, studio_token} & set(environment.values())
        return environment["ARKOR_RUN_TOKEN"]

    secrets.add(of_run(run(witness, app, "python-manual-chars")))
    see_ended(witness, app, 1, "Completed", "2 artifacts")

    entry.write_text(START + WAITS + END.format(name="waits"))
    trainer = run(witness, app, "waits")
    expect(witness.page.locator(".st-key-run_log")).to_contain_text("waiting")
    secrets.add(of_run(trainer))
    trainer.kill()
    see_ended(witness, app, 2, "Failed", "SIGKILL")

    entry.write_text(START + RAISES + END.format(name="raises"))
    secrets.add(of_run(run(witness, app, "raises")))
    see_ended(witness, app, 3, "Failed", "no more data")

    entry.write_text("import does_not_exist\n")
    witness.visit(app.url)
    expect(witness.page.get_by_text("Couldn't read manifest: ")).to_contain_text("does_not_exist")
    witness.visit(f"{app.url}/job?id=unknown")
    expect(witness.page.get_by_text("No such job")).to_be_visible()
    descendant(app, "arkor_dash.studio").kill()
    witness.visit(app.url)
    expect(witness.page.get_by_text("Couldn't read manifest: ")).to_be_visible()

    close(witness, app, tmp_path)
    assert witness.saw("frames", "SIGKILL")
    assert witness.saw("pages", "no more data")
    assert witness.saw("command lines", "arkor_dash start")
    assert len(secrets) == 5
    assert {place for secret in secrets for place in places_of(secret, witness, tmp_path)} == set()


TOLD = {"error": f"Invalid token {STUDIO_TOKEN} for this Studio"}
TEXT = {"Content_Type": "text/plain", "Content_Length": str(len(STUDIO_TOKEN))}
PAGE = f"<!doctype html><p>{STUDIO_TOKEN}</p>".encode()
TROUBLES = {
    "403": json_answer(TOLD, "403 Forbidden"),
    "500": json_answer(TOLD, f"500 {STUDIO_TOKEN}"),
    "500 as a page": Answer(
        [head("500 Oops", Content_Type="text/html", Content_Length=str(len(PAGE))), PAGE]
    ),
    "200 as a page": Answer([head(Content_Type="text/html", Content_Length=str(len(PAGE))), PAGE]),
    "another form": json_answer({"jobs": STUDIO_TOKEN, "trainer": STUDIO_TOKEN}),
    "409": json_answer({**TOLD, "jobId": STUDIO_TOKEN}, "409 Conflict"),
    "410": json_answer(TOLD, "410 Gone"),
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
class Telltale(Studio):
    """Says its token in all its answers while there is `trouble`, and a cloud's token to whoever asks."""

    trouble: Answer | None = None

    def respond(self, request: Seen) -> Answer:
        assert request.headers["x-arkor-studio-token"] == STUDIO_TOKEN
        if request.target == "/api/credentials":
            words = {"mode": "anon", "orgSlug": "our-org", "projectSlug": "our-project"}
            base = f"https://user:{CLOUD_TOKEN}@cloud.example/{CLOUD_TOKEN}"
            return json_answer({"token": CLOUD_TOKEN, "baseUrl": base, **words})
        if self.trouble is not None:
            return self.trouble
        answer = super().respond(request)
        if request.target == "/api/jobs":
            warning = f'299 - "Old. {STUDIO_TOKEN} is your token."'
            return json_answer({"jobs": self.jobs}, Deprecation="true", Warning=warning)
        return answer


def test_what_a_studio_tells_of_its_token_goes_no_further(
    start_loud_app: StartApp, witness: Witness, tmp_path: Path
):
    studio = Telltale(output=b"step=1 loss=1.0\n")
    for _ in TROUBLES:
        studio.add(job(), framed([log(1, loss=1.0)]))
    with ScriptedServer(studio.respond) as server:
        app = start_loud_app(ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN=STUDIO_TOKEN)
        witness.watched = psutil.Process(app.process.pid)
        page = witness.page
        witness.visit(app.url)
        expect(page.get_by_text("our-org / our-project")).to_be_visible()
        expect(page.get_by_text("is your token")).to_be_visible()
        expect(page.locator(".st-key-run_training button")).to_be_enabled()
        studio.trouble = TROUBLES["409"]
        page.locator(".st-key-run_training button").click()
        expect(page.get_by_text("Invalid token … for this Studio").first).to_be_visible()
        witness.look()
        for entry, trouble in zip(studio.jobs, TROUBLES.values(), strict=True):
            see_trouble(witness, app, studio, str(entry["id"]), trouble)
        close(witness, app, tmp_path)
    assert witness.saw("frames", "Invalid token … for this Studio")
    assert witness.saw("pages", "our-org")
    assert places_of(STUDIO_TOKEN, witness, tmp_path) == []
    assert places_of(CLOUD_TOKEN, witness, tmp_path) == []


def see_trouble(witness: Witness, app: App, studio: Telltale, job_id: str, trouble: Answer) -> None:
    """Meet the trouble in a manifest, in a list, and in a stream."""
    studio.trouble = trouble
    witness.page.goto(app.url)
    expect(witness.page.get_by_text("Couldn't read manifest")).to_be_visible()
    expect(witness.page.get_by_text("Failed to load jobs")).to_be_visible()
    witness.look()
    witness.page.goto(f"{app.url}/job?id={job_id}")
    expect(witness.page.locator(".st-key-stream_interrupted")).to_contain_text("Event stream interrupted")
    witness.look()
