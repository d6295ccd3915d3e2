"""The list of the artifacts that a run has saved, from its events."""

from __future__ import annotations

import pytest

from arkor_dash.live.feed.artifacts import ArtifactList, SavedArtifact
from arkor_dash.protocol.events import CheckpointSaved, TrainingCancelled, TrainingCompleted, TrainingLog


def test_each_artifact_has_the_stage_of_its_event() -> None:
    saved = ArtifactList()
    entry = {"kind": "adapter", "name": "a", "sizeBytes": 7, "isFolder": True}
    saved.add(CheckpointSaved(1.0, 25, ({"name": "c/1"},)))
    saved.add(TrainingLog(2.0, 26))
    saved.add(TrainingCompleted(3.0, (entry, {"name": "b"})))
    saved.add(TrainingCancelled(4.0, ({"name": "d"},)))
    assert saved.snapshot() == (
        SavedArtifact("c/1", "", "checkpoint", 1.0, 25),
        SavedArtifact("a", "adapter", "final", 3.0, None, 7, is_folder=True),
        SavedArtifact("b", "", "final", 3.0),
        SavedArtifact("d", "", "cancelled", 4.0),
    )


def test_an_artifact_that_is_saved_again_is_listed_once_at_its_new_place() -> None:
    saved = ArtifactList()
    for step, name in [(1, "best"), (2, "other"), (3, "best")]:
        saved.add(CheckpointSaved(None, step, ({"name": name},)))
    assert [(each.name, each.step) for each in saved.snapshot()] == [("other", 2), ("best", 3)]


@pytest.mark.parametrize("entry", [None, 7, [], {}, {"name": 7, "kind": [], "sizeBytes": True}, ""])
def test_an_entry_of_an_unknown_form_has_no_name(entry: object) -> None:
    saved = ArtifactList()
    saved.add(TrainingCompleted(None, (entry, entry)))
    assert saved.snapshot() == (SavedArtifact("", "", "final", None),) * 2


def test_an_entry_may_be_a_name_only_and_a_negative_size_is_ignored() -> None:
    saved = ArtifactList()
    saved.add(TrainingCompleted(None, ("w\ud800" + "x" * 5_000, {"name": "n", "sizeBytes": -1})))
    first, second = saved.snapshot()
    assert (first.name[:3], len(first.name), second.size_bytes) == ("w?x", 4_096, None)


def test_only_the_newest_artifacts_are_kept() -> None:
    saved = ArtifactList(limit=3)
    for step in range(5):
        saved.add(CheckpointSaved(None, step, ({"name": f"c{step}"},)))
    kept = saved.snapshot()
    assert [each.step for each in kept] == [2, 3, 4]
    assert saved.snapshot() is kept
