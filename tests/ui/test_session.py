"""The values that are kept for each viewer, and for how long."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from arkor_dash.ui import session
from arkor_dash.ui.session import ViewerValue, VisitValue


@pytest.fixture(autouse=True)
def viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """One viewer, for whom no value is kept yet."""
    monkeypatch.setattr(session, "st", SimpleNamespace(session_state={}))


def test_a_value_that_was_never_set_is_the_default():
    assert ViewerValue("colour", "none").get() == "none"
    assert VisitValue("colour", "none").get() == "none"


def test_a_value_is_kept_when_another_page_is_opened():
    kept = ViewerValue("colour", "none")
    session.begin_visit("jobs")
    kept.set("teal")
    session.begin_visit("job")
    assert kept.get() == "teal"


def test_a_value_for_a_visit_is_gone_when_another_page_is_opened():
    kept = VisitValue("colour", "none")
    session.begin_visit("jobs")
    kept.set("teal")
    assert not session.begin_visit("jobs")
    assert kept.get() == "teal"
    assert session.begin_visit("job")
    assert kept.get() == "none"


def test_the_jobs_that_were_watched_last_are_kept_up_to_the_limit():
    for number in range(session.WATCHED_JOBS + 2):
        session.watch_job(f"job {number}")
    session.watch_job("job 5")
    assert len(session.watched_jobs()) == session.WATCHED_JOBS
    assert session.watched_jobs()[0] == "job 2"
    assert session.watched_jobs()[-1] == "job 5"
    session.unwatch_job("job 5")
    assert "job 5" not in session.watched_jobs()


def test_a_value_has_changed_if_it_differs_from_the_last_call():
    assert [session.has_changed("status", value) for value in ("queued", "queued", "running")] == [
        True,
        False,
        True,
    ]
    assert session.has_changed("another topic", "running")


def test_a_redirect_is_followed_once():
    session.note_redirect()
    assert session.take_redirect()
    assert not session.take_redirect()
