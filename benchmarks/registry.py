"""All benchmarks by name, in the order in which they run."""

from __future__ import annotations

from .crowd import CROWDS
from .embedded_jobs import EMBEDDED_JOBS
from .feed_rates import FEED_RATES
from .harness import Benchmark
from .job_lists import LISTS
from .job_pages import JOB_PAGES
from .live import LIVE
from .recorder import RECORDER
from .start import START
from .studio_rates import STUDIO_RATES
from .viewers import CROWDED

BENCHMARKS: dict[str, Benchmark] = {
    each.name: each
    for each in (
        *START,
        RECORDER,
        *FEED_RATES,
        *STUDIO_RATES,
        *JOB_PAGES,
        *EMBEDDED_JOBS,
        *LIVE,
        *LISTS,
        *CROWDED,
        *CROWDS,
    )
}
