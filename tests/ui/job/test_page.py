"""The work that a job's page does while it holds the lock under which pages are drawn."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from arkor_dash.live.feed.snapshot import NO_METRICS
from arkor_dash.live.job_list import JobListView
from arkor_dash.live.job_state import job_state
from arkor_dash.ui.job import page
from arkor_dash.ui.job.job_now import JobNow
from arkor_dash.ui.job.tabs import TABS, OpenTab
from arkor_dash.ui.live_fragment import draw_lock

SLOW_PARTS = ["recording_note", "export_menu"]
DRAWN_PARTS = ["page_head", "job_actions", "figures_strip", "job_tabs", "banners", "side_column"]
DRAWN_IN_TABS = {
    "overview": ["chart_card", "event_log"],
    "metrics": ["metrics_card"],
    "output": ["output_card"],
    "config": ["config_card"],
    "artifacts": [],
}
SLOW_IN_TABS = {"artifacts": ["artifacts_card"]}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tab", TABS)
def test_files_are_read_and_exports_offered_after_the_drawing_lock_is_released_and_one_tab_is_drawn(
    monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    locked: dict[str, bool] = {}
    feed = SimpleNamespace(events=1, artifacts=(), environment=None, version=1, metrics=NO_METRICS)
    now = JobNow(
        dash=SimpleNamespace(),
        job_id="job_1",
        job=None,
        feed=feed,
        state=job_state(None, None, 0.0),
        listing=JobListView(),
        is_cancelling=False,
        runs=False,
        may_run=False,
        lingers=False,
        cancel_problem=None,
        now_ms=0.0,
    )
    dash = SimpleNamespace(feeds=SimpleNamespace(number=1, hold=lambda *_args: None))

    def record(name: str):
        return lambda *_args, **_kwargs: locked.setdefault(name, draw_lock.locked())

    in_tabs = [*itertools.chain(*DRAWN_IN_TABS.values(), *SLOW_IN_TABS.values())]
    for name in [*DRAWN_PARTS, *SLOW_PARTS, *in_tabs, "notify_of_other_jobs"]:
        monkeypatch.setattr(page, name, record(name))
    for name, result in {
        "dashboard": dash,
        "open_started_run": None,
        "job_now": now,
        "open_tab": OpenTab("job_1", tab),
        "is_final": True,
        "_own_state": lambda: None,
        "watch_fragment": SimpleNamespace(drawn=lambda *_args: None),
    }.items():
        monkeypatch.setattr(page, name, lambda *_args, _result=result, **_kwargs: _result)

    page._live_page.__wrapped__("job_1")

    slow = {*SLOW_PARTS, *SLOW_IN_TABS.get(tab, ()), "notify_of_other_jobs"}
    assert {name for name, held in locked.items() if held} == {*DRAWN_PARTS, *DRAWN_IN_TABS[tab]}
    assert {name for name, held in locked.items() if not held} == slow


def test_one_fragment_draws_the_whole_page_of_a_job() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(page.__file__).parent.glob("*.py")]
    assert sum(source.count("@st.fragment") for source in sources) == 1
