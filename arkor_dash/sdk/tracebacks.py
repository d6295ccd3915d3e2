"""Tracebacks for the author of a training: with the project's files, without frames of this package."""

from __future__ import annotations

import os
import sysconfig
import traceback
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_HIDDEN = (
    f"{_PACKAGE / 'sdk'}{os.sep}",
    f"{_PACKAGE / 'protocol'}{os.sep}",
    str(_PACKAGE / "__main__.py"),
    "<frozen ",
)
"""Frames whose file names begin like this are left out: the SDK, the protocol, and Python's import system.

The rest of the package is not hidden, since the bundled sample is a project inside it.
"""
_LIBRARIES = ("site-packages", "dist-packages")
_STDLIB = Path(sysconfig.get_paths()["stdlib"])


@dataclass(frozen=True, slots=True)
class SourceMap:
    """Shows files of `snapshot` as the files of `source` that they are copies of."""

    snapshot: Path
    source: Path

    def render(self, error: BaseException) -> str:
        """The whole traceback, including the causes of the error."""
        report = traceback.TracebackException.from_exception(error)
        self._rewrite(report)
        return "".join(report.format()).rstrip()

    def locate(self, error: BaseException) -> str:
        """Location and error, `src/arkor/index.py:3: NameError: …`, with the source line below."""
        notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
        if isinstance(error, SyntaxError) and error.filename:
            return f"{describe_syntax(error, self._shown(error.filename))}{notes}"
        project_frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).is_relative_to(self.snapshot)
        ]
        if not project_frames:
            return f"{describe(error)}{notes}"
        where = f"{self._shown(project_frames[-1].filename)}:{project_frames[-1].lineno}"
        return f"{where}: {describe(error)}\n    {project_frames[-1].line}{notes}"

    def _rewrite(self, report: traceback.TracebackException) -> None:
        kept = [frame for frame in report.stack if not frame.filename.startswith(_HIDDEN)]
        for frame in kept:
            _ = frame.line  # reads the line now, while the frame still has the file that was run
            frame.filename = self._shown(frame.filename)
        if kept:
            report.stack = traceback.StackSummary.from_list(kept)
        if isinstance(getattr(report, "filename", None), str):
            report.filename = self._shown(report.filename)
        for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
            if other is not None:
                self._rewrite(other)

    def _shown(self, filename: str) -> str:
        """The file that `filename` is a copy of, or `filename` if it is not in the snapshot."""
        try:
            return shown(self.source / Path(filename).relative_to(self.snapshot))
        except ValueError:
            return filename


def useful_part(error: BaseException) -> str:
    """`Type: message`, followed by the author's own frames, or by all frames if none is the author's.

    An error with a cause or a context is shown together with it, as Python does.
    """
    report = traceback.TracebackException.from_exception(error)
    _keep_own(report)
    related = [
        report.__cause__,
        *(report.exceptions or ()),
        None if report.__suppress_context__ else report.__context__,
    ]
    lines = report.format() if any(related) else [*report.format_exception_only(), *report.stack.format()]
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
        filename.startswith(_HIDDEN)
        or path.is_relative_to(_STDLIB)
        or any(part in _LIBRARIES for part in path.parts)
    )


def shown(path: Path) -> str:
    """The path, relative to the working directory if it is inside."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def describe_syntax(error: SyntaxError, file: str) -> str:
    """`src/arkor/index.py:3:5: SyntaxError: …`, with the source line below."""
    where = f"{file}:{error.lineno or 1}:{error.offset or 1}"
    return f"{where}: {type(error).__name__}: {error.msg}\n    {(error.text or '').strip()}"


def describe(error: BaseException) -> str:
    """`Type: message`, or only the type if there is no message."""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001  # a broken __str__ must not hide the error
        message = ""
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
