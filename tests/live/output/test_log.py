"""The state of the shown run, from the bytes of its output."""

from __future__ import annotations

from arkor_dash.live.output.log import RunLog
from arkor_dash.protocol.styled_line import StyledLine
from arkor_dash.protocol.text_style import BOLD, PLAIN, Style

GREEN = Style(2)


def test_a_snapshot_has_coloured_lines_beside_plain_ones() -> None:
    log = RunLog()
    log.add(b"plain\n\x1b[32mok\x1b[0m 1\n\x1b[1m10%")

    snapshot = log.snapshot()

    assert snapshot.lines == (
        "plain",
        StyledLine((("ok", GREEN), (" 1", PLAIN))),
        StyledLine((("10%", Style(None, None, BOLD)),)),
    )
    assert snapshot is log.snapshot()


def test_a_run_announces_its_job_in_colour_too() -> None:
    log = RunLog()
    log.add(b"\x1b[32mStarted job \x1b[1mjob_7\x1b[0m\n")

    assert log.snapshot().job_id == "job_7"


def test_output_that_begins_within_a_coloured_line_begins_with_the_next() -> None:
    log = RunLog()
    log.show("job_7", running=False, starting=False, begins_at=100)
    log.add(b"1mred\x1b[0m\n\x1b[32mok\n")

    assert log.snapshot().lines == (StyledLine((("ok", GREEN),)),)
