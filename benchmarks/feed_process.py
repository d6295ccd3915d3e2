"""A feed in a process of its own: `python -m benchmarks.feed_process URL JOB STEPS`.

Prints how long it took to read so many steps, and how many bytes the process has grown by.
"""

from __future__ import annotations

import gc
import json
import sys
import time

import psutil

from arkor_dash.feed import JobFeed
from arkor_dash.settings import Secret
from arkor_dash.sources import StudioSource

from .launching import TOKEN, wait_until


def main(url: str, job_id: str, steps: str) -> None:
    feed = JobFeed(StudioSource(url, Secret(TOKEN)), job_id)
    before, start = psutil.Process().memory_info().rss, time.perf_counter()
    feed.start()
    wait_until(lambda: feed.snapshot().events >= int(steps), "the reading")
    took = time.perf_counter() - start
    gc.collect()
    grown = psutil.Process().memory_info().rss - before
    losses = feed.snapshot().losses
    print(json.dumps({"seconds": took, "bytes": grown, "points": len(losses.train) + len(losses.eval)}))
    feed.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
