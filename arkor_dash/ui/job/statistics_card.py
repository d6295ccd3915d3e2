"""The Advanced part of a chart card: statistics of its values."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from arkor_dash.charts.curve import View, steps_in_view
from arkor_dash.charts.x_axis import XAxis, x_axis
from arkor_dash.live.feed import FeedSnapshot
from arkor_dash.live.parts import Part
from arkor_dash.metrics.series import NO_POINTS, Series, between
from arkor_dash.metrics.statistics_table import summary_rows
from arkor_dash.ui.browser.facts import Fact, facts_part, show_facts
from arkor_dash.ui.browser.live_parts import LiveParts
from arkor_dash.ui.browser.texts import Text, show_texts, texts_part
from arkor_dash.ui.curve_controls import IN_VIEW, SCOPES, scope

from .chart_subject import ChartSubject, Summarized


@dataclass(frozen=True, slots=True)
class _Scope:
    """The part of a run that is summarized: see `SCOPES`."""

    chosen: str
    axis_kind: str
    view: View

    def of(self, series: Series, feed: FeedSnapshot) -> Series:
        """The samples of the chosen scope: all, those in view, or the last ones."""
        if self.chosen == IN_VIEW:
            ends = steps_in_view(self.view, x_axis(self.axis_kind, feed.metrics, feed.facts.started_at_ms))
            if ends:
                return between(series, *ends)[1]
        count = SCOPES[self.chosen]
        return Series(series.steps[-count:], series.values[-count:]) if count else series


Read = Callable[[], tuple[ChartSubject, FeedSnapshot]]
"""What the card's chart shows at any moment, and the feed that it is taken from."""


def statistics_card(parts: LiveParts[Any], read: Read, prefix: str, axis: XAxis, view: View) -> None:
    """Statistics of each series in the chosen scope. `prefix` begins the key of the scope's control."""
    part_of_run = _Scope(scope(prefix), axis.kind, view)
    with st.grid(2, min_column_width=260):
        for each in read()[0].summarized:
            count, facts = _parts(parts.view, each, read, part_of_run)
            with st.container(border=True, key=each.key):
                show_texts(parts, count, key=f"{each.key}_head")
                show_facts(parts, facts, key=f"{each.key}_facts")


def _parts(job: Hashable, each: Summarized, read: Read, part_of_run: _Scope) -> tuple[Part, Part]:
    """The heading of a card, and its statistics."""
    key, heading, noun = each.key, each.heading, each.noun  # not the series, which would stay in memory

    def series() -> Series:
        subject, feed = read()
        found = (other.series for other in subject.summarized if other.key == key)
        return part_of_run.of(next(found, NO_POINTS), feed)

    # The subject's id, too: metrics with long names can have the same key and heading.
    view = (job, read()[0].id, key, heading, part_of_run)
    return (
        texts_part(("count", view), lambda: _heading(heading, len(series()))),
        facts_part(("statistics", view), lambda: _facts(series(), noun)),
    )


def _heading(heading: str, count: int) -> list[Text]:
    noun = "sample" if count == 1 else "samples"
    texts = [Text(heading, "arkor-heading", "h3"), Text(f"{count:,} {noun}")]
    return texts if count else [*texts, Text("No finite values yet.")]


def _facts(series: Series, noun: str) -> list[Fact]:
    rows = summary_rows(series, noun) if len(series) else ()
    return [Fact(row.label, row.text, meaning=row.meaning) for row in rows]
