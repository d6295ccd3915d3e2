"""Mends what Streamlit drops of the updates that wait for a browser.

When a fragment runs again, Streamlit drops those of its elements that still wait to be sent, since the run sends them
anew. It keeps what it sends by reference (`ref_hash`), inner fragments, and what stands behind the fragment. But a
browser that gets an element before its container or its predecessors shows a blank window (“Bad delta path”).
"""

from __future__ import annotations

from collections.abc import Sequence

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

Path = tuple[int, ...]
"""Where an element stands: its place in its container, behind the container's own path."""


def keep_waiting_updates_whole() -> None:
    """Have Streamlit drop the waiting elements of a fragment all together, apart from its container.

    It belongs before the first page is opened.
    """
    clear = ForwardMsgQueue.clear

    def clear_whole(
        queue: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        waiting = queue._queue  # `clear` replaces the list
        clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        if retain_lifecycle_msgs:
            for fragment_id in fragment_ids_this_run or ():
                queue._queue = _without_fragment(fragment_id, waiting, queue._queue)

    ForwardMsgQueue.clear = clear_whole  # type: ignore[method-assign, assignment]


def _without_fragment(
    fragment_id: str, waiting: Sequence[ForwardMsg], kept: Sequence[ForwardMsg]
) -> list[ForwardMsg]:
    """The messages to send before the fragment runs again.

    Args: waiting: the messages before Streamlit dropped some. kept: what it kept of them, in the same order.
    """
    dropped = [each for each in waiting if each.delta.fragment_id == fragment_id]
    if not dropped:
        return list(kept)
    stays = {id(each) for each in kept}
    gone = [_path(each) for each in dropped]
    container = gone[0]
    # The run sends the container anew, too. It is sent now as well, for what stands behind it.
    if dropped[0].delta.HasField("add_block") and all(path[: len(container)] == container for path in gone):
        stays.add(id(dropped[0]))
        gone = [path for path in gone if path != container]
    return [
        each
        for each in waiting
        if id(each) in stays and not any(_lies_in_or_behind(path, _path(each)) for path in gone)
    ]


def _path(message: ForwardMsg) -> Path:
    return tuple(message.metadata.delta_path)


def _lies_in_or_behind(before: Path, path: Path) -> bool:
    """Whether `path` is the place `before`, lies in it, or lies in or at a later place of the same container."""
    depth = len(before) - 1
    return len(path) > depth and path[:depth] == before[:depth] and path[depth] >= before[depth]
