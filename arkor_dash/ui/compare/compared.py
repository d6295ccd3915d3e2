"""The compared jobs as they are at one moment."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.job_state import job_state
from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import Job, config_texts, shown_config
from arkor_dash.ui.source_line import REFRESH_S
from arkor_dash.ui.status_text import status_text

SETTINGS_LIMIT, SETTING_NAME_LIMIT = 500, 200
"""The most settings of a job that are compared, and the characters of a name. Other servers may send any config."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A compared job: as the list holds it, None if it does not; its settings; and its stream.

    `status_text` is the status as it is shown. `lost_since_ms`: since when the source does not answer, if
    it does not.
    """

    job: Job | None
    settings: Mapping[str, str]
    feed: FeedSnapshot
    status_text: str
    lost_since_ms: float | None


class ComparedReader:
    """Returns the compared jobs as they are now. Any thread may call it; it waits for nothing.

    Attributes: view: names what is read, for `LiveParts`.
    """

    def __init__(self, dash: Dashboard, job_ids: Sequence[str]) -> None:
        self._dash, self._job_ids = dash, tuple(job_ids)
        self._latest: dict[str, Compared] = {}
        self.view = ("compare", dash.feeds.number, self._job_ids)

    def __call__(self) -> tuple[Compared, ...]:
        """The same objects until something changes."""
        self._dash.jobs.refresh(REFRESH_S - 0.5)
        now_ms = time.time() * 1000
        return tuple(self._compared(job_id, now_ms) for job_id in self._job_ids)

    def _compared(self, job_id: str, now_ms: float) -> Compared:
        job, feed = self._dash.jobs.job(job_id), self._dash.feeds.acquire(job_id).snapshot()
        text = status_text(job, feed, job_state(job, feed, now_ms).status, now_ms)
        lost_since_ms = self._dash.jobs.snapshot().lost_since_ms(now_ms)
        latest = self._latest.get(job_id)
        if latest is None or latest.job is not job:
            latest = Compared(job, settings_of(job) if job else {}, feed, text, lost_since_ms)
        elif (latest.feed, latest.status_text, latest.lost_since_ms) != (feed, text, lost_since_ms):
            latest = replace(latest, feed=feed, status_text=text, lost_since_ms=lost_since_ms)
        self._latest[job_id] = latest
        return latest


def settings_of(job: Job) -> dict[str, str]:
    """Entries of the job's config, as text, at most `SETTINGS_LIMIT`. Addresses are without their secret parts."""
    entries = config_texts(shown_config(job.config))
    return {
        replace_surrogates(shortened(name, SETTING_NAME_LIMIT)): replace_surrogates(text)
        for name, text in entries[:SETTINGS_LIMIT]
    }
