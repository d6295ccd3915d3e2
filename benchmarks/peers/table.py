"""The table of the tools, from the values that were measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.harness import number, percentile
from benchmarks.tables import markdown


def table(found: Mapping[str, Any]) -> str:
    """The table in Markdown, and a line that says where it was measured.

    Args: found: what `python -m benchmarks.peers` keeps.
    """
    tools: Mapping[str, Any] = found["tools"]
    head = ["", *(f"{name} {tool['version']}" for name, tool in tools.items())]
    loads = f"{min(found['load']):g} to {max(found['load']):g}"
    where = (
        f"On {found['machine']}, Python {found['python']}, commit {found['commit']}, {found['at'][:10]}. "
        f"The load average before each round was {loads}."
    )
    return f"{markdown(head, _rows(list(tools.values())))}\n\n{where}"


def _rows(tools: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    yield ("log call → visible, at 1/s, p50 / p95", *(_delays(tool["visible"][0]) for tool in tools))
    for steps in tools[0]["opened"]:
        opened = [tool["opened"][steps] for tool in tools]
        length = number(int(steps))
        yield (
            f"open {length} steps",
            *(_time(statistics.median(each["ms"] for each in runs)) for runs in opened),
        )
        yield (f"points drawn of {length}", *(number(runs[-1]["points"]) for runs in opened))
        yield (
            f"spike of one step among {length}",
            *("yes" if all(each["spike"] for each in runs) else "no" for runs in opened),
        )


def _delays(values: Sequence[float]) -> str:
    return f"{_time(percentile(values, 50))} / {_time(percentile(values, 95))}"


def _time(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"
