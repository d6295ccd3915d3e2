"""Frees the objects that the frames of a caught error hold."""

from __future__ import annotations

import traceback


def release_frames(error: BaseException) -> None:
    """Clear the local variables of all frames in the tracebacks of an error and of its causes.

    urllib3 keeps an exception in a local variable of a frame that belongs to the exception's own traceback. This
    reference cycle also holds the frames of the callers, and with them everything that the callers refer to, until
    the garbage collector runs. Frames that are still executing are left alone.
    """
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending:
        current = pending.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            traceback.clear_frames(current.__traceback__)
            pending += [current.__cause__, current.__context__]
