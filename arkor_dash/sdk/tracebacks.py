"""Tracebacks for the author of the training: with the project's files and lines, without this package's."""

from __future__ import annotations

import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path

_OURS = (str(Path(__file__).parent), str(Path(__file__).parents[1] / "__main__.py"), "<frozen ")
_LIBRARIES = ("site-packages", "dist-packages")
_STDLIB = Path(sysconfig.get_paths()["stdlib"])


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Names the modules in `snapshot` by the files in `source` that they were copied from."""

    snapshot: Path
    source: Path

    def render(self, error: BaseException) -> str:
        """The whole traceback, its causes included."""
        report = traceback.TracebackException.from_exception(error)
        self._rewrite(report)
        return "".join(report.format()).rstrip()

    def locate(self, error: BaseException) -> str:
        """Where and what, in a line: `src/arkor/index.py:3: NameError: …`, and the source line below it."""
        notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
        if isinstance(error, SyntaxError) and error.filename:
            return f"{describe_syntax(error, self._shown(error.filename))}{notes}"
        theirs = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self.snapshot)
        ]
        if not theirs:
            return f"{describe(error)}{notes}"
        where = f"{self._shown(theirs[-1].filename)}:{theirs[-1].lineno}"
        return f"{where}: {describe(error)}\n    {theirs[-1].line}{notes}"

    def _rewrite(self, report: traceback.TracebackException) -> None:
        kept = [frame for frame in report.stack if not frame.filename.startswith(_OURS)]
        for frame in kept:
            _ = frame.line  # has it read now, while the frame still names the file that it ran from
            frame.filename = self._shown(frame.filename)
        if kept:
            report.stack = traceback.StackSummary.from_list(kept)
        if isinstance(getattr(report, "filename", None), str):
            report.filename = self._shown(report.filename)
        for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
            if other is not None:
                self._rewrite(other)

    def _shown(self, filename: str) -> str:
        """The file that `filename` was copied from; any other name as it is."""
        try:
            return shown(self.source / Path(filename).relative_to(self.snapshot))
        except ValueError:
            return filename


def useful_part(error: BaseException) -> str:
    """`Type: message`, and below it where: the author's own frames, or all of them where there are none.

    An error that another one led to comes as Python shows the two.
    """
    report = traceback.TracebackException.from_exception(error)
    _keep_own(report)
    told = [
        report.__cause__,
        *(report.exceptions or ()),
        None if report.__suppress_context__ else report.__context__,
    ]
    lines = report.format() if any(told) else [*report.format_exception_only(), *report.stack.format()]
    return "".join(lines).rstrip()


def _keep_own(report: traceback.TracebackException) -> None:
    kept = [frame for frame in report.stack if not _is_library(frame.filename)]
    if kept:
        report.stack = traceback.StackSummary.from_list(kept)
    for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
        if other is not None:
            _keep_own(other)


def _is_library(filename: str) -> bool:
    path = Path(filename)
    return (
        filename.startswith(_OURS)
        or path.is_relative_to(_STDLIB)
        or any(part in _LIBRARIES for part in path.parts)
    )


def shown(path: Path) -> str:
    """The path, relative to the working directory if it lies below that."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def describe_syntax(error: SyntaxError, file: str) -> str:
    """`src/arkor/index.py:3:5: SyntaxError: …`, and the source line below it."""
    where = f"{file}:{error.lineno or 1}:{error.offset or 1}"
    return f"{where}: {type(error).__name__}: {error.msg}\n    {(error.text or '').strip()}"


def describe(error: BaseException) -> str:
    """`Type: message`, or the type alone where there is no message."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  # a broken __str__ must not hide the error that it belongs to
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
