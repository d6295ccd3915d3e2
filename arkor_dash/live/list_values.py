"""The values of the runs in the list of jobs: those that the source lists, and those of the feeds that are held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from arkor_dash.metrics.progress import PROGRESS_METRICS, done_share, progress
from arkor_dash.metrics.summary import metric_summary
from arkor_dash.protocol.jobs import Job
from arkor_dash.protocol.metric_summaries import STEP, MetricSummary, Summaries

from .feed import FeedSnapshot
from .job_state import job_state


@dataclass(frozen=True, slots=True, eq=False)
class ListValues:
    """The values at one moment. Those of a feed count, unless the source has reached a later step.

    `listed` is what the source lists. `feeds` is what the feeds have read, by the job's id. Jobs that nobody has
    opened have none.
    """

    listed: Summaries = field(default_factory=dict)
    feeds: Mapping[str, FeedSnapshot] = field(default_factory=dict)

    def summary(self, job_id: str, name: str) -> MetricSummary | None:
        """The summary of a metric; None if it is not known."""
        listed, feed = self._listed(job_id, name), self.feeds.get(job_id)
        read = metric_summary(feed.metrics, name) if feed else None
        if read is None or listed is None:
            return read or listed
        if not self._feed_is_newer(job_id):
            return replace(listed, curve=listed.curve or read.curve)
        # A feed keeps one value of each step, so that it may have replaced the lowest or the highest one.
        lows = [each.lowest for each in (listed, read) if each.lowest is not None]
        highs = [each.highest for each in (listed, read) if each.highest is not None]
        return replace(read, lowest=min(lows, default=None), highest=max(highs, default=None))

    def done_share(self, job: Job) -> float | None:
        """The share of the run that is done, in [0, 1]; None if it is not known."""
        if self._feed_is_newer(job.id) and (done := progress(job.config, self.feeds[job.id].metrics)):
            return done.done
        listed = ((name, self._listed(job.id, name)) for name in PROGRESS_METRICS)
        last = {name: each.last for name, each in listed if each is not None}
        return done_share(job.config, last) if last else None

    def duration_s(self, job: Job, now_ms: float) -> float | None:
        """Seconds from the start to the end, or to now for a running job; None for a job that has not started."""
        return job_state(job, self.feeds.get(job.id), now_ms).duration_s

    def _listed(self, job_id: str, name: str) -> MetricSummary | None:
        return self.listed.get(name, {}).get(job_id)

    def _feed_is_newer(self, job_id: str) -> bool:
        """Whether the feed has read as much as the source lists. A feed that reads the past has not yet."""
        feed = self.feeds.get(job_id)
        if feed is None or not feed.metrics.recent:
            return False
        listed = self._listed(job_id, STEP)
        return listed is None or feed.metrics.recent[-1].step >= listed.last
