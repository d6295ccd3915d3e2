"""The tests that every store must pass, whichever database it uses."""

from __future__ import annotations

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from arkor_dash.protocol.events import logged_values
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.studio.errors import JobEndedError, JobRunningError, SequenceGapError, UnknownJobError
from arkor_dash.studio.storage import summaries
from arkor_dash.studio.storage.records import (
    Artifact,
    EventPage,
    NewEvent,
    RunStatus,
    to_job,
)
from arkor_dash.studio.storage.store import Store

AT = datetime(2026, 11, 23, 11, 37, 28, 453_000, tzinfo=UTC)


def log(seq: int, data: str | None = None) -> NewEvent:
    return NewEvent(seq, "training.log", data or f'{{"step": {seq}}}', AT)


def report(seq: int, **fields: float) -> NewEvent:
    return NewEvent(seq, "training.log", json.dumps(fields), AT, values=logged_values(fields))


def logs(first: int, last: int) -> list[NewEvent]:
    return [log(seq) for seq in range(first, last + 1)]


def started(seq: int, at: datetime = AT) -> NewEvent:
    return NewEvent(seq, "training.started", "{}", at)


def completed(seq: int, *artifacts: Artifact) -> NewEvent:
    return NewEvent(seq, "training.completed", "{}", AT + timedelta(minutes=1), artifacts=artifacts)


def failed(seq: int, error: str) -> NewEvent:
    return NewEvent(seq, "training.failed", "{}", AT, error=error)


def seqs(page: EventPage) -> list[int]:
    return [event.seq for event in page.events]


