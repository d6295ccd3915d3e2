from __future__ import annotations

from pathlib import Path

import pytest

from arkor_dash.protocol.exit_codes import shell_code
from arkor_dash.studio.runs.exit_reason import (
    cause_of_end,
    last_lines,
    reason_of_death,
    shorten,
    useful_part,
)

USER = Path("/home/dev/project")
CHAINED = """noise
Traceback (most recent call last):
  File "/home/dev/project/src/arkor/first.py", line 1, in <module>
    first()
KeyError: 'first'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/python/lib/runpy.py", line 198, in _run_module_as_main
    return _run_code(code)
           ^^^^^^^^^^^^^^^
  File "/home/dev/project/src/arkor/index.py", line 7, in <module>
    import missing_thing
  File "/opt/python/lib/importlib/x.py", line 9, in load
    raise
ModuleNotFoundError: No module named 'missing_thing'
a second line of the message
"""
SYNTAX = """Traceback (most recent call last):
  File "/opt/python/lib/runpy.py", line 198, in _run
    compile()
  File "/elsewhere/index.py", line 3
    def x(:
          ^
SyntaxError: invalid syntax
"""


@pytest.mark.parametrize(
    ("exit_code", "cause", "shell"),
    [
        (3, "ended with exit code 3", 3),
        (126, "ended with exit code 126 (could not be run)", 126),
        (0, "ended without completing (exit code 0)", 0),
        (-9, "was killed by SIGKILL (often out of memory)", 137),
        (-11, "was killed by SIGSEGV (a crash in native code)", 139),
        (-15, "was killed by SIGTERM", 143),
        (-40, "was killed by signal 40", 168),
    ],
)
def test_an_exit_code_is_described_in_words(exit_code: int, cause: str, shell: int) -> None:
    assert cause_of_end(exit_code) == cause
    assert shell_code(exit_code) == shell


def test_the_last_lines_are_the_last_twenty_that_are_not_blank(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("\n\n".join(f"line {n}  " for n in range(50)) + "\n\n")
    assert last_lines(log) == "\n".join(f"line {n}" for n in range(30, 50))


def test_the_tail_of_a_huge_log_or_line_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("x" * 5_000_000)
    assert last_lines(log) == "x" * 500 + "…"


def test_the_reason_of_a_death_without_output_has_no_last_lines(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text(" \n")
    assert reason_of_death(1, tmp_path / "output.log") == "The trainer ended with exit code 1."
    assert reason_of_death(1, tmp_path / "gone.log") == "The trainer ended with exit code 1."


def test_only_the_frames_of_the_users_files_are_kept() -> None:
    assert useful_part(CHAINED, [USER]) == (
        "Traceback (most recent call last):\n"
        '  File "/home/dev/project/src/arkor/index.py", line 7, in <module>\n'
        "    import missing_thing\n"
        "ModuleNotFoundError: No module named 'missing_thing'\n"
        "a second line of the message"
    )


def test_a_traceback_without_frames_of_the_user_is_reduced_to_the_error() -> None:
    assert useful_part(CHAINED, [Path("/other")]) == (
        "ModuleNotFoundError: No module named 'missing_thing'\na second line of the message"
    )


def test_the_location_of_a_syntax_error_is_kept() -> None:
    assert useful_part(SYNTAX, [USER]) == (
        "Traceback (most recent call last):\n"
        '  File "/elsewhere/index.py", line 3\n    def x(:\n          ^\nSyntaxError: invalid syntax'
    )


def test_a_folder_with_a_common_name_prefix_is_not_the_users() -> None:
    text = CHAINED.replace("/home/dev/project/", "/home/dev/project2/")
    assert "File" not in useful_part(text, [USER])


def test_text_without_a_traceback_is_unchanged() -> None:
    assert useful_part(" no traceback here\n", [USER]) == "no traceback here"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shorten("short", 5) == "short"
    cut = shorten("a" * 5_000 + "b" * 5_000, 1_000)
    assert len(cut) <= 1_000
    assert (cut[:9], cut[-9:]) == ("a" * 9, "b" * 9)
