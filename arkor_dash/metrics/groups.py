"""The metrics of a run in groups, as the page shows them below the loss chart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from arkor_dash.protocol.metric_names import EPOCH, EVAL_LOSS, LOSS, SYSTEM, eval_set

from .losses import EVAL_SETS
from .progress import STEP_GOALS

GENERAL = ""
_BY_PREFIX = ("eval", "train", "test")
"""Groups whose names may also be divided by an underscore: `eval_accuracy`."""
_ELSEWHERE = frozenset({LOSS, EVAL_LOSS, EPOCH, *STEP_GOALS})
"""Metrics that the page shows in another place: losses in the loss chart, the others as its axis or as progress."""


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Metrics with a common prefix. `name` is the prefix, or `GENERAL` for those without one."""

    name: str
    metrics: tuple[str, ...]


def metric_groups(names: Iterable[str], search: str = "") -> list[MetricGroup]:
    """The metrics that fit the search, in groups: those without a prefix first, those of the machine last.

    Within these, groups and metrics are in the order of the names.
    Args: search: texts with `|` between them. A name fits if it contains one of them, whatever the case.
    """
    wanted = [text.strip().casefold() for text in search.split("|") if text.strip()]
    groups: dict[str, list[str]] = {GENERAL: []}
    sets = 0
    for name in names:
        sets += eval_set(name) is not None
        if name in _ELSEWHERE or (eval_set(name) and sets <= EVAL_SETS):
            continue
        if not wanted or any(text in name.casefold() for text in wanted):
            groups.setdefault(group_of(name), []).append(name)
    found = [MetricGroup(name, tuple(metrics)) for name, metrics in groups.items() if metrics]
    return sorted(found, key=lambda group: group.name == SYSTEM)


def group_of(name: str) -> str:
    """`rewards` for `rewards/format/mean`, `eval` for `eval/f1` and `eval_f1`, `GENERAL` for `reward`."""
    prefix, found, _ = name.partition("/")
    if found and prefix:
        return prefix
    prefix, found, _ = name.partition("_")
    return prefix if found and prefix in _BY_PREFIX else GENERAL


def name_in_group(name: str) -> str:
    """The name without the prefix of its group."""
    group = group_of(name)
    return name[len(group) + 1 :] if group else name
