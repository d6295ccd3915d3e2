"""Run real feeds for a long time against a Studio that fails: `python -m benchmarks.soak --minutes 30`.

A Studio in its own process runs eight jobs at a time. It breaks their event streams in many ways, is unreachable now
and then, and restarts with another token. Another Studio replaces its token file. Viewers open and close jobs, and
check in each snapshot that every event is there exactly once and in order. Beside it, a real Studio runs trainings on
a disk that is full now and then. The report counts events, faults and requests, and compares memory, threads and open
files with those before the start. Exit code 1: an event was lost or duplicated, a run went wrong, or something leaks.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from arkor_dash.live.feed import FeedRegistry, JobFeed
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.sources import ARKOR_DEV, FoundToken, Source, StudioSource, token_file
from tests.waiting import read_line, wait_until

from .full_disk import full_disk_runs
from .measures import PHASES, RULE, Sample, leaks, sample
from .script import job_script
from .viewers import Tally, Viewer

ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "PYTHONMALLOC": "malloc"}
"""Settings for a single heap, so that the C library can say how much memory the program holds."""
ROOT = Path(__file__).parents[2]
SAMPLE_EVERY_S = 5.0
PROGRESS_EVERY_S = 60.0
END_TIMEOUT_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--jobs", type=int, default=8, help="number of jobs that run at a time")
    parser.add_argument("--viewers", type=int, default=8, help="number of viewers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, help="steps of each job; by default 300 to 1,200")
    parser.add_argument("--trouble-every-s", type=float, default=75.0, help="seconds between two outages")
    parser.add_argument("--json", type=Path, default=Path("soak.json"), help="file for the report")
    options = parser.parse_args()
    if not os.environ.items() >= ALLOCATOR.items():
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **ALLOCATOR})
    report = soak(options)
    options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    print("\n".join(_lines(report)))
    return 0 if report["passed"] else 1


def soak(options: argparse.Namespace) -> dict[str, Any]:
    """Run for `options.minutes`, and return the report."""
    tally = Tally()
    samples: list[Sample] = []
    rest_samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder:
        token = Path(folder) / "studio-token"
        with full_disk_runs(options.seed) as on_full_disk, _server(options, token) as (url, done):
            idle = sample(0.0)
            started_at = time.monotonic()
            for phase in range(1, PHASES + 1):
                with _watching(url, token, options, tally):
                    _sample_until(started_at, options.minutes * 60 * phase / PHASES, samples, tally)
                rest_samples.append(_settled(idle, started_at))
                print(f"at rest: {rest_samples[-1]}", flush=True)
        tally.problems += on_full_disk["problems"]
        done["faults"] |= on_full_disk["faults"]
    found_leaks = leaks(idle, rest_samples)
    feeds = tally.counts.pop("feeds made")
    return {
        "passed": not (tally.problems or found_leaks) and bool(tally.complete),
        "minutes": options.minutes,
        "allocator": ALLOCATOR,
        "events": {
            "of complete jobs": sum(tally.complete.values()),
            "sent, repeats included": done["served"].pop("events", 0),
            "lost": sum(tally.lost.values()),
            "duplicated": sum(tally.duplicated.values()),
        },
        "problems": tally.problems,
        "leaks": found_leaks,
        "jobs": {
            "complete": len(tally.complete),
            "feeds made": feeds,
            "reconnects": done["served"].pop("streams requested", 0) - feeds,
        },
        "faults": dict(sorted(done["faults"].items())),
        "served": dict(sorted(done["served"].items())),
        "viewers": dict(sorted(tally.counts.items())),
        "measures": {
            "before the start": asdict(idle),
            **{f"at rest after phase {n}": asdict(rest) for n, rest in enumerate(rest_samples, 1)},
        },
        "rule": RULE,
        "samples": [asdict(each) for each in samples],
    }


@contextmanager
def _server(options: argparse.Namespace, token: Path) -> Iterator[tuple[str, dict[str, dict[str, int]]]]:
    """The Studio's address, and a dictionary that holds its counts once the Studio has ended."""
    command = [sys.executable, "-m", "benchmarks.soak.server", "--token-file", str(token)]
    command += ["--live", str(options.jobs), "--seed", str(options.seed)]
    command += ["--trouble-every-s", str(options.trouble_every_s)]
    command += ["--steps", str(options.steps)] if options.steps else []
    done: dict[str, dict[str, int]] = {}
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(read_line(process.stdout))["url"], done
        counts, _ = process.communicate(timeout=END_TIMEOUT_S)
        done.update(json.loads(counts))
    finally:
        process.kill()
        process.wait(END_TIMEOUT_S)


@contextmanager
def _watching(url: str, token: Path, options: argparse.Namespace, tally: Tally) -> Iterator[None]:
    """Viewers that watch jobs. Afterwards all of them have left, and every feed is closed."""

    def make(source: Source, job_id: str) -> JobFeed:
        tally.count("feeds made")
        return JobFeed(source, job_id)

    source = StudioSource(url, FoundToken(url, token_file(token), is_configured=True), ARKOR_DEV)
    poller, stop = JobListPoller(source), threading.Event()
    feeds = FeedRegistry(source, poller.contains, make=make)
    poller.subscribe(feeds.list_fetched)
    viewer = Viewer(poller, feeds, tally, stop, options.steps)
    threads = [threading.Thread(target=viewer.browse, args=(number,)) for number in range(options.viewers)]
    threads.append(threading.Thread(target=viewer.verify_ended))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(END_TIMEOUT_S)
        poller.wait(60)
        feeds.close()
        wait_until(lambda: not _readers(), what="the end of every feed")


def _readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(("feed-", "job-list"))]


def _sample_until(started_at: float, end_s: float, samples: list[Sample], tally: Tally) -> None:
    """Take samples until `end_s` after the start, and print problems and the progress."""
    printed = len(tally.problems)
    while True:
        at_s = time.monotonic() - started_at
        new = sample(at_s)
        for problem in tally.problems[printed:]:
            printed += 1
            print(f"{at_s / 60:.1f} min: {problem}", flush=True)
        if samples and at_s // PROGRESS_EVERY_S > samples[-1].at_s // PROGRESS_EVERY_S:
            complete = f"{len(tally.complete)} complete jobs with {sum(tally.complete.values()):,} events"
            print(f"{at_s / 60:.0f} min: {complete}, {len(tally.problems)} problems, {new}", flush=True)
        samples.append(new)
        if at_s >= end_s:
            return
        time.sleep(min(SAMPLE_EVERY_S, end_s - at_s))


def _settled(idle: Sample, started_at: float) -> Sample:
    """A sample once all threads and sockets are closed, at the latest after ten seconds."""
    job_script.cache_clear()
    give_up_at = time.monotonic() + 10
    while True:
        gc.collect()
        now = sample(time.monotonic() - started_at)
        settled = now.threads <= idle.threads and now.descriptors <= idle.descriptors
        if settled or time.monotonic() > give_up_at:
            return now
        time.sleep(0.1)


def _lines(report: dict[str, Any]) -> Iterator[str]:
    """The lines of the report, without its samples."""
    for title, value in report.items():
        if title == "samples":
            continue
        if not isinstance(value, (dict, list)):
            yield f"{title}: {value}"
            continue
        yield f"{title}:{'' if value else ' none'}"
        for entry in value.items() if isinstance(value, dict) else enumerate(value, 1):
            yield f"  {entry[0]}: {entry[1]}"


if __name__ == "__main__":
    sys.exit(main())
