"""Everything that all viewers of one source share."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.access.rules import Rule
from arkor_dash.live.cancellations import Cancellations
from arkor_dash.live.feed import FeedRegistry
from arkor_dash.live.job_list import JobListPoller
from arkor_dash.live.output.follower import RunOutputFeed
from arkor_dash.sources import Source


@dataclass(frozen=True, slots=True)
class Dashboard:
    """`rule` says who may start runs."""

    source: Source
    jobs: JobListPoller
    feeds: FeedRegistry
    output: RunOutputFeed
    cancellations: Cancellations
    rule: Rule
