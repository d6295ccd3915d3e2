"""Parsing jobs, and the two filters of the job list."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arkor_dash.errors import MalformedError
from arkor_dash.protocol.jobs import (
    CONFIG_LEVELS,
    STATUS_FILTERS,
    TERMINAL,
    UNFINISHED,
    Job,
    JobList,
    base_model,
    config_texts,
    dataset,
    job_json,
    matching,
    parse_job,
    parse_jobs,
    shown_config,
    status_word,
)


def test_a_job_has_every_field_that_was_sent() -> None:
    config = {"model": "gemma", "maxSteps": 10}
    job = parse_job(
        {
            "id": "j1",
            "name": "Triage",
            "status": "failed",
            "createdAt": "2026-11-23T11:00:00Z",
            "startedAt": "2026-11-23T11:00:05Z",
            "completedAt": "2026-11-23T11:10:00.500Z",
            "error": "out of memory",
            "config": config,
            "unheardOf": 1,
        }
    )
    assert job == Job(
        "j1",
        "Triage",
        "failed",
        datetime(2026, 11, 23, 11, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 11, 0, 5, tzinfo=UTC),
        datetime(2026, 11, 23, 11, 10, 0, 500_000, tzinfo=UTC),
        "out of memory",
        config,
    )


def test_what_people_have_added_to_a_job_is_read_and_written() -> None:
    added = {"tags": [" a  b", "A B", 3, "c\ud800"], "notes": "why", "archived": True, "script": True}
    added["silentSince"] = "2026-11-23T11:00:00.000Z"
    job = parse_job({"id": "j1", **added})
    assert (job.tags, job.notes, job.archived, job.is_script) == (("a b", "c?"), "why", True, True)
    assert parse_job(job_json(job)) == job
    assert job_json(Job("j1", "", "queued")).keys().isdisjoint(added)
    malformed = {"tags": "x", "notes": 1, "archived": "yes", "script": "yes"}
    assert parse_job({"id": "j1", **malformed}) == Job("j1", "", "queued")


def test_a_job_needs_only_an_id() -> None:
    assert parse_job({"id": "j1"}) == Job("j1", "", "queued")


def test_an_unknown_status_is_kept() -> None:
    assert parse_job({"id": "j1", "status": "paused"}).status == "paused"


@pytest.mark.parametrize("wrong", [7, "later", None, [], True])
def test_an_unreadable_field_of_a_job_is_treated_as_missing(wrong: object) -> None:
    job = parse_job({"id": "j1", "createdAt": wrong, "completedAt": wrong, "config": wrong})
    assert job == Job("j1", "", "queued")


def test_times_as_numbers_and_an_error_as_an_object_are_read() -> None:
    job = parse_job(
        {
            "id": "j1",
            "createdAt": 1764147600000,
            "startedAt": 1764147600,
            "error": {"message": "CUDA out of memory", "code": 3},
        }
    )
    nine = datetime(2025, 11, 26, 9, 0, tzinfo=UTC)
    assert (job.created_at, job.started_at, job.error) == (nine, nine, "CUDA out of memory")


@pytest.mark.parametrize("payload", [None, "j1", [], {}, {"id": ""}, {"id": 7}, {"name": "x"}])
def test_a_value_without_an_id_is_not_a_job(payload: object) -> None:
    with pytest.raises(MalformedError):
        parse_job(payload)


def test_a_long_name_with_markup_is_kept_unchanged() -> None:
    name = "<script>alert(1)</script>" * 400
    assert parse_job({"id": "j1", "name": name}).name == name


def test_lone_surrogates_of_a_job_become_question_marks() -> None:
    job = parse_job({"id": "j\ud83d", "name": "half \ud83d", "error": "\udc00"})
    assert (job.id, job.name, job.error) == ("j?", "half ?", "?")


def test_the_list_keeps_the_order_of_the_source_and_counts_unreadable_entries() -> None:
    jobs = parse_jobs({"jobs": [{"id": "b"}, 7, {"id": "a"}, {"name": "no id"}]})
    assert [job.id for job in jobs.jobs] == ["b", "a"]
    assert jobs.malformed == 2


def test_a_project_without_jobs_has_an_empty_list() -> None:
    assert parse_jobs({"jobs": []}) == JobList()


@pytest.mark.parametrize("payload", [None, [], {}, {"jobs": None}, {"jobs": {}}, {"error": "down"}, "<html>"])
def test_an_answer_without_a_list_is_malformed(payload: object) -> None:
    with pytest.raises(MalformedError):
        parse_jobs(payload)


TRIAGE = Job("run-1", "Triage Bot", "running")
STORY = Job("run-2", "Straße", "completed")
OTHER = Job("xyz", "other", "paused")
JOBS = [TRIAGE, STORY, OTHER]


@pytest.mark.parametrize(
    ("query", "status", "found"),
    [
        ("", None, JOBS),
        ("triage", None, [TRIAGE]),
        ("  BOT ", None, [TRIAGE]),
        ("RUN-", None, [TRIAGE, STORY]),
        ("STRASSE", None, [STORY]),
        ("straße", None, [STORY]),
        ("", "completed", [STORY]),
        ("run", "running", [TRIAGE]),
        ("run", "failed", []),
        (".*", None, []),
    ],
)
def test_search_and_status_narrow_the_list(query: str, status: str | None, found: list[Job]) -> None:
    assert matching(JOBS, query, status) == found


def test_the_running_filter_includes_jobs_that_are_being_cancelled() -> None:
    going = Job("run-3", "x", "cancelling")
    assert matching([*JOBS, going], "", "running") == [TRIAGE, going]
    assert matching([*JOBS, going], "", "cancelled") == []


@pytest.mark.parametrize(
    ("status", "word"),
    [("running", "Running"), ("cancelling", "Cancelling…"), ("paused", "Paused"), ("", "")],
)
def test_a_status_is_capitalized_for_display(status: str, word: str) -> None:
    assert status_word(status) == word


def test_the_filter_chips_are_all_and_the_five_statuses() -> None:
    assert list(STATUS_FILTERS) == ["All", "Running", "Completed", "Queued", "Failed", "Cancelled"]
    assert STATUS_FILTERS["All"] is None
    assert set(STATUS_FILTERS.values()) == {None, "queued", "running", *TERMINAL} - {UNFINISHED}


@pytest.mark.parametrize(
    ("config", "shown"),
    [
        ({"datasetSource": {"type": "huggingface", "name": "org/set"}}, "org/set"),
        ({"datasetSource": {"name": "org/set", "split": "train"}}, "org/set (train)"),
        ({"datasetSource": {"name": "org/set", "subset": "en", "split": "train"}}, "org/set (en, train)"),
        ({"datasetSource": {"type": "blob", "url": "https://host/d.jsonl"}}, "https://host/d.jsonl"),
        (
            {"datasetSource": {"url": "https://k:s@host/d.jsonl?X-Amz-Signature=s#s"}},
            "https://…@host/d.jsonl?…",
        ),
        ({"datasetSource": {"split": "train"}}, None),
        ({"datasetSource": "org/set"}, None),
        ({}, None),
    ],
)
def test_the_dataset_is_shown_in_one_line(config: dict[str, object], shown: str | None) -> None:
    assert dataset(Job("j", "", "queued", config=config)) == shown


@pytest.mark.parametrize(
    ("config", "shown"), [({"model": "gemma"}, "gemma"), ({"model": 7}, None), ({}, None)]
)
def test_the_base_model_comes_from_the_config(config: dict[str, object], shown: str | None) -> None:
    assert base_model(Job("j", "", "queued", config=config)) == shown


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["id", "name", "status", "createdAt", "startedAt", "error", "config"])
entries = st.dictionaries(names, values) | values


@given(st.lists(entries, max_size=6))
def test_every_entry_of_the_list_is_a_job_or_is_counted(jobs: list[object]) -> None:
    parsed = parse_jobs({"jobs": jobs})
    assert len(parsed.jobs) + parsed.malformed == len(jobs)
    for job in parsed.jobs:
        assert f"{job.id}{job.name}{job.status}{base_model(job)}{dataset(job)}".encode()
    assert matching(parsed.jobs, "", None) == list(parsed.jobs)


@pytest.mark.parametrize(
    ("levels", "is_read"), [(CONFIG_LEVELS, True), (CONFIG_LEVELS + 1, False), (900, False)]
)
@pytest.mark.parametrize("kind", ["list", "object"])
def test_a_config_that_is_nested_too_deeply_is_as_if_missing(levels: int, is_read: bool, kind: str) -> None:
    config: object = {}
    for _ in range(levels - 2):
        config = [config] if kind == "list" else {"a": config}
    job = parse_job({"id": "j", "config": {"x": config}})
    assert (job.config == {"x": config}) is is_read
    assert bool(shown_config(job.config)) is is_read


def test_a_config_is_shown_by_dotted_names_in_its_order() -> None:
    config = {
        "lora": {"r": 8, "targets": ["q", "v"], "extra": {}},
        "model": "gemma",
        "rate": 2e-5,
        "none": None,
    }
    assert config_texts(config) == [
        ("lora.r", "8"),
        ("lora.targets", '["q", "v"]'),
        ("lora.extra", "{}"),
        ("model", "gemma"),
        ("rate", "2e-05"),
        ("none", "null"),
    ]


def test_two_values_with_the_same_dotted_name_are_both_shown() -> None:
    assert config_texts({"a.b": 1, "a": {"b": 2}}) == [("a.b", "1"), ("a.b", "2")]
