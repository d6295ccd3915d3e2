"""The objects that all viewers of one source share."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.access.rules import Rule
from arkor_dash.settings.load import Settings
from arkor_dash.sources import EMBEDDED, LocalStudios, Source, StudioSource, choose_source
from arkor_dash.sources.embedded import EmbeddedStudio

from .cancellations import Cancellations
from .feed import FeedRegistry
from .job_list import JobListPoller
from .metric_summaries import SummaryPoller
from .output.follower import RunOutputFeed
from .output.kept import KeptOutputs
from .rebuilds import Rebuilds


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A source, the readers of its jobs, and the `rule` that says who may start runs.

    `output`, `kept_outputs` and `rebuilds` are None if the source has no project to run.
    `studio` is the embedded Studio; None for other sources. `summaries` fetches the metrics for the list of jobs.
    `local_studios` finds the `arkor dev` programs on this machine; None if the source is a recording.
    """

    source: Source
    jobs: JobListPoller
    feeds: FeedRegistry
    output: RunOutputFeed | None
    kept_outputs: KeptOutputs | None
    cancellations: Cancellations
    rule: Rule
    summaries: SummaryPoller
    rebuilds: Rebuilds | None = None
    studio: EmbeddedStudio | None = None
    local_studios: LocalStudios | None = None

    def close(self) -> None:
        """End the embedded Studio and its run, and return when both have ended. May be called twice."""
        if self.rebuilds is not None:
            self.rebuilds.close()
        if self.studio is not None:
            self.studio.close()


def open_dashboard(settings: Settings, rule: Rule) -> Dashboard:
    """The dashboard of the source that the settings name. Starts the embedded Studio if that is the source.

    Raises: ArkorDashError: there is no usable source, or the Studio did not start.
    """
    studio: EmbeddedStudio | None = None

    def start_embedded() -> Source:
        nonlocal studio
        studio = EmbeddedStudio(
            settings.project_dir,
            settings.state_dir,
            settings.database_url,
            settings.cancel_grace_s,
            settings.keep_runs,
            environment=lambda: settings.environment,
        )
        return StudioSource(studio.url, studio.access, EMBEDDED)

    local_studios = LocalStudios(settings.studio_ports, settings.studio_token_file)
    source = choose_source(settings, start_embedded, local_studios)
    jobs = JobListPoller(source)
    feeds = FeedRegistry(source, jobs.contains)
    jobs.subscribe(feeds.list_fetched)
    return Dashboard(
        source=source,
        jobs=jobs,
        feeds=feeds,
        output=run_output_feed(source),
        kept_outputs=kept_outputs_of(source),
        cancellations=Cancellations(source),
        rule=rule,
        summaries=SummaryPoller(source),
        rebuilds=rebuilds_of(source),
        studio=studio,
        local_studios=local_studios,
    )


def run_output_feed(source: Source) -> RunOutputFeed | None:
    """A feed of the output of the source's runs; None if the source has no project to run."""
    return None if source.runner is None else RunOutputFeed(source.runner)


def kept_outputs_of(source: Source) -> KeptOutputs | None:
    """The outputs of the source's earlier runs; None if the source has no project to run."""
    return None if source.runner is None else KeptOutputs(source.runner)


def rebuilds_of(source: Source) -> Rebuilds | None:
    """The rebuilds of the source's project; None if the source has no project."""
    return None if source.runner is None else Rebuilds(source.runner, source.credentials)
