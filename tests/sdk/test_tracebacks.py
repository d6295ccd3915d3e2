"""Which frames a traceback shows, and under which names."""

from __future__ import annotations

from pathlib import Path

import arkor_dash
from arkor_dash.sdk.tracebacks import SourceMap, useful_part

PACKAGE = Path(arkor_dash.__file__).parent


def error_in(file: Path, code: str) -> BaseException:
    """The exception that `code` raises when it is run as the content of `file`."""
    try:
        exec(compile(code, str(file), "exec"), {})
    except (ArithmeticError, AttributeError) as error:
        return error
    raise AssertionError("the code raised nothing")


def test_frames_of_the_sdk_and_of_the_protocol_are_hidden(tmp_path: Path) -> None:
    error = error_in(
        tmp_path / "index.py",
        "from arkor_dash.protocol.fields import replace_surrogates\nreplace_surrogates(7)",
    )
    text = SourceMap(tmp_path, tmp_path / "src").render(error)
    assert f'File "{tmp_path}/src/index.py", line 2' in text
    assert "fields.py" not in text
    assert "fields.py" not in useful_part(error)


def test_frames_of_a_project_inside_the_package_are_shown() -> None:
    snapshot = PACKAGE / "sample" / ".arkor" / "build" / "snapshot-1"
    error = error_in(snapshot / "index.py", "1 / 0")
    text = SourceMap(snapshot, PACKAGE / "sample" / "src" / "arkor").render(error)
    assert 'src/arkor/index.py", line 1' in text
