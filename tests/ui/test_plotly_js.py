"""plotly.js on its way into the folder that the app serves."""

from __future__ import annotations

from pathlib import Path

import plotly

from arkor_dash.ui.plotly_js import publish


def test_it_is_copied_under_a_name_that_carries_its_version(tmp_path: Path):
    address = publish(tmp_path / "static")
    assert address == f"app/static/plotly-{plotly.__version__}.min.js"
    copy = tmp_path / "static" / address.rpartition("/")[2]
    original = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    assert copy.read_bytes() == original.read_bytes()
    assert not copy.is_symlink()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_a_damaged_copy_is_replaced(tmp_path: Path):
    address = publish(tmp_path)
    copy = tmp_path / str(address).rpartition("/")[2]
    whole = copy.stat().st_size
    copy.write_text("half")
    publish(tmp_path)
    assert copy.stat().st_size == whole


def test_a_folder_that_can_not_be_written_is_no_failure(tmp_path: Path):
    in_the_way = tmp_path / "static"
    in_the_way.write_text("a file where the folder should be")
    assert publish(in_the_way) is None
