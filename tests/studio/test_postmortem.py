from __future__ import annotations

from pathlib import Path

import pytest

from arkor_dash.studio.postmortem import cause_of_end, last_lines, plain_text, reason_of_death, shell_code


@pytest.mark.parametrize(
    ("exit_code", "cause", "shell"),
    [
        (3, "ended with exit code 3", 3),
        (0, "ended without completing (exit code 0)", 0),
        (-9, "was killed by SIGKILL (often out of memory)", 137),
        (-11, "was killed by SIGSEGV (a crash in native code)", 139),
        (-15, "was killed by SIGTERM", 143),
        (-40, "was killed by signal 40", 168),
    ],
)
def test_an_exit_code_is_put_into_words(exit_code: int, cause: str, shell: int) -> None:
    assert cause_of_end(exit_code) == cause
    assert shell_code(exit_code) == shell


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (b"\x1b[1;31mred\x1b[0m plain", "red plain"),
        (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "alink"),
        (b"10%\r50%\r100%\ndone", "100%\ndone"),
        (b"line\r\nnext\r\n", "line\nnext\n"),
        (b"99%\r", "99%"),
        (b"\xff\xfe ok \x00", "\ufffd\ufffd ok \ufffd"),
        (b"cut \x1b[3", "cut "),
        (b"bare \x1b", "bare "),
    ],
)
def test_output_is_read_as_a_terminal_leaves_it(output: bytes, text: str) -> None:
    assert plain_text(output) == text


def test_the_last_lines_are_the_last_twenty_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("\n\n".join(f"line {n}  " for n in range(50)) + "\n\n")
    assert last_lines(log) == "\n".join(f"line {n}" for n in range(30, 50))


def test_the_tail_of_a_huge_log_or_line_is_bounded(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("x" * 5_000_000)
    assert last_lines(log) == "x" * 500 + "…"


def test_a_death_without_output_or_log_is_told_without(tmp_path: Path) -> None:
    (tmp_path / "output.log").write_text(" \n")
    assert reason_of_death(1, tmp_path / "output.log") == "The trainer ended with exit code 1."
    assert reason_of_death(1, tmp_path / "gone.log") == "The trainer ended with exit code 1."
