"""Making a download: its limit, its errors, and its end when nobody waits for it."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Event
from types import SimpleNamespace

import pytest

from arkor_dash.errors import UNEXPECTED_ERROR, ExportError, RefusedError
from arkor_dash.ui import download
from arkor_dash.ui.download import Download, size_text
from arkor_dash.ui.job import artifacts_card


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "DOWNLOAD_LIMIT", 2_000)
    monkeypatch.setattr(artifacts_card, "DOWNLOAD_LIMIT", 2_000)


def made(make):
    offered = Download("id", "export", "points.csv", "text/csv", make)
    return download._make(offered, Event())


def failing(error: Exception):
    def make(_unwanted: Event) -> bytes:
        raise error

    return make


def store_of(*pieces: bytes):
    return SimpleNamespace(download=lambda _job_id, _name: nullcontext(iter(pieces)))


def test_a_file_as_large_as_the_limit_is_made():
    assert made(lambda _: b"x" * 2_000).content == b"x" * 2_000


def test_a_file_above_the_limit_is_dropped_and_both_sizes_are_named():
    result = made(lambda _: b"x" * 2_001)
    assert (result.content, result.problem) == (
        b"",
        "The file is 2.0 kB, but at most 2.0 kB can be downloaded here.",
    )


def test_an_expected_error_is_shown_with_its_own_text():
    assert made(failing(ExportError("Too large: zoom in."))).problem == "Too large: zoom in."


def test_an_unexpected_error_is_logged_and_shown_without_its_details(caplog):
    assert made(failing(KeyError("a secret"))).problem == UNEXPECTED_ERROR
    assert "KeyError" in caplog.text


def test_an_artifact_as_large_as_the_limit_is_fetched():
    assert artifacts_card.fetch(store_of(b"x" * 1_500, b"y" * 500), "job", "a", Event()) == (
        b"x" * 1_500 + b"y" * 500
    )


def test_an_artifact_that_grows_above_the_limit_is_not_fetched_to_its_end():
    rest = iter([b"x" * 1_500, b"y" * 501, b"never read"])
    store = SimpleNamespace(download=lambda _job_id, _name: nullcontext(rest))
    with pytest.raises(RefusedError, match=r"larger than 2\.0 kB"):
        artifacts_card.fetch(store, "job", "a", Event())
    assert list(rest) == [b"never read"]


def test_the_fetch_of_an_artifact_ends_when_no_page_waits_for_it():
    unwanted = Event()
    unwanted.set()
    rest = iter([b"x", b"never read"])
    store = SimpleNamespace(download=lambda _job_id, _name: nullcontext(rest))
    with pytest.raises(RefusedError):
        artifacts_card.fetch(store, "job", "a", unwanted)
    assert list(rest) == [b"never read"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_960, "1.0 MB"),
        (2**40, "1.1 TB"),
        (10**16, "10,000.0 TB"),
    ],
)
def test_a_size_is_shown_as_in_a_file_manager(size: int, text: str) -> None:
    assert size_text(size) == text
