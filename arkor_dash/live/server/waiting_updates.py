"""Keeps the updates that wait for a browser when a fragment runs again.

Streamlit drops the waiting elements of a fragment that runs again, since the run sends them anew. But it keeps what
it sends by reference (`ref_hash`), what inner fragments have sent, and what stands behind the fragment. A browser
that gets an element before its container or its predecessors shows a blank window (“Bad delta path”).

It also makes the waiting end of an earlier fragment's run that of an interrupted one. A browser then does not remove
what that run has left out, such as a solved problem.
"""

from __future__ import annotations

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


def keep_waiting_updates_whole() -> None:
    """Have Streamlit leave all that waits as it is when a fragment runs.

    The browser then gets what it would have got if they had been sent just before the run. It belongs before the
    first page is opened.
    """
    clear = ForwardMsgQueue.clear

    def clear_whole(
        queue: ForwardMsgQueue,
        retain_lifecycle_msgs: bool = False,
        fragment_ids_this_run: list[str] | None = None,
    ) -> None:
        if retain_lifecycle_msgs and fragment_ids_this_run:
            queue._delta_index_map = {}  # the run's elements come behind those that wait, and replace none of them
        else:
            clear(queue, retain_lifecycle_msgs, fragment_ids_this_run)

    ForwardMsgQueue.clear = clear_whole  # type: ignore[method-assign, assignment]
