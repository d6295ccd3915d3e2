"""The note on the `arkor dev` programs that are not shown."""

from __future__ import annotations

from arkor_dash.sources import LocalStudio, Survey
from arkor_dash.sources.workspace import Origin
from arkor_dash.ui.local_studios import note_text

FIRST = LocalStudio("http://127.0.0.1:4000", Origin("anon", "me", "cats", "cloud.example"))
SECOND = LocalStudio("http://127.0.0.1:4001", Origin("anon", "me", "dogs", "cloud.example"))
THIRD = LocalStudio("http://127.0.0.1:4002", None)
TAKEN = "Port 4000 answers, but not as an arkor dev: another program uses it."


def test_there_is_no_note_without_anything_to_choose() -> None:
    assert note_text(Survey(), None) is None
    assert note_text(Survey(), FIRST.url) is None
    assert note_text(Survey((FIRST,), None, 4001), FIRST.url) is None


def test_the_note_says_which_one_is_shown_and_how_to_open_the_other() -> None:
    assert note_text(Survey((FIRST, SECOND)), FIRST.url) == (
        "Shown is the arkor dev at 127.0.0.1:4000. Another arkor dev runs at 127.0.0.1:4001 (me / dogs). "
        "To show it, start a dashboard with ARKOR_STUDIO_URL=http://127.0.0.1:4001."
    )


def test_several_others_are_all_named() -> None:
    assert note_text(Survey((FIRST, SECOND, THIRD)), FIRST.url) == (
        "Shown is the arkor dev at 127.0.0.1:4000. Others run at 127.0.0.1:4001 (me / dogs), 127.0.0.1:4002. "
        "To show one, start a dashboard with its address, such as ARKOR_STUDIO_URL=http://127.0.0.1:4001."
    )


def test_after_the_end_of_the_shown_one_the_other_is_offered() -> None:
    assert note_text(Survey((SECOND,), None, 4000), FIRST.url) == (
        "Another arkor dev runs at 127.0.0.1:4001 (me / dogs). "
        "To show it, start a dashboard with ARKOR_STUDIO_URL=http://127.0.0.1:4001."
    )


def test_the_embedded_studio_says_what_is_in_the_place_of_an_arkor_dev() -> None:
    assert note_text(Survey((), TAKEN, 4002), None) == (
        f"{TAKEN} This is the dashboard's own Studio. "
        "To see your project, run `arkor dev --port 4002`, then restart the dashboard."
    )
    assert note_text(Survey((), TAKEN, None), None) == f"{TAKEN} This is the dashboard's own Studio."


def test_another_program_in_the_place_of_the_shown_one_is_named() -> None:
    assert note_text(Survey((), TAKEN, 4001), FIRST.url) == (
        f"{TAKEN} To see your project, run `arkor dev --port 4001`, then restart the dashboard."
    )


def test_one_that_was_started_after_the_embedded_studio_is_offered() -> None:
    assert note_text(Survey((SECOND,), TAKEN, 4002), None) == (
        "An arkor dev runs at 127.0.0.1:4001 (me / dogs). "
        "To show it, start a dashboard with ARKOR_STUDIO_URL=http://127.0.0.1:4001."
    )


def test_the_address_is_said_if_another_program_has_the_usual_port() -> None:
    assert (
        note_text(Survey((SECOND,), TAKEN, 4002), SECOND.url) == "Shown is the arkor dev at 127.0.0.1:4001."
    )
