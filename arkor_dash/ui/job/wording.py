"""The texts of a job's page on its progress, and events that are missing."""

from __future__ import annotations

from datetime import timedelta

from arkor_dash.live.feed import Recovery
from arkor_dash.metrics.progress import Progress
from arkor_dash.metrics.value_format import share_text

TRACEBACK = "Traceback (most recent call last)"

WAITING = "Waiting for training.log events…"


def no_loss_text(ended: bool) -> str:
    """Stands in place of a curve without a point."""
    return "This job reported no loss." if ended else WAITING


def progress_text(progress: Progress) -> str:
    """`640 of 1,200 steps · 53%`."""
    return f"{progress.basis} · {share_text(progress.done)}"


def time_left_text(progress: Progress) -> str | None:
    """`about 0:01:12`: exact to a second below an hour, else to a minute; None if unknown."""
    if progress.left_s is None:
        return None
    seconds = round(progress.left_s if progress.left_s < 3_600 else progress.left_s // 60 * 60)
    return f"about {timedelta(seconds=seconds)}"


def recovery_text(recovery: Recovery) -> str:
    """How many events the last reconnection recovered, and which are missing."""
    noun = "event" if recovery.events == 1 else "events"
    text = f"Reconnected: {recovery.events:,} {noun} recovered"
    if recovery.missing is None:
        return f"{text}. This source does not number its events, so a missing one can't be detected."
    if not recovery.missing:
        return f"{text}, none missing."
    named = ", ".join(str(number) for number in recovery.missing_ids)
    more = ", …" if recovery.missing > len(recovery.missing_ids) else ""
    return f"{text}, {recovery.missing:,} missing: {named}{more}."


def failure_reason(error: str) -> str:
    """The line of an error that says why: the first one, or that of the error to which a traceback leads.

    The text of that error can go on in further lines.
    """
    lines = error.strip().splitlines() or [""]
    if not lines[0].startswith("Traceback"):
        return lines[0]
    starts = [number for number, line in enumerate(lines) if line.startswith(TRACEBACK)]
    after = lines[starts[-1] + 1 :] if starts else []
    return next((line for line in after if line.strip() and not line[0].isspace()), lines[-1])