class StoreContract:
    """Needs the fixture `store`, an empty `Store`."""

    @pytest.fixture
    def job(self, store: Store) -> str:
        store.create_job("job_a", "a", AT)
        return "job_a"

    def test_a_new_job_is_queued(self, store: Store, job: str) -> None:
        found = store.job(job)
        assert (found.name, found.status, found.created_at) == ("a", "queued", AT)
        assert (found.started_at, found.completed_at, found.error, found.config) == (None, None, None, {})

    def test_jobs_are_listed_newest_first_even_when_created_at_the_same_time(self, store: Store) -> None:
        for name in "bac":
            store.create_job(name, name, AT)
        assert [job.id for job in store.jobs(to_job)] == ["c", "a", "b"]

    def test_a_name_that_a_person_gave_stays_when_the_trainer_names_the_job(
        self, store: Store, job: str
    ) -> None:
        changed = store.change_labels(job, LabelChange("mine", ("a b", "c"), "why", archived=True), AT)
        assert (changed.name, changed.tags, changed.notes, changed.archived) == (
            "mine",
            ("a b", "c"),
            "why",
            True,
        )
        assert store.describe_job(job, "the trainer's", "{}").name == "mine"
        assert store.change_labels(job, LabelChange(tags=()), AT) == store.job(job)
        cleared = store.change_labels(job, LabelChange(name="", notes="", archived=False), AT)
        assert (cleared.name, cleared.tags, cleared.notes) == ("the trainer's", (), "")
        assert not cleared.archived
        with pytest.raises(UnknownJobError):
            store.change_labels("job_b", LabelChange("x"), AT)

    def test_an_ended_job_is_deleted_with_its_events_and_artifacts_and_no_other_job_is(
        self, store: Store, job: str
    ) -> None:
        store.create_job("job_b", "b", AT)
        store.append("job_b", [log(1)])
        with pytest.raises(JobRunningError):
            store.delete_job(job)
        store.append(job, [log(1), completed(2, Artifact("artifact", "model", AT))])
        store.delete_job(job)
        for read in (store.job, store.delete_job, lambda job_id: store.events_after(job_id, 0)):
            with pytest.raises(UnknownJobError):
                read(job)
        with pytest.raises(UnknownJobError):
            store.append(job, [log(3)])
        assert store.artifacts(job) == []
        store.create_job(job, "again", AT)
        assert store.events_after(job, 0).events == ()
        assert seqs(store.events_after("job_b", 0)) == [1]

    def test_each_metric_of_a_job_is_summarized_by_its_last_lowest_and_highest_value(
        self, store: Store, job: str
    ) -> None:
        store.append(job, [report(1, step=1, loss=3.0, lr=1e-5), report(2, step=2, loss=1.0)])
        store.append(job, [report(3, step=3, loss=math.inf), report(4, loss=0.5)])
        store.create_job("job_b", "b", AT)
        store.append("job_b", [report(1, step=7, accuracy=math.nan)])
        assert store.metric_names() == ["accuracy", "learning_rate", "loss"]
        found = store.summaries(["loss", "step", "accuracy", "none"])
        assert found["loss"] == {job: MetricSummary(math.inf, 1.0, 3.0, "3 1")}
        assert found["step"] == {job: MetricSummary(3, 1, 3), "job_b": MetricSummary(7, 7, 7)}
        (unknown,) = found["accuracy"].values()
        assert math.isnan(unknown.last)
        assert (unknown.lowest, unknown.highest) == (None, None)
        assert found["none"] == {}

    def test_an_event_that_comes_twice_or_after_the_end_is_not_summarized_again(
        self, store: Store, job: str
    ) -> None:
        store.append(job, [report(1, step=1, loss=3.0)])
        ended = [report(2, step=2, loss=2.0), completed(3), report(4, step=3, loss=1.0)]
        store.append(job, [report(1, step=1, loss=9.0), *ended])
        assert store.summaries(["loss"])["loss"] == {job: MetricSummary(2.0, 2.0, 3.0, "3 2")}

    def test_no_more_metrics_of_a_job_are_summarized_than_are_kept(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(summaries, "METRICS_KEPT", 3)
        store.append(job, [report(1, step=1, a=1.0)])
        store.append(job, [report(2, step=2, a=2.0, b=2.0, c=2.0, d=2.0)])
        store.append(job, [report(3, step=3, a=3.0, d=3.0)])
        assert store.metric_names() == ["a", "b"]
        assert store.summaries(["a"])["a"] == {job: MetricSummary(3.0, 1.0, 3.0)}

    def test_the_step_is_among_the_metrics_that_are_kept(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(summaries, "METRICS_KEPT", 3)
        store.append(job, [report(1, a=1.0, b=1.0, c=1.0, d=1.0, step=1)])
        assert store.summaries(["step"])["step"] == {job: MetricSummary(1.0, 1.0, 1.0)}

    def test_a_deleted_job_has_no_summaries(self, store: Store, job: str) -> None:
        store.append(job, [report(1, step=1, loss=1.0), completed(2)])
        store.delete_job(job)
        assert store.metric_names() == []

    def test_a_second_job_of_the_same_id_is_refused(self, store: Store, job: str) -> None:
        with pytest.raises(IntegrityError):
            store.create_job(job, "again", AT)

    def test_events_come_back_as_they_were_in_their_order(self, store: Store, job: str) -> None:
        sent = [started(1), log(2, '{"loss": NaN, "名": "\\u0000"}'), log(3)]
        assert store.append(job, sent) == 3
        stored = store.events_after(job, 0).events
        assert [(each.seq, each.name, each.data) for each in stored] == [
            (each.seq, each.name, each.data) for each in sent
        ]

    def test_a_batch_sent_twice_is_stored_once(self, store: Store, job: str) -> None:
        assert store.append(job, logs(1, 3)) == 3
        assert store.append(job, [log(seq, '{"again": 1}') for seq in (1, 2, 3)]) == 3
        assert store.events_after(job, 0).events[0].data == '{"step": 1}'

    def test_a_batch_that_overlaps_adds_its_new_events(self, store: Store, job: str) -> None:
        store.append(job, logs(1, 3))
        assert store.append(job, logs(2, 5)) == 5
        assert seqs(store.events_after(job, 0)) == [1, 2, 3, 4, 5]

    def test_an_empty_batch_returns_the_last_stored_seq(self, store: Store, job: str) -> None:
        store.append(job, logs(1, 2))
        assert store.append(job, []) == 2

    @pytest.mark.parametrize("batch", [[log(4)], [log(3), log(5)], [log(3), log(3)], [log(4), log(3)]])
    def test_a_gap_is_refused_and_nothing_stored(self, store: Store, job: str, batch: list[NewEvent]) -> None:
        store.append(job, logs(1, 2))
        with pytest.raises(SequenceGapError) as refused:
            store.append(job, batch)
        assert refused.value.acknowledged == 2
        assert seqs(store.events_after(job, 0)) == [1, 2]

    def test_every_method_refuses_an_unknown_job(self, store: Store) -> None:
        for call in (
            lambda: store.append("x", logs(1, 1)),
            lambda: store.job("x"),
            lambda: store.describe_job("x", "name", "{}"),
            lambda: store.cancel_job("x"),
            lambda: store.events_after("x", 0),
            lambda: store.end_run("x", 1, "", AT),
            lambda: store.run_status("x"),
        ):
            with pytest.raises(UnknownJobError):
                call()
        assert store.artifacts("x") == []

    def test_the_first_start_sets_the_status_and_the_time(self, store: Store, job: str) -> None:
        store.append(job, [started(1), started(2, AT + timedelta(hours=1))])
        store.append(job, [started(3, AT + timedelta(hours=2))])
        assert (store.job(job).status, store.job(job).started_at) == ("running", AT)

    def test_completion_ends_the_job(self, store: Store, job: str) -> None:
        store.append(job, [started(1), completed(2)])
        found = store.job(job)
        assert (found.status, found.started_at) == ("completed", AT)
        assert found.completed_at == AT + timedelta(minutes=1)

    def test_a_failure_ends_the_job_with_its_error(self, store: Store, job: str) -> None:
        store.append(job, [failed(1, "CUDA out of memory")])
        found = store.job(job)
        assert (found.status, found.error, found.completed_at) == ("failed", "CUDA out of memory", AT)

    def test_events_after_the_end_are_not_stored(self, store: Store, job: str) -> None:
        assert store.append(job, [log(1), completed(2), log(3), failed(4, "late")]) == 2
        assert store.job(job).status == "completed"
        with pytest.raises(JobEndedError):
            store.append(job, [log(3)])
        with pytest.raises(JobEndedError):
            store.describe_job(job, "late", "{}")
        assert seqs(store.events_after(job, 0)) == [1, 2]

    def test_the_last_batch_can_be_sent_again_after_the_end(self, store: Store, job: str) -> None:
        batch = [log(1), completed(2)]
        assert store.append(job, batch) == store.append(job, batch) == 2

    def test_a_description_names_the_job_and_keeps_its_config(self, store: Store, job: str) -> None:
        for _ in range(2):
            described = store.describe_job(job, "triage 名", '{"lr": 0.1, "n": [1]}')
            assert (described.name, described.config) == ("triage 名", {"lr": 0.1, "n": [1]})
        assert store.job(job) == described

    @pytest.mark.parametrize(
        "config", ['{"a": ' * 965 + "1" + "}" * 965, "[" * 100_000, "", "[]", "null", '{"a": '], ids=range(6)
    )
    def test_an_unreadable_config_does_not_break_the_list_of_jobs(
        self, store: Store, job: str, config: str
    ) -> None:
        store.create_job("other", "n", AT)
        store.describe_job("other", "n", '{"lr": 1}')
        store.describe_job(job, "n", config)
        assert [each.config for each in store.jobs(to_job)] == [{"lr": 1}, {}]

    def test_artifacts_are_kept_in_the_order_of_their_report(self, store: Store, job: str) -> None:
        first = Artifact("checkpoint", "b.npz", AT, 10.0, 2**40)
        others = (Artifact("model", "z", AT), Artifact("model", "a", AT, size_bytes=0))
        store.append(job, [NewEvent(1, "checkpoint.saved", "{}", AT, artifacts=(first,))])
        store.append(job, [completed(2, *others)])
        store.append(job, [completed(2, *others)])
        assert store.artifacts(job) == [first, *others]

    def test_a_page_holds_at_most_its_limit(self, store: Store, job: str) -> None:
        store.append(job, logs(1, 10))
        assert seqs(store.events_after(job, 3, limit=4)) == [4, 5, 6, 7]

    def test_a_page_of_large_events_is_limited_by_their_size(self, store: Store, job: str) -> None:
        store.append(job, [log(seq, f'{{"x": "{"y" * 1_000}"}}') for seq in range(1, 11)])
        assert seqs(store.events_after(job, 0, max_characters=2_500)) == [1, 2, 3]
        assert seqs(store.events_after(job, 0, max_characters=1)) == [1]

    def test_only_the_last_page_of_an_ended_job_is_the_last(self, store: Store, job: str) -> None:
        store.append(job, logs(1, 4))
        assert not store.events_after(job, 0).is_last
        store.append(job, [completed(5)])
        assert not store.events_after(job, 0, limit=4).is_last
        assert store.events_after(job, 4).is_last
        assert store.events_after(job, 5) == EventPage((), reached=5, is_last=True)

    def test_a_seq_beyond_the_last_event_means_the_start(self, store: Store, job: str) -> None:
        store.append(job, logs(1, 2))
        assert seqs(store.events_after(job, 3)) == [1, 2]
        assert seqs(store.events_after(job, 10**18)) == [1, 2]

    def test_a_run_that_ends_without_a_terminal_event_fails_its_job(self, store: Store, job: str) -> None:
        store.append(job, [started(1), log(2)])
        assert store.end_run(job, 137, 'killed: "名"', AT)
        event = store.events_after(job, 2).events[0]
        assert (event.seq, event.name) == (3, "training.failed")
        assert event.data == (
            '{"type": "training.failed", "jobId": "job_a", "timestamp": "2026-11-23T11:37:28.453Z", '
            '"error": "killed: \\"名\\""}'
        )
        found = store.job(job)
        assert (found.status, found.error, found.completed_at) == ("failed", 'killed: "名"', AT)
        assert store.run_status(job) == RunStatus(job, running=False, exit_code=137)

    def test_a_run_that_reported_its_end_keeps_its_status(self, store: Store, job: str) -> None:
        store.append(job, [completed(1)])
        assert not store.end_run(job, 0, "unused", AT)
        assert (store.job(job).status, store.job(job).error) == ("completed", None)
        assert store.run_status(job).exit_code == 0
        assert seqs(store.events_after(job, 0)) == [1]

    @pytest.mark.parametrize("end", [completed(3), failed(3, "at the end")])
    def test_a_job_that_was_asked_to_end_is_cancelled_whatever_its_trainer_reports(
        self, store: Store, job: str, end: NewEvent
    ) -> None:
        assert store.cancel_job(job).status == store.cancel_job(job).status == "cancelling"
        store.append(job, [started(1), log(2)])
        assert (store.job(job).status, store.job(job).started_at) == ("cancelling", AT)
        assert store.unfinished() == [job]
        assert store.append(job, [end]) == store.append(job, [end]) == 3
        assert (store.job(job).status, store.job(job).error) == ("cancelled", end.error)
        (event,) = store.events_after(job, 2).events
        assert (event.name, event.data) == ("training.cancelled", '{"type": "training.cancelled"}')
        with pytest.raises(JobEndedError):
            store.cancel_job(job)

    def test_a_cancelled_run_without_a_terminal_event_is_cancelled(self, store: Store, job: str) -> None:
        store.cancel_job(job)
        assert store.end_run(job, 137, "killed", AT)
        found = store.job(job)
        assert (found.status, found.error, found.completed_at) == ("cancelled", None, AT)
        (event,) = store.events_after(job, 0).events
        assert "killed" not in event.data
        assert store.run_status(job) == RunStatus(job, running=False, exit_code=137)

    def test_a_scripts_job_is_running_at_once_and_separate_from_the_studios_own(
        self, store: Store, job: str
    ) -> None:
        store.create_job("script", "its name", AT, config='{"a": 1}', is_external=True)
        found = store.job("script")
        assert (found.name, found.status, found.started_at, found.config) == (
            "its name",
            "running",
            AT,
            {"a": 1},
        )
        assert (store.unfinished(), store.unfinished(is_external=True)) == ([job], ["script"])
        assert store.latest_run() == RunStatus(job, running=True, exit_code=None)
        assert store.end_run("script", None, "silent", AT)
        assert (store.job("script").status, store.run_status("script").exit_code) == ("failed", None)
        assert store.unfinished(is_external=True) == []

    def test_unfinished_jobs_are_those_that_have_not_ended(self, store: Store) -> None:
        for job_id in ("queued", "running", "completed", "failed"):
            store.create_job(job_id, "", AT)
        store.append("running", [started(1)])
        store.append("completed", [completed(1)])
        store.append("failed", [failed(1, "")])
        assert store.unfinished() == ["queued", "running"]

    def test_the_latest_run_is_the_newest_job(self, store: Store) -> None:
        assert store.latest_run() is None
        store.create_job("job_a", "a", AT)
        store.create_job("job_b", "b", AT)
        assert store.latest_run() == RunStatus("job_b", running=True, exit_code=None)

    def test_threads_that_send_the_same_events_store_each_once(self, store: Store, job: str) -> None:
        def send(thread: int) -> None:
            for first in range(1, 101, 5):
                store.append(job, logs(first, first + 4 + thread))

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(send, range(6)))
        assert seqs(store.events_after(job, 0)) == list(range(1, 106))

    def test_readers_see_whole_batches_while_others_write(self, store: Store) -> None:
        def write(job_id: str) -> None:
            store.create_job(job_id, "", AT)
            for first in range(1, 201, 10):
                store.append(job_id, logs(first, first + 9))
            store.append(job_id, [completed(201)])

        def read(job_id: str) -> list[int]:
            received: list[int] = []
            while True:
                try:
                    page = store.events_after(job_id, len(received))
                except UnknownJobError:
                    continue
                assert len(page.events) % 10 == int(page.is_last)
                received += seqs(page)
                if page.is_last:
                    return received

        jobs = ["j1", "j2", "j3"]
        with ThreadPoolExecutor(6) as pool:
            reading = pool.map(read, jobs)
            list(pool.map(write, jobs))
            assert list(reading) == [list(range(1, 202))] * 3
