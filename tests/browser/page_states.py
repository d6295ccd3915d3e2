"""Every page in every state that a viewer can meet, for the contact sheet and for what must hold in each of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.servers.app import App, launch, stop
from tests.servers.scripted import Answer, ScriptedServer, json_answer, sse_answer

from .example_runs import STEPS, WEIGHTS, WEIGHTS_BYTES, Curve, ExampleRun, LiveRun, local_studio, store_run
from .studio import Studio, iso, job, log, sse_body

CONFIG: dict[str, object] = {
    "model": "unsloth/gemma-4-E4B-it",
    "dataset": "arkor/chat-support-12k",
    "maxSteps": STEPS,
    "learningRate": 2e-4,
    "batchSize": 16,
    "lora": {"r": 16, "alpha": 32},
}
OUT_OF_MEMORY = """Traceback (most recent call last):
  File "/home/ada/train.py", line 48, in <module>
    trainer.train()
    ^^^^^^^^^^^^^^^
  File "/home/ada/.venv/lib/python3.11/site-packages/transformers/trainer.py", line 2325, in train
    loss = self.compute_loss(model, inputs, return_outputs=False, num_items_in_batch=num_items_in_batch)
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB"""
LIVE = Curve(seed=13)
OUTPUT = "".join(
    [
        "Loading \x1b[1munsloth/gemma-4-E4B-it\x1b[0m\n",
        "\x1b[33mWarning:\x1b[0m the tokenizer has no padding token\n",
        *(
            f"\x1b[32mstep {step:>3}\x1b[0m  loss {LIVE.loss(step):.4f}\n"
            for step in range(1, STEPS // 2 + 1)
        ),
    ]
)


@dataclass(frozen=True)
class PageState:
    """A state of a page: its `name`, the address of the page, and what is there once it is drawn."""

    name: str
    url: str
    shown: Callable[[Page], Locator]
    comes_later: bool = False
    """Whether the page changes into this state some time after it was loaded."""

    def open(self, page: Page) -> None:
        """Go to the page, and wait until the state is there and nothing is being loaded."""
        page.goto(self.url)
        expect(self.shown(page).first).to_be_visible()
        expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def css(selector: str) -> Callable[[Page], Locator]:
    return lambda page: page.locator(selector)


def text(words: str) -> Callable[[Page], Locator]:
    return lambda page: page.get_by_text(words)


CURVE = css(".st-key-loss_chart .scatterlayer path.js-line")


@contextmanager
def page_states(folder: Path) -> Iterator[list[PageState]]:
    """The states of dashboards that run while the block does, each with files in `folder`."""
    with ExitStack() as held:
        yield [
            *_of_a_new_installation(held, folder / "new"),
            *_of_a_local_studio(held, folder / "local"),
            *_of_a_scripted_studio(held, folder / "scripted"),
            *_of_a_lost_studio(held, folder / "lost"),
        ]


def _launch(held: ExitStack, folder: Path, **settings: str) -> App:
    app = launch(folder, {"XDG_DATA_HOME": str(folder), **settings})
    held.callback(stop, app)
    return app


def _of_a_new_installation(held: ExitStack, folder: Path) -> list[PageState]:
    app = _launch(held, folder)
    return [
        PageState("overview, new", app.url, css(".st-key-run_training button:enabled")),
        PageState("jobs, none", f"{app.url}/jobs", text("No jobs yet")),
        PageState("job, unknown", f"{app.url}/job?id=job_that_is_not", text("No such job")),
        PageState("job, not named", f"{app.url}/job", text("No job was named.")),
        PageState("compare, none chosen", f"{app.url}/compare", css("h1")),
    ]


def _of_a_local_studio(held: ExitStack, folder: Path) -> list[PageState]:
    now = datetime.now(UTC)

    def ended(
        name: str, curve: Curve, hours: float, last: int, end: str, *, rate: float = 2e-4, **data: object
    ) -> str:
        run = ExampleRun(f"job_{name}", name, now - timedelta(hours=hours), curve)
        store_run(folder / "state", run, {**CONFIG, "learningRate": rate}, last, end, **data)
        return run.job_id

    weights = [{"name": WEIGHTS, "sizeBytes": WEIGHTS_BYTES}]
    completed = "training.completed"
    baseline = ended("support-baseline", Curve(floor=0.92), 26, STEPS, completed, artifacts=weights)
    quick = ended("support-lr1e-3", Curve(floor=0.8, decay=80, seed=11), 5, STEPS, completed, rate=1e-3)
    failed = ended("support-batch64", Curve(seed=3), 4, 120, "training.failed", error=OUT_OF_MEMORY)
    diverged = ended("support-lr5e-2", Curve(diverges_at=150, seed=5), 3, STEPS, completed, rate=5e-2)
    cancelled = ended("support-short", Curve(seed=9), 2, 60, "training.cancelled")
    app = _launch(held, folder)
    url, token = local_studio(folder)
    live = held.enter_context(
        LiveRun(
            url,
            token,
            name="support-lr1e-4",
            config={**CONFIG, "learningRate": 1e-4},
            curve=LIVE,
            output=OUTPUT,
            first=STEPS // 2,
        )
    )

    def page_of(job_id: str, rest: str = "") -> str:
        return f"{app.url}/job?id={job_id}{rest}"

    compared = "&".join(f"job={job_id}" for job_id in (baseline, quick, live.job_id))
    return [
        PageState("overview, a run is on", app.url, css(".st-key-recent_jobs tbody tr")),
        PageState("jobs", f"{app.url}/jobs", css(".st-key-jobs_table tbody tr")),
        PageState("jobs, nothing found", f"{app.url}/jobs?q=llama", text("No job")),
        PageState("job, live", page_of(live.job_id), CURVE),
        PageState("job, finished", page_of(baseline), CURVE),
        PageState("job, finished, Advanced", page_of(baseline, "&advanced=true"), CURVE),
        PageState("job, finished, Metrics", page_of(baseline, "&tab=metrics"), css("h1")),
        PageState("job, live, Output", page_of(live.job_id, "&tab=output"), css("h1")),
        PageState("job, finished, Config", page_of(baseline, "&tab=config"), css("h1")),
        PageState("job, finished, Artifacts", page_of(baseline, "&tab=artifacts"), css("h1")),
        PageState("job, failed", page_of(failed), CURVE),
        PageState("job, diverged", page_of(diverged), css(".arkor-finding")),
        PageState("job, cancelled", page_of(cancelled), CURVE),
        PageState("compare", f"{app.url}/compare?{compared}", css("path.js-line")),
        PageState("compare, one run", f"{app.url}/compare?job={baseline}", text("choose two jobs")),
    ]


def _of_a_scripted_studio(held: ExitStack, folder: Path) -> list[PageState]:
    studio = Studio()
    now = datetime.now(UTC)
    running: dict[str, object] = {"startedAt": iso(now - timedelta(minutes=10)), "completedAt": None}
    is_over = threading.Event()
    held.callback(is_over.set)
    events = [("training.started", {})]
    for step in range(1, 41):
        events.append(
            log(
                step,
                loss=3 / step**0.3,
                timestamp=iso(now - timedelta(minutes=9) + step * timedelta(seconds=1)),
            )
        )
    silent_stream = sse_answer(sse_body(events), whole=False, hold=is_over)
    waiting: dict[str, object] = {"startedAt": None, "completedAt": None}
    queued = studio.add(job("support-queued", "queued", **waiting), sse_answer(whole=False, hold=is_over))
    silent = studio.add(job("support-silent", "running", config=CONFIG, **running), silent_stream)
    interrupted = studio.add(job("support-interrupted", "running", config=CONFIG, **running), _down())
    app = _serve(held, folder, studio)
    return [
        PageState("job, queued", f"{app.url}/job?id={queued}", css("h1")),
        PageState("job, silent", f"{app.url}/job?id={silent}", CURVE),
        PageState(
            "job, interrupted",
            f"{app.url}/job?id={interrupted}",
            css(".st-key-stream_interrupted"),
            comes_later=True,
        ),
    ]


def _of_a_lost_studio(held: ExitStack, folder: Path) -> list[PageState]:
    studio = Studio(jobs_answer=_down())
    app = _serve(held, folder, studio)
    return [
        PageState("overview, source lost", app.url, css(".arkor-lost")),
        PageState("jobs, source lost", f"{app.url}/jobs", text("Failed to load jobs")),
    ]


def _serve(held: ExitStack, folder: Path, studio: Studio) -> App:
    server = held.enter_context(ScriptedServer(studio.respond))
    return _launch(held, folder, ARKOR_STUDIO_URL=server.url, ARKOR_STUDIO_TOKEN="token")


def _down() -> Answer:
    return json_answer({"error": "The disk is full."}, "503 Service Unavailable")
