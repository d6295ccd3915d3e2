"""What a browser makes of the messages of a chart, in Python."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

COLUMNS = ("x", "y", "customdata")


def numbers(sent: list[Any] | dict[str, str]) -> list[Any]:
    """The numbers of an array as it is sent: a list, or a list of rows."""
    if isinstance(sent, list):
        return sent
    array = np.frombuffer(base64.b64decode(sent["bdata"]), dtype=np.dtype(sent["dtype"]))
    if "shape" in sent:
        array = array.reshape([int(each) for each in sent["shape"].split(",")])
    found: list[Any] = array.tolist()
    return found


@dataclass
class ReceivedChart:
    """The model of `chart_points.js`."""

    base: int = 0
    number: int = 0
    traces: dict[str, dict[str, Any]] = field(default_factory=dict)
    rest: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    waiting: list[dict[str, Any]] = field(default_factory=list)

    def receive(self, message: dict[str, Any]) -> None:
        self.waiting.append(message)
        before = len(self.waiting) + 1
        while len(self.waiting) < before:
            before = len(self.waiting)
            self.waiting = [each for each in self.waiting if not self._take(each)]

    def _take(self, message: dict[str, Any]) -> bool:
        if (message["base"], message["number"]) <= (self.base, self.number):
            return True
        if message["base"] > self.base:
            if message["figure"] is None:
                return False
            self.base, self.number = message["base"], 0
            self.traces = {trace["uid"]: _with_lists(trace) for trace in message["figure"]}
        if message["since"] > self.number:
            return False
        for uid, added in message["added"].items():
            trace = self.traces.setdefault(
                uid, {**added.get("style", {}), **{name: [] for name in COLUMNS if name in added}}
            )
            known = len(trace["x"]) - added["from"]
            assert known >= 0
            for name in COLUMNS:
                if name in added:
                    trace[name] += numbers(added[name])[known:]
        self.number = message["number"]
        self.rest = message["rest"] or self.rest
        self.note = message["note"]
        return True

    def lines(self) -> dict[str, list[tuple[float, float]]]:
        """The points of the visible traces by their ids, or names."""
        traces = [*self.traces.values(), *map(_with_lists, self.rest["traces"])]
        return lines(traces)

    def axes(self) -> dict[str, str]:
        """The y axis of each growing trace, by its id."""
        return axes(self.traces.values())

    def labels(self) -> dict[float, tuple[Any, ...]]:
        """The label of each position: its template and its values."""
        return labels(
            [*[self.traces[uid] for uid in sorted(self.traces)], *map(_with_lists, self.rest["traces"])]
        )


def lines(traces: list[dict[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    return {
        trace.get("uid", trace["name"]): list(zip(trace["x"], trace["y"], strict=True))
        for trace in traces
        if trace["mode"] != "none"
    }


def labels(traces: list[dict[str, Any]]) -> dict[float, tuple[Any, ...]]:
    found = {}
    for trace in traces:
        if "hovertemplate" in trace:
            for x, values in zip(trace["x"], trace["customdata"], strict=True):
                found[float(x)] = (trace["hovertemplate"], *np.float32(values).tolist())
    return dict(sorted(found.items()))


def of_figure(figure: dict[str, Any]) -> list[dict[str, Any]]:
    """The traces of a figure as it is sent, with lists of numbers."""
    return [_with_lists(trace) for trace in figure["data"]]


def _with_lists(trace: dict[str, Any]) -> dict[str, Any]:
    return {
        key: numbers(each) if key in COLUMNS and isinstance(each, dict) else each
        for key, each in trace.items()
    }


def row_labels(traces: list[dict[str, Any]]) -> dict[tuple[str, float], str]:
    """The text of the label at each position of each y axis, without markup. Of several, the last one counts."""
    found = {}
    for trace in traces:
        if "hovertemplate" not in trace:
            continue
        template = re.sub("</?span[^>]*>", "", trace["hovertemplate"].removesuffix("<extra></extra>"))
        for x, texts in zip(trace["x"], trace["customdata"], strict=True):
            text = re.sub(r"%\{customdata\[(\d+)\]\}", lambda match: str(texts[int(match[1])]), template)  # noqa: B023
            found[trace["yaxis"], float(x)] = text.replace("<br>", "\n")
    return dict(sorted(found.items()))


def axes(traces: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The y axis of each trace that has an id."""
    return {trace["uid"]: trace.get("yaxis", "y") for trace in traces if "uid" in trace}
