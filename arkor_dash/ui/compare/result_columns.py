"""The columns of the table of results: what each cell shows, and the value behind it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.setting_scatter import setting_number
from arkor_dash.metrics.results import Better, Result, better, result
from arkor_dash.metrics.series import Value
from arkor_dash.metrics.value_format import format_value, shown_step
from arkor_dash.protocol.fields import shortened
from arkor_dash.ui.clock import clock_duration

CELL_LIMIT = 200
_LARGEST_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class Cell:
    """What the table shows, and the value that is sorted and exported. None: the run has none.

    The duration of a running job counts on `since_ms`, in Unix milliseconds.
    """

    text: str
    value: str | float | None
    since_ms: float | None = None


MISSING = Cell("–", None)


@dataclass(frozen=True, slots=True)
class Column:
    """A column with a cell for each run. `is_number`: the cells are aligned at their last digit."""

    label: str
    cells: tuple[Cell, ...]
    is_number: bool = False


def columns(runs: Sequence[Run], metrics: Iterable[str], settings: Iterable[str] = ()) -> list[Column]:
    """The columns: name, status and duration, then the results in the metrics, then the settings."""
    found = [
        Column("Job", tuple(Cell(run.name, run.name) for run in runs)),
        Column("Status", tuple(Cell(run.status_text, run.status) for run in runs)),
        Column("Duration", tuple(map(_duration, runs)), is_number=True),
    ]
    for name in metrics:
        results = [result(run.metrics, name) for run in runs]
        if any(results):
            found += _result_columns(name, results)
    found += [_setting_column(name, [run.settings.get(name) for run in runs]) for name in settings]
    return _with_unique_labels(found)


def csv_rows(shown: Sequence[Column]) -> tuple[list[str], list[list[str | float | None]]]:
    """The header and the rows of the exported table, with full values."""
    rows = zip(*(column.cells for column in shown), strict=True)
    return [column.label for column in shown], [[_exported(cell) for cell in row] for row in rows]


def _exported(cell: Cell) -> str | float | None:
    """The full value. CSV has no form for NaN and infinities, so they are as the table shows them."""
    return cell.text if isinstance(cell.value, float) and not math.isfinite(cell.value) else cell.value


def _duration(run: Run) -> Cell:
    if run.duration_s is None:
        return MISSING
    return Cell(clock_duration(run.duration_s), run.duration_s, run.running_since_ms)


def _result_columns(name: str, results: Sequence[Result | None]) -> list[Column]:
    label = shortened(name, CELL_LIMIT)
    last = _last_columns(label, results)
    direction = better(name)
    if direction is Better.UNKNOWN:
        lowest, highest = (
            [getattr(each, end) if each else None for each in results] for end in ("lowest", "highest")
        )
        return [*last, _values(f"{label}, lowest", lowest), _values(f"{label}, highest", highest)]
    best = [each.best(direction) if each else None for each in results]
    word = "lowest" if direction is Better.LOWER else "highest"
    steps = tuple(_step(value.step) if value else MISSING for value in best)
    return [*last, _values(f"{label}, {word}", best), Column(f"{label}, at step", steps, is_number=True)]


def _last_columns(label: str, results: Sequence[Result | None]) -> list[Column]:
    """What was reported last; where that is not finite, also the last finite value with its step."""
    last = _values(f"{label}, last", [each.final if each else None for each in results])
    if all(each is None or math.isfinite(each.final.value) for each in results):
        return [last]
    finite = [each.last_finite if each else None for each in results]
    steps = tuple(_step(value.step) if value else MISSING for value in finite)
    return [
        last,
        _values(f"{label}, last finite", finite),
        Column(f"{label}, last finite at step", steps, is_number=True),
    ]


def _values(label: str, values: Sequence[Value | None]) -> Column:
    cells = tuple(Cell(format_value(each.value), each.value) if each else MISSING for each in values)
    return Column(label, cells, is_number=True)


def _step(step: float) -> Cell:
    return Cell(shown_step(step), int(step) if step.is_integer() else step)


def _setting_column(name: str, texts: Sequence[str | None]) -> Column:
    """Numbers, if all values are numbers that floats hold exactly. They are shown as the config has them."""
    numbers = [None if text is None else setting_number(text) for text in texts]
    is_number = all(text is None or _is_exact(each) for text, each in zip(texts, numbers, strict=True))
    whole = all(number is None or number.is_integer() for number in numbers)
    cells = []
    for text, number in zip(texts, numbers, strict=True):
        if text is None:
            cells.append(MISSING)
        elif number is None or not is_number:
            cells.append(Cell(shortened(text, CELL_LIMIT), text))
        else:
            cells.append(Cell(shortened(text, CELL_LIMIT), int(number) if whole else number))
    return Column(shortened(name, CELL_LIMIT), tuple(cells), is_number)


def _is_exact(number: float | None) -> bool:
    return number is not None and abs(number) < _LARGEST_EXACT


def _with_unique_labels(found: Sequence[Column]) -> list[Column]:
    """The columns under labels that differ: a setting may be called like a metric, or `Status`."""
    taken: set[str] = set()
    unique = []
    for column in found:
        label, number = column.label, 2
        while label in taken:
            label, number = f"{column.label} ({number})", number + 1
        taken.add(label)
        unique.append(replace(column, label=label))
    return unique
