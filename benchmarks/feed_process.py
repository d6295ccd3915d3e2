"""One feed in its own process: `python -m benchmarks.feed_process URL JOB STEPS`, for the benchmark `feed`.

Prints JSON: the seconds that reading STEPS steps took, the growth of the process in bytes, and the number of points
that the feed holds.
"""

from __future__ import annotations

import gc
import json
import sys
import time

import psutil

from arkor_dash.live.feed import JobFeed
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import StudioSource

from .launching import TOKEN
from .processes import wait_until


def main(url: str, job_id: str, steps: str) -> None:
    source = StudioSource(url, Secret(TOKEN))
    _read(source, "another", 1)  # a warm-up: the first connection's memory is not the feed's
    gc.collect()
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    feed = _read(source, job_id, int(steps))
    took_s = time.perf_counter() - start
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    points = sum(len(metric.finite) for metric in feed.snapshot().metrics.metrics.values())
    print(json.dumps({"seconds": took_s, "bytes": grown, "points": points}))


def _read(source: StudioSource, job_id: str, steps: int) -> JobFeed:
    """A closed feed that has read `steps` steps."""
    feed = JobFeed(source, job_id)
    feed.start()
    wait_until(lambda: feed.snapshot().events >= steps, "the reading")
    feed.close()
    return feed


if __name__ == "__main__":
    main(*sys.argv[1:])
