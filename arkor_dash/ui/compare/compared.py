"""The compared jobs as they are at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from arkor_dash.live.dashboard import Dashboard
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.protocol.fields import replace_surrogates, shortened
from arkor_dash.protocol.jobs import Job, config_texts, shown_config
from arkor_dash.ui.source_line import REFRESH_S

SETTINGS_LIMIT, SETTING_NAME_LIMIT = 500, 200
"""The most settings of a job that are compared, and the characters of a name. Other servers may send any config."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A compared job: as the list holds it, None if it does not; its settings; and its stream."""

    job: Job | None
    settings: Mapping[str, str]
    feed: FeedSnapshot


class ComparedReader:
    """Returns the compared jobs as they are now. Any thread may call it; it waits for nothing.

    Attributes: view: names what is read, for `LiveParts`.
    """

    def __init__(self, dash: Dashboard, job_ids: Sequence[str]) -> None:
        self._dash, self._job_ids = dash, tuple(job_ids)
        self._settings: dict[str, tuple[Job, Mapping[str, str]]] = {}
        self._latest: dict[str, Compared] = {}
        self.view = ("compare", dash.feeds.number, self._job_ids)

    def __call__(self) -> tuple[Compared, ...]:
        """The same objects until something changes."""
        self._dash.jobs.refresh(REFRESH_S - 0.5)
        return tuple(map(self._compared, self._job_ids))

    def _compared(self, job_id: str) -> Compared:
        job, feed = self._dash.jobs.job(job_id), self._dash.feeds.acquire(job_id).snapshot()
        latest = self._latest.get(job_id)
        if latest is None or latest.job is not job or latest.feed is not feed:
            latest = self._latest[job_id] = Compared(job, self._settings_of(job), feed)
        return latest

    def _settings_of(self, job: Job | None) -> Mapping[str, str]:
        """The settings, computed once for each job that the list comes with."""
        if job is None:
            return {}
        known = self._settings.get(job.id)
        if known is None or known[0] is not job:
            known = self._settings[job.id] = job, settings_of(job)
        return known[1]


def settings_of(job: Job) -> dict[str, str]:
    """Entries of the job's config, as text, at most `SETTINGS_LIMIT`. Addresses are without their secret parts."""
    entries = config_texts(shown_config(job.config))
    return {
        replace_surrogates(shortened(name, SETTING_NAME_LIMIT)): replace_surrogates(text)
        for name, text in entries[:SETTINGS_LIMIT]
    }
