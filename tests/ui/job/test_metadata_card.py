"""The number of artifacts among the metadata of a job."""

from __future__ import annotations

from dataclasses import replace

import pytest

from arkor_dash.live.feed.artifacts import SavedArtifact
from arkor_dash.protocol.jobs import Job
from arkor_dash.ui.browser.facts import Fact
from arkor_dash.ui.job.metadata_card import metadata
from tests.live.feed.snapshots import feed_snapshot

from .moments import moment

CHECKPOINT = SavedArtifact("checkpoint-1/weights", "", "checkpoint", None)
FINAL = SavedArtifact("weights", "", "final", None)


@pytest.mark.parametrize(
    ("status", "final", "saved", "fact"),
    [
        ("completed", 1, (FINAL,), Fact("Artifacts", "1")),
        ("completed", 1, (CHECKPOINT, FINAL), Fact("Artifacts", "1", unit="final")),
        ("completed", 0, (CHECKPOINT,), Fact("Artifacts", "0", unit="final")),
        ("running", None, (CHECKPOINT,), Fact("Artifacts", "1", unit="so far")),
        ("failed", None, (CHECKPOINT,), Fact("Artifacts", "1")),
        ("running", None, (), Fact("Artifacts", None)),
    ],
)
def test_the_number_of_artifacts_says_what_it_counts_where_the_tab_counts_more(
    status: str, final: int | None, saved: tuple[SavedArtifact, ...], fact: Fact
) -> None:
    feed = feed_snapshot(started=True)
    feed = replace(feed, artifacts=saved, facts=replace(feed.facts, artifacts=final))
    now = moment(Job("job", "one", status), feed, 1e12)
    assert next(each for each in metadata(now) if each.label == "Artifacts") == fact
