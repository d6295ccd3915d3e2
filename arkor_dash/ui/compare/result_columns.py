"""The columns of the table of results and settings: numbers as numbers, each with the digits that it needs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from arkor_dash.charts.compared_runs import Run
from arkor_dash.charts.setting_scatter import setting_number
from arkor_dash.metrics.results import Better, Result, better, result
from arkor_dash.metrics.series import Value
from arkor_dash.metrics.value_format import needs_exponent
from arkor_dash.protocol.fields import shortened
from arkor_dash.protocol.jobs import status_word

CELL_LIMIT = 200
_LARGEST_EXACT = 2**53
FIXED, SIGNIFICANT, WHOLE, AS_IS = "%.4f", "%.5g", "%d", "%.15g"
"""printf formats of numbers: of results with four decimals or five digits, of whole numbers, and of settings."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of the table, with a value for each run. `format` is a printf format, None for text."""

    label: str
    values: pd.Series
    format: str | None = None


def columns(runs: Sequence[Run], metrics: Iterable[str], settings: Iterable[str]) -> list[Column]:
    """The columns: name, status and duration, then the results in the metrics, then the settings."""
    found = [
        Column("Job", _texts([run.name for run in runs])),
        Column("Status", _texts([status_word(run.status) for run in runs])),
        Column("Duration", _texts(durations([run.duration_s for run in runs]))),
    ]
    for name in metrics:
        results = [result(run.metrics, name) for run in runs]
        if any(results):
            found += _result_columns(name, results)
    found += [_setting_column(name, [run.settings.get(name) for run in runs]) for name in settings]
    return _with_unique_labels(found)


def durations(seconds: Sequence[float | None]) -> list[str | None]:
    """`01:05:00`, with as many digits for the hours as the longest needs: texts are sorted letter by letter."""
    whole = [
        int(each) if each is not None and math.isfinite(each) and each < 1e12 else None for each in seconds
    ]
    digits = max((len(str(each // 3600)) for each in whole if each is not None), default=1)
    return [
        None if each is None else f"{each // 3600:0{digits}}:{each // 60 % 60:02}:{each % 60:02}"
        for each in whole
    ]


def _result_columns(name: str, results: Sequence[Result | None]) -> list[Column]:
    label = shortened(name, CELL_LIMIT)
    lowest, highest = (
        [getattr(each, end) if each else None for each in results] for end in ("lowest", "highest")
    )
    last = _numbers(f"{label}, last", [each.final if each else None for each in results])
    direction = better(name)
    if direction is Better.UNKNOWN:
        return [last, _numbers(f"{label}, lowest", lowest), _numbers(f"{label}, highest", highest)]
    best, word = (lowest, "lowest") if direction is Better.LOWER else (highest, "highest")
    steps = pd.Series([value.step if value else None for value in best], dtype="Float64")
    return [last, _numbers(f"{label}, {word}", best), Column(f"{label}, at step", steps, AS_IS)]


def _numbers(label: str, values: Sequence[Value | None]) -> Column:
    numbers = np.array([value.value if value else np.nan for value in values])
    return Column(label, pd.Series(numbers), SIGNIFICANT if needs_exponent(numbers).any() else FIXED)


def _setting_column(name: str, texts: Sequence[str | None]) -> Column:
    label = shortened(name, CELL_LIMIT)
    if not all(text is None or _is_exact(setting_number(text)) for text in texts):
        return Column(
            label, _texts([None if text is None else shortened(text, CELL_LIMIT) for text in texts])
        )
    numbers = [None if text is None else setting_number(text) for text in texts]
    whole = all(number is None or number.is_integer() for number in numbers)
    return Column(label, pd.Series(numbers, dtype="Int64" if whole else "Float64"), WHOLE if whole else AS_IS)


def _is_exact(number: float | None) -> bool:
    """Whether it is a number of which a table shows all digits."""
    return number is not None and abs(number) < _LARGEST_EXACT


def _texts(texts: Sequence[str | None]) -> pd.Series:
    return pd.Series(list(texts), dtype="string")


def _with_unique_labels(found: Sequence[Column]) -> list[Column]:
    """The columns under labels that differ: a setting may be called like a metric, or `Status`."""
    taken: set[str] = set()
    unique = []
    for column in found:
        label, number = column.label, 2
        while label in taken:
            label, number = f"{column.label} ({number})", number + 1
        taken.add(label)
        unique.append(Column(label, column.values, column.format))
    return unique
