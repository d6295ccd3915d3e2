"""What the Export menu makes a file of."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from arkor_dash.ui.download import Download
from arkor_dash.ui.job import export_menu


def test_a_file_is_made_of_the_job_as_it_is_at_the_click(monkeypatch: pytest.MonkeyPatch) -> None:
    """The menu may have been drawn long before: events move the page without a run of its script."""
    offered: list[Download] = []
    monkeypatch.setattr(export_menu, "offer_download", lambda download, *_, **__: offered.append(download))
    points = SimpleNamespace(
        suffix=".csv", mime="text/csv", label="Points", needs="", make=lambda exported: exported.content
    )
    drawn = SimpleNamespace(feed=SimpleNamespace(job_id="job_1"), live=True, content=b"3 points")
    export_menu._entry(points, drawn, lambda: SimpleNamespace(content=b"9 points"))
    assert offered[0].make(None) == b"9 points"
