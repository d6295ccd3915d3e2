from __future__ import annotations

from pathlib import Path

from arkor_dash.studio.tracebacks import shorten, useful_part

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


def test_only_the_frames_of_the_users_files_are_kept() -> None:
    assert useful_part(CHAINED, [USER]) == (
        "Traceback (most recent call last):\n"
        '  File "/home/dev/project/src/arkor/index.py", line 7, in <module>\n'
        "    import missing_thing\n"
        "ModuleNotFoundError: No module named 'missing_thing'\n"
        "a second line of the message"
    )


def test_without_a_frame_of_the_user_the_error_stands_alone() -> None:
    assert useful_part(CHAINED, [Path("/other")]) == (
        "ModuleNotFoundError: No module named 'missing_thing'\na second line of the message"
    )


def test_the_place_of_a_syntax_error_is_kept() -> None:
    assert useful_part(SYNTAX, [USER]) == (
        "Traceback (most recent call last):\n"
        '  File "/elsewhere/index.py", line 3\n    def x(:\n          ^\nSyntaxError: invalid syntax'
    )


def test_a_folder_whose_name_begins_alike_is_another() -> None:
    text = CHAINED.replace("/home/dev/project/", "/home/dev/project2/")
    assert "File" not in useful_part(text, [USER])


def test_text_without_a_traceback_stays() -> None:
    assert useful_part(" no traceback here\n", [USER]) == "no traceback here"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shorten("short", 5) == "short"
    cut = shorten("a" * 5_000 + "b" * 5_000, 1_000)
    assert len(cut) <= 1_000
    assert (cut[:9], cut[-9:]) == ("a" * 9, "b" * 9)
