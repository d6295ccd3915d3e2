"""The behaviour of every source, whichever API it speaks. A subclass names the server and the source."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import ClassVar

import pytest

from arkor_dash.errors import (
    JobNotFoundError,
    RefusedError,
    SourceUnavailableError,
    UnauthorizedError,
)
from arkor_dash.live import backoff
from arkor_dash.live.feed import Closed, JobFeed, Refused, reader
from arkor_dash.protocol.labels import LabelChange
from arkor_dash.protocol.metric_summaries import MetricSummary
from arkor_dash.settings.secret import Secret
from arkor_dash.sources import Source
from tests.metrics.reports import pairs
from tests.servers import ScriptedServer
from tests.servers.apis import CLOUD_SECRET, JOB_ID, TOKEN, Api, frames, job
from tests.servers.scripted import sse
from tests.waiting import wait_until


class Tokens:
    """A token provider whose token a test can change."""

    def __init__(self) -> None:
        self.current = Secret(TOKEN)

    def __call__(self) -> Secret:
        return self.current


def stored_in(value: object) -> str:
    """All attributes of an object, and of the objects of this project that it refers to, as text."""
    found: dict[int, object] = {}
    pending = [value]
    while pending:
        current = pending.pop()
        if id(current) in found or not type(current).__module__.startswith("arkor_dash."):
            continue
        found[id(current)] = getattr(current, "__dict__", current)
        pending += getattr(current, "__dict__", {}).values()
    return repr(list(found.values()))


class SourceContract:
    """`parts`: the optional parts of a Source that this one has."""

    api: ClassVar[type[Api]]
    label: ClassVar[str]
    parts: ClassVar[frozenset[str]]

    def source(self, server: ScriptedServer, tokens: Tokens) -> Source:
        raise NotImplementedError

    @contextmanager
    def reading(self, api: Api | None = None) -> Iterator[tuple[Source, ScriptedServer, Tokens]]:
        tokens = Tokens()
        with (api or self.api()).serve() as server:
            yield self.source(server, tokens), server, tokens

    @pytest.fixture(autouse=True)
    def _short_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(backoff, "FIRST_WAIT_S", 0.01)
        monkeypatch.setattr(backoff, "LONGEST_WAIT_S", 0.05)
        monkeypatch.setattr(reader, "CREDENTIALS_CHECK_S", 0.01)

    @contextmanager
    def feeding(self, source: Source, job_id: str = JOB_ID) -> Iterator[JobFeed]:
        feed = JobFeed(source, job_id, not_found_grace_s=0.1)
        feed.start()
        try:
            yield feed
        finally:
            feed.close()
            names = f"feed-{job_id}"
            wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == names])

    def test_jobs_are_complete_and_in_the_sources_order(self) -> None:
        jobs = [job("b", "queued"), job("a", "failed", error="Out of memory"), job("c", "paused")]
        with self.reading(self.api(jobs=jobs)) as (source, _, _tokens):
            listing = source.jobs()

        assert [(entry.id, entry.status) for entry in listing.jobs] == [
            ("b", "queued"),
            ("a", "failed"),
            ("c", "paused"),
        ]
        assert listing.jobs[1].error == "Out of memory"
        assert listing.jobs[0].config["model"] == "unsloth/gemma-4-E4B-it"
        assert listing.jobs[0].started_at is not None

    def test_a_project_without_state_has_no_jobs(self) -> None:
        with self.reading(self.api(jobs=None)) as (source, _, _tokens):
            assert source.jobs().jobs == ()

    def test_an_unchanged_list_is_the_same_object(self) -> None:
        with self.reading() as (source, _, _tokens):
            assert source.jobs() is source.jobs()

    def test_a_job_is_found_by_an_id_with_any_characters(self) -> None:
        with self.reading(self.api(jobs=[job(), job("a/b?c#d é")])) as (source, _, _tokens):
            assert source.job("a/b?c#d é").name == "run a/b?c#d é"

    @pytest.mark.parametrize("job_id", ["job_9", "", "..", "\ud800", "x" * 600])
    def test_an_unknown_job_is_an_error_of_its_own(self, job_id: str) -> None:
        with self.reading() as (source, _, _tokens), pytest.raises(JobNotFoundError):
            source.job(job_id)

    def test_the_source_has_the_parts_that_its_api_supports(self) -> None:
        with self.reading() as (source, _, _tokens):
            source.jobs()
            names = ("runner", "control", "artifacts", "keeper", "summaries", "archive")
            optional = {name: getattr(source, name) for name in names}

        assert {name for name, part in optional.items() if part is not None} == self.parts

    def test_a_source_has_either_a_runner_or_the_reason_why_not(self) -> None:
        with self.reading() as (source, _, _tokens):
            assert (source.runner is None) == bool(source.no_runner_reason)

    def test_a_source_with_control_cancels_a_job(self) -> None:
        with self.reading(self.api(jobs=[job("a/b?c", "running"), job()])) as (source, server, _tokens):
            source.jobs()
            control = source.control
            if control is not None:
                control.cancel("a/b?c")
                assert (
                    server.requests[-1].method,
                    "/jobs/a%2Fb%3Fc/cancel" in server.requests[-1].target,
                ) == (
                    "POST",
                    True,
                )
                with pytest.raises(RefusedError, match=r"The job has ended\.|already terminal"):
                    control.cancel(JOB_ID)
                with pytest.raises(JobNotFoundError):
                    control.cancel("job_9")

    def test_a_source_with_a_keeper_changes_and_deletes_jobs(self) -> None:
        api = self.api(jobs=[job("a/b?c", "running"), job()])
        with self.reading(api) as (source, server, _tokens):
            source.jobs()
            keeper = source.keeper
            if keeper is not None:
                keeper.change("a/b?c", LabelChange("é", tags=(), archived=True))
                assert json.loads(server.requests[-1].body) == {"name": "é", "tags": [], "archived": True}
                with pytest.raises(RefusedError, match=r"The job still runs\."):
                    keeper.delete("a/b?c")
                keeper.delete(JOB_ID)
                (left,) = source.jobs().jobs
                assert (left.name, left.archived) == ("é", True)
                for ask in (keeper.delete, partial(keeper.change, change=LabelChange("x"))):
                    with pytest.raises(JobNotFoundError):
                        ask("job_9")

    def test_a_source_with_summaries_reads_those_of_the_named_metrics(self) -> None:
        with self.reading() as (source, _, _tokens):
            source.jobs()
            summaries = source.summaries
            if summaries is not None:
                names = summaries.names()
                assert list(names) == ["a/b&c", "loss"]
                expected = {JOB_ID: MetricSummary(2.5, 0.5, 3.5)}
                assert summaries.read(names) == {"a/b&c": expected, "loss": expected}

    def test_a_source_with_artifacts_downloads_one(self) -> None:
        with self.reading() as (source, server, _tokens):
            source.jobs()
            store = source.artifacts
            if store is not None:
                with store.download(JOB_ID, "../a b/é?#.npz") as pieces:
                    assert b"".join(pieces) == b"../a b/\xc3\xa9?#.npz"
                with pytest.raises(RefusedError, match="no longer has this artifact"):
                    store.download(JOB_ID, "gone").__enter__()
                for name in ("..", ".", ""):
                    with pytest.raises(RefusedError):
                        store.download(JOB_ID, name)
                assert len([request for request in server.requests if "artifacts" in request.target]) == 2

    def test_a_source_with_control_starts_a_run_with_a_config(self) -> None:
        with self.reading() as (source, server, _tokens):
            source.jobs()
            control = source.control
            if control is not None:
                assert control.rerun("again", {"rate": 0.5, "é": [1]}) == "job_new_0001"
                (sent,) = [request for request in server.requests if request.method == "POST"]
                assert sent.headers["content-type"] == "application/json"
                assert json.loads(sent.body)["config"] == {"rate": 0.5, "é": [1]}

    def test_the_stream_of_a_job_is_read_to_its_end(self) -> None:
        with self.reading() as (source, _, _tokens), self.feeding(source) as feed:
            wait_until(lambda: feed.is_complete)
            snapshot = feed.snapshot()

        assert snapshot.metrics.finite("loss").steps.tolist() == list(range(1, 25))
        assert snapshot.metrics.finite("eval_loss").steps.tolist() == [6, 12, 18, 24]
        assert snapshot.facts.artifacts == 2
        assert snapshot.events == len(frames()) - 1
        assert snapshot.connection == Closed()

    def test_a_field_of_another_type_costs_that_field_and_never_the_event(self) -> None:
        noon_ms = 1_764_158_400_000
        odd: list[tuple[str, dict[str, object]]] = [
            ("training.started", {"timestamp": noon_ms}),
            ("training.log", {"step": 1, "loss": 2.0, "learningRate": "1e-4", "timestamp": noon_ms + 1000}),
            ("training.log", {"step": 2, "loss": 1.5, "learningRate": [2e-4, 1e-5], "epoch": "1/3"}),
            (
                "training.log",
                {"step": 3, "loss": "Infinity", "eval_a_loss": "NaN", "eval/loss": 3, "kl": 4e-5},
            ),
            ("training.log", {"step": 4, "loss": {}, "reward": 0.5, "left": "3 days", "lr": 3e-4}),
            ("checkpoint.saved", {"step": 4, "artifacts": {"adapter": "a.safetensors"}}),
            ("training.failed", {"error": {"message": "CUDA out of memory", "code": 3}, "timestamp": "soon"}),
            ("end", {}),
        ]
        sent = [sse(name, data, number) for number, (name, data) in enumerate(odd, 1)]
        with self.reading(self.api(sent=sent)) as (source, _, _tokens), self.feeding(source) as feed:
            wait_until(lambda: feed.is_complete)
            snapshot = feed.snapshot()

        assert (snapshot.events, snapshot.malformed) == (len(odd) - 1, 0)
        assert snapshot.facts.terminal is not None
        assert (snapshot.facts.terminal.status, snapshot.facts.terminal.error) == (
            "failed",
            "CUDA out of memory",
        )
        assert [artifact.name for artifact in snapshot.artifacts] == ["a.safetensors"]
        metrics = snapshot.metrics
        assert metrics.at_ms[0] == noon_ms + 1000
        assert {name: pairs(metrics.finite(name)) for name in metrics.metrics} == {
            "loss": [(1, 2.0), (2, 1.5)],
            "learning_rate": [(1, 1e-4), (2, 2e-4), (4, 3e-4)],
            "epoch": [(2, 1.0)],
            "eval_loss": [(3, 3.0)],
            "eval_a_loss": [],
            "kl": [(3, 4e-5)],
            "reward": [(4, 0.5)],
        }
        assert metrics.nonfinite("loss").steps.tolist() == [3]
        assert metrics.nonfinite("eval_a_loss").steps.tolist() == [3]

    def test_a_broken_stream_is_resumed_after_its_last_complete_event(self) -> None:
        with self.reading(self.api(cut=12)) as (source, server, _tokens), self.feeding(source) as feed:
            wait_until(lambda: feed.is_complete)
            snapshot = feed.snapshot()
            resumed = [request.headers.get("last-event-id") for request in server.requests]

        assert [row.number for row in snapshot.log] == list(range(1, len(frames())))
        assert snapshot.metrics.finite("loss").steps.tolist() == list(range(1, 25))
        assert resumed == [None, "12"]

    def test_the_stream_of_a_new_job_is_retried_until_it_exists(self) -> None:
        api = self.api(jobs=[])
        with self.reading(api) as (source, server, _tokens):
            feed = JobFeed(source, JOB_ID)
            feed.start()
            wait_until(lambda: len(server.requests) > 2)
            api.jobs = [job()]
            wait_until(lambda: feed.is_complete)
            assert feed.snapshot().events == len(frames()) - 1

    def test_the_stream_of_an_unknown_job_is_not_retried_for_ever(self) -> None:
        with self.reading(self.api(jobs=[])) as (source, _, _tokens), self.feeding(source) as feed:
            wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
            refused = feed.snapshot().connection

        assert isinstance(refused, Refused)
        assert refused.not_found

    def test_a_refused_token_is_not_shown_and_a_new_one_takes_effect(self) -> None:
        api = self.api()
        with self.reading(api) as (source, _, tokens), self.feeding(source) as feed:
            wait_until(lambda: feed.is_complete)
            api.token = "another"
            with pytest.raises(UnauthorizedError) as raised:
                source.jobs()
            assert TOKEN not in f"{raised.value} {raised.value!r}"
            before = source.credentials()
            tokens.current = Secret("another")
            assert source.jobs().jobs
            assert source.credentials() != before

    def test_a_feed_whose_token_was_refused_goes_on_with_the_next_one(self) -> None:
        api = self.api(cut=12)
        with self.reading(api) as (source, server, tokens):
            tokens.current = Secret("old")
            with self.feeding(source) as feed:
                wait_until(lambda: isinstance(feed.snapshot().connection, Refused))
                requests_before = len(server.requests)
                tokens.current = Secret(TOKEN)
                wait_until(lambda: feed.is_complete)

        assert requests_before == 1
        assert feed.snapshot().events == len(frames()) - 1

    def test_a_server_that_is_down_is_reported_and_found_again(self) -> None:
        with self.reading() as (source, server, _tokens):
            server.refuse()
            with pytest.raises(SourceUnavailableError, match=f"{server.port} refused the connection"):
                source.jobs()
            server.listen()
            assert source.jobs().jobs

    def test_the_label_names_the_account_and_project_and_shows_no_token(self) -> None:
        with self.reading() as (source, server, _tokens):
            source.jobs()
            label, shown = source.label, f"{source!r} {source.credentials()!r}"

        assert label == self.label.format(port=server.port)
        assert TOKEN not in shown
        assert CLOUD_SECRET not in shown

    def test_the_cloud_secret_in_an_answer_is_not_kept(self) -> None:
        with self.reading() as (source, _, _tokens):
            source.jobs()
            kept = stored_in(source)

        assert "'api'" in kept or "'_api'" in kept
        assert CLOUD_SECRET not in kept
