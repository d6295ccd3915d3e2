"""The plotly.js that the app serves."""

from __future__ import annotations

import re
from pathlib import Path

from plotly.offline import get_plotlyjs_version

from arkor_dash.ui.browser.chart import PLOTLY_JS

ROOT = Path(__file__).parents[3]


def test_plotly_js_has_the_major_version_that_the_plotly_package_writes_figures_for():
    served = ROOT / PLOTLY_JS.removeprefix("app/")
    head = served.read_text(encoding="utf-8")[:200]
    version = re.search(r"plotly\.js \(basic - minified\) v(\d+)\.([\d.]+)\n", head)
    assert version is not None
    assert version[1] == get_plotlyjs_version().partition(".")[0]
    assert served.name == f"plotly-basic-{version[1]}.{version[2]}.min.js"  # browsers may cache it forever
