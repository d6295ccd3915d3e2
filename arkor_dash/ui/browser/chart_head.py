"""The head of a chart: its heading and its legend, and how many points are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from arkor_dash.live.parts import Data
from arkor_dash.protocol.fields import replace_surrogates

from .component import register

HTML = """
<div class="arkor-head arkor-chart-head">
  <div class="arkor-head-title"></div>
  <div class="arkor-legend" role="group" aria-label="Legend" hidden></div>
  <p class="arkor-note" hidden></p>
</div>
"""
SCRIPTS = ("live", "svg")
_chart_head = register("chart_head", HTML, *SCRIPTS)


@dataclass(frozen=True, slots=True)
class ChartHead:
    """The head of a chart. `key` is the key of its element. `before` and `after` are further notes, or "".

    `hidden_in` is the parameter of the page's address that holds which lines are hidden.
    """

    key: str
    heading: str
    tag: str
    hidden_in: str
    before: str = ""
    after: str = ""

    def show(self, note: str) -> None:
        """Show it with that note and without a legend, until the chart replaces both."""
        notes = " · ".join(filter(None, (self.before, note, self.after)))
        data = {**self.data(), "view": self.key, "at": -1, "note": replace_surrogates(notes), "legend": []}
        _chart_head(key=self.key, data=data, width="content")

    def data(self) -> Data:
        """What the chart needs to write the head."""
        heading = replace_surrogates(self.heading)
        return {
            "part": self.key,
            "heading": heading,
            "tag": self.tag,
            "hidden_in": self.hidden_in,
            "before": self.before,
            "after": self.after,
        }
