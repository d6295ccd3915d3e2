"""A fast Studio with jobs of any size, as its own process: `python -m benchmarks.scripted_studio`.

It answers the requests for jobs and events as `arkor dev` does, from bytes prepared beforehand, so that a benchmark
measures the dashboard. The routes below `/bench/` control what it sends, and report what it has sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .processes import listener

CHUNK = 256 * 1024
CHANGE_TIMEOUT_S = 60.0
STATUSES = ("completed", "failed", "cancelled", "queued", "running")


def losses(steps: int) -> list[float]:
    """A noisy exponential decay, the same on every call."""
    noise = np.random.default_rng(4).normal(0, 0.05, steps)
    rounded: list[float] = np.round(2.5 * np.exp(-np.arange(steps) / (steps / 3)) + 0.5 + noise, 6).tolist()
    return rounded


def frame(seq: int, name: str, data: str) -> bytes:
    return f"id: {seq}\nevent: {name}\ndata: {data}\n\n".encode()


def log_frame(seq: int, loss: float, at: str, eval_every: int = 50, metrics: int = 2) -> bytes:
    """The `training.log` event of step `seq`, in the format of the real Studio.

    Args: metrics: how many it has besides the losses: learning rate, epoch, then those of five groups.
    """
    evals = round(loss * 1.1, 6) if seq % eval_every == 0 else "null"
    known = ('"learningRate":0.0002', f'"epoch":{seq / 1000}')
    others = (f'"group_{n % 5}/metric_{n}":{round(loss * (n + 1), 6)}' for n in range(metrics - len(known)))
    more = "".join(f",{field}" for field in (*known[:metrics], *others))
    return frame(
        seq,
        "training.log",
        f'{{"type":"training.log","jobId":"bench","timestamp":"{at}","step":{seq},"loss":{loss},'
        f'"evalLoss":{evals}{more}}}',
    )


def iso(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Live:
    """The events that one job has sent since the server's start, and their times in Unix seconds, by step."""

    frames: list[bytes] = field(default_factory=list)
    sent_at: dict[int, float] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    streams: int = 0
    most_streams: int = 0
    ended: bool = False

    def send(self, piece: bytes) -> None:
        self.frames.append(piece)
        self.changed.set()
        self.changed = asyncio.Event()


class ScriptedStudio:
    """Lists `jobs` jobs, each with the same `backlog` of events. All are running, unless `finished`."""

    def __init__(self, jobs: int, backlog: int, eval_every: int, metrics: int, *, finished: bool) -> None:
        self.requests: Counter[str] = Counter()
        self._live: dict[str, Live] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished = finished
        self._metrics = metrics
        at = iso(time.time() - 3600)
        steps = enumerate(losses(backlog), start=1)
        frames = [log_frame(seq, loss, at, eval_every, metrics) for seq, loss in steps]
        self._backlog = b"".join(frames)
        self._offsets = np.cumsum([0, *map(len, frames)])
        self._list = json.dumps({"jobs": [self._job(number) for number in range(jobs)]}).encode()

    def _job(self, number: int) -> dict[str, object]:
        created = datetime(2026, 11, 23, 12, 0, tzinfo=UTC) - timedelta(minutes=number)
        status = STATUSES[number % 5] if self._finished else "running"
        return {
            "id": f"job_{number:05}",
            "orgId": "org_1",
            "projectId": "proj_1",
            "name": f"run {number:05} of a benchmark",
            "status": status,
            "config": {"model": "unsloth/gemma-4-E4B-it", "datasetSource": {"name": "arkorlab/triage-demo"}},
            "error": None,
            "createdAt": created.isoformat(),
            "startedAt": created.isoformat(),
            "completedAt": created.isoformat() if status in STATUSES[:3] else None,
        }

    def live(self, job_id: str) -> Live:
        return self._live.setdefault(job_id, Live())

    async def jobs(self, _request: Request) -> Response:
        self.requests["list"] += 1
        return Response(self._list, media_type="application/json")

    async def events(self, request: Request) -> Response:
        self.requests["events"] += 1
        after = int(request.headers.get("last-event-id", "0"))
        stream = self._stream(self.live(request.path_params["job_id"]), after)
        return StreamingResponse(stream, media_type="text/event-stream")

    async def _stream(self, live: Live, after: int) -> AsyncIterator[bytes]:
        live.streams += 1
        live.most_streams = max(live.most_streams, live.streams)
        backlog = len(self._offsets) - 1
        try:
            for start in range(int(self._offsets[min(after, backlog)]), len(self._backlog), CHUNK):
                yield self._backlog[start : start + CHUNK]
            sent = max(0, after - backlog)
            while True:
                changed = live.changed
                if sent < len(live.frames):
                    piece = b"".join(live.frames[sent:])
                    sent = len(live.frames)
                    yield piece
                elif live.ended:
                    return
                else:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(changed.wait(), CHANGE_TIMEOUT_S)
        finally:
            live.streams -= 1

    async def emit(self, request: Request) -> Response:
        """Start to send `rate` events per second for `seconds`, evenly spaced, each with its time of sending."""
        job_id, query = request.path_params["job_id"], request.query_params
        task = asyncio.create_task(self._emit(job_id, float(query["rate"]), float(query["seconds"])))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return JSONResponse({})

    async def _emit(self, job_id: str, rate: float, seconds: float) -> None:
        live = self.live(job_id)
        first = len(self._offsets) + len(live.frames)
        values = losses(int(rate * seconds))
        start = time.monotonic()
        for number, loss in enumerate(values):
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
            now = time.time()
            live.sent_at[first + number] = now
            live.send(log_frame(first + number, loss, iso(now), metrics=self._metrics))

    async def end(self, request: Request) -> Response:
        """End a job as completed."""
        live = self.live(request.path_params["job_id"])
        live.ended = True
        seq = len(self._offsets) + len(live.frames)
        live.send(frame(seq, "training.completed", '{"type":"training.completed","artifacts":[]}'))
        return JSONResponse({})

    async def state(self, request: Request) -> Response:
        """The counts of requests, of the job's open streams now and at most, and of the job's sent events."""
        live = self.live(request.path_params["job_id"])
        return JSONResponse(
            {
                "requests": self.requests,
                "streams": live.streams,
                "most_streams": live.most_streams,
                "sent_at": live.sent_at,
                "events": len(self._offsets) - 1 + len(live.frames),
                "emitting": bool(self._tasks),
            }
        )

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/jobs", self.jobs),
                Route("/api/jobs/{job_id}/events", self.events),
                Route("/bench/emit/{job_id}", self.emit, methods=["POST"]),
                Route("/bench/end/{job_id}", self.end, methods=["POST"]),
                Route("/bench/state/{job_id}", self.state),
            ]
        )


def main() -> None:
    """Print the address as a line of JSON, then serve until a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--backlog", type=int, default=0)
    parser.add_argument("--eval-every", type=int, default=50, help="steps from one eval loss to the next")
    parser.add_argument("--metrics", type=int, default=2, help="metrics of each step besides the losses")
    parser.add_argument("--finished", action="store_true", help="jobs of every status, not only running ones")
    options = parser.parse_args()
    studio = ScriptedStudio(
        options.jobs, options.backlog, options.eval_every, options.metrics, finished=options.finished
    )
    with listener() as bound:
        print(json.dumps({"url": f"http://127.0.0.1:{bound.getsockname()[1]}"}), flush=True)
        config = uvicorn.Config(studio.app(), log_level="warning", timeout_graceful_shutdown=1)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
