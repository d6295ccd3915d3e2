"""The list of jobs as a response."""

from __future__ import annotations

import json
from pathlib import Path

from arkor_dash.studio.api.job_list import list_answer
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.storage.store_contract import AT


def test_a_changed_job_is_up_to_date_in_the_next_list(tmp_path: Path) -> None:
    def listed() -> list[tuple[str, str, object]]:
        jobs = json.loads(list_answer(store, lambda _: None).body)["jobs"]
        return [(job["name"], job["status"], job["config"]) for job in jobs]

    with Store(sqlite_url(tmp_path / "studio.sqlite3")) as store:
        store.create_job("a", "first", AT)
        store.create_job("b", "second", AT)
        assert listed() == [("second", "queued", {}), ("first", "queued", {})]
        store.describe_job("a", "renamed", '{"lr": 1}')
        assert listed() == [("second", "queued", {}), ("renamed", "queued", {"lr": 1})]
        store.end_run("b", 1, "broke", AT)
        assert listed() == [("second", "failed", {}), ("renamed", "queued", {"lr": 1})]
