"""A feed in a process of its own: `python -m benchmarks.feed_process URL JOB STEPS`.

Prints how long it took to read so many steps, and how many bytes the process has grown by.
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

from .launching import TOKEN, wait_until


def main(url: str, job_id: str, steps: str) -> None:
    source = StudioSource(url, Secret(TOKEN))
    _read(source, "another", 1)  # what the first connection of a process takes is not the feed's
    gc.collect()
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    feed = _read(source, job_id, int(steps))
    took = time.perf_counter() - start
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    losses = feed.snapshot().losses
    print(json.dumps({"seconds": took, "bytes": grown, "points": len(losses.train) + len(losses.eval)}))


def _read(source: StudioSource, job_id: str, steps: int) -> JobFeed:
    """A feed of so many steps, closed."""
    feed = JobFeed(source, job_id)
    feed.start()
    wait_until(lambda: feed.snapshot().events >= steps, "the reading")
    feed.close()
    return feed


if __name__ == "__main__":
    main(*sys.argv[1:])
