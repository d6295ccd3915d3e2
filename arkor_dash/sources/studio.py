"""Jobs and events from a Studio API: our own Studio's, or that of `arkor dev`."""

from __future__ import annotations

from arkor_dash.errors import JobNotFoundError, SourceError
from arkor_dash.protocol.jobs import Job, JobList
from arkor_dash.settings.secret import Secret
from arkor_dash.sources.http.json_api import job_segment
from arkor_dash.sources.http.streams import HttpEvents
from arkor_dash.sources.http.timeouts import DEFAULT_TIMEOUTS, ReadTimeouts

from .studio_connection import StudioConnection
from .studio_extensions import (
    StudioArchive,
    StudioArtifacts,
    StudioControl,
    StudioKeeper,
    StudioSummaries,
)
from .studio_kinds import StudioKind
from .studio_runner import StudioRunner
from .studio_tokens import ProvidedToken, TokenProvider, Tokens


class StudioSource:
    """A Source that speaks the Studio API.

    Args:
        base_url: has no slash at its end.
        kind: None: determined once the Studio answers, and again after it was unreachable or its token has changed.
            Until then the Studio counts as an `arkor dev`.
    """

    kind = "studio"
    no_runner_reason = ""

    def __init__(
        self,
        base_url: str,
        token: Secret | TokenProvider | Tokens,
        kind: StudioKind | None = None,
        timeouts: ReadTimeouts = DEFAULT_TIMEOUTS,
    ) -> None:
        self._connection = StudioConnection(base_url, _tokens(token), kind, timeouts)
        self._control = StudioControl(self._connection)
        self._artifacts = StudioArtifacts(self._connection)
        self._keeper = StudioKeeper(self._connection)
        self._summaries = StudioSummaries(self._connection)
        self._archive = StudioArchive(self._connection)
        self._runner = StudioRunner(self._connection)

    @property
    def url(self) -> str:
        return self._connection.base_url

    @property
    def label(self) -> str:
        studio = self._connection
        if studio.origin is not None:
            return studio.origin.label
        return f"{studio.known_kind.name if studio.known_kind else 'Studio'} · {studio.host}"

    @property
    def deprecation_notice(self) -> str | None:
        return self._connection.api.deprecation_notice

    @property
    def streams_cancellation(self) -> bool:
        return self._connection.kind.is_ours

    @property
    def runner(self) -> StudioRunner:
        return self._runner

    @property
    def control(self) -> StudioControl | None:
        studio = self._connection
        return self._control if studio.kind.is_ours or studio.has_cancel_route else None

    @property
    def artifacts(self) -> StudioArtifacts | None:
        return self._artifacts if self._connection.kind.is_ours else None

    @property
    def keeper(self) -> StudioKeeper | None:
        return self._keeper if self._connection.kind.is_ours else None

    @property
    def summaries(self) -> StudioSummaries | None:
        return self._summaries if self._connection.kind.is_ours else None

    @property
    def archive(self) -> StudioArchive | None:
        return self._archive if self._connection.kind.is_ours else None

    def credentials(self) -> object:
        return self._connection.tokens.known()

    def jobs(self) -> JobList:
        studio = self._connection
        try:
            listing = studio.api.jobs(studio.request("GET", "/api/jobs", studio.timeouts.default_s))
        except SourceError:
            studio.forget()
            raise
        studio.identify()
        return listing

    def job(self, job_id: str) -> Job:
        path = f"/api/jobs/{job_segment(job_id)}"
        studio = self._connection
        if studio.kind.is_ours:
            request = studio.request("GET", path, studio.timeouts.default_s, JobNotFoundError(job_id))
            return studio.api.job(request)
        for job in self.jobs().jobs:  # arkor dev has no route for one job
            if job.id == job_id:
                return job
        raise JobNotFoundError(job_id)

    def events(self, job_id: str, last_event_id: str | None = None) -> HttpEvents:
        path = f"/api/jobs/{job_segment(job_id)}/events"
        studio = self._connection
        request = studio.request("GET", path, studio.timeouts.stream_s, JobNotFoundError(job_id))
        return HttpEvents(studio.api.watching_deprecation(request), last_event_id)


def _tokens(token: Secret | TokenProvider | Tokens) -> Tokens:
    if isinstance(token, Secret):
        return ProvidedToken(lambda: token)
    return ProvidedToken(token) if callable(token) else token
