"""A browser gets each element after its container and predecessors, also if a fragment runs before they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from arkor_dash.live.server.waiting_updates import keep_waiting_updates_whole

BLOCK, ELEMENT, REFERENCE = "block", "element", "reference"


@pytest.fixture(autouse=True, scope="module")
def mended_queue() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)
        keep_waiting_updates_whole()
        yield


def update(path: tuple[int, ...], kind: str = ELEMENT, fragment: str = "") -> ForwardMsg:
    message = ForwardMsg(hash=f"{path}")
    message.metadata.delta_path.extend(path)
    message.delta.fragment_id = fragment
    if kind == BLOCK:
        message.delta.add_block.allow_empty = True
    else:
        message.delta.new_element.markdown.body = "text"
    return create_reference_msg(message) if kind == REFERENCE else message


def paths(messages: list[ForwardMsg]) -> list[tuple[int, ...]]:
    return [tuple(each.metadata.delta_path) for each in messages]


class Browser:
    """The elements that a browser has. As in Streamlit, each new one belongs directly behind the last one."""

    def __init__(self) -> None:
        self.children: dict[tuple[int, ...], int] = {(0,): 0}

    def show(self, messages: list[ForwardMsg]) -> None:
        for message in messages:
            *parent, place = message.metadata.delta_path
            assert tuple(parent) in self.children, f"{parent} is missing before {place}"
            assert place <= self.children[tuple(parent)], f"{parent} has no element before {place}"
            self.children[tuple(parent)] = max(self.children[tuple(parent)], place + 1)
            if message.HasField("delta") and message.delta.HasField("add_block"):
                self.children.setdefault((*parent, place), 0)


@dataclass
class Node:
    kind: str
    children: list[Node] = field(default_factory=list)
    fragment: str = ""

    def updates(self, path: tuple[int, ...], fragment: str = "") -> list[ForwardMsg]:
        fragment = self.fragment or fragment
        below = [child.updates((*path, place), fragment) for place, child in enumerate(self.children)]
        return [update(path, self.kind, fragment), *(each for branch in below for each in branch)]

    def fragments(self, path: tuple[int, ...]) -> dict[str, list[ForwardMsg]]:
        """The updates of each fragment's own run, by its id."""
        own = {self.fragment: self.updates(path)} if self.fragment else {}
        for place, child in enumerate(self.children):
            own |= child.fragments((*path, place))
        return own


leaves = st.sampled_from([ELEMENT, REFERENCE]).map(Node)
nodes = st.recursive(
    leaves,
    lambda inner: st.builds(
        Node, st.just(BLOCK), st.lists(inner, max_size=4), st.sampled_from(["", "", "outer", "inner"])
    ),
    max_leaves=14,
)


@given(st.lists(nodes, min_size=1, max_size=4), st.data())
def test_whenever_a_fragment_runs_the_browser_can_place_what_it_gets(
    page: list[Node], data: st.DataObject
) -> None:
    page = with_own_ids(page)
    run = [each for place, node in enumerate(page) for each in node.updates((0, place))]
    fragments: dict[str, list[ForwardMsg]] = {}
    for place, node in enumerate(page):
        fragments |= node.fragments((0, place))
    queue, browser = ForwardMsgQueue(), Browser()
    sent_at = data.draw(st.integers(0, len(run)))
    for number, message in enumerate(run):
        if number == sent_at:
            browser.show(queue.flush())
        queue.enqueue(message)
    for fragment in data.draw(
        st.lists(st.sampled_from(sorted(fragments)), max_size=3) if fragments else st.just([])
    ):
        queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=[fragment])
        for message in fragments[fragment]:
            queue.enqueue(message)
    browser.show(queue.flush())
    whole = Browser()
    whole.show(run)
    assert browser.children == whole.children


def with_own_ids(page: list[Node]) -> list[Node]:
    """The page, whose fragments have ids of their own."""
    count = 0

    def name(node: Node) -> Node:
        nonlocal count
        count += bool(node.fragment)
        fragment = f"{node.fragment}{count}" if node.fragment else ""
        return Node(node.kind, [name(child) for child in node.children], fragment)

    return [name(node) for node in page]


def test_waiting_messages_stay_in_their_order_when_a_fragment_runs() -> None:
    queue = ForwardMsgQueue()
    session, finished = ForwardMsg(), ForwardMsg()
    session.new_session.page_script_hash = "page"
    finished.script_finished = ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    for message in (
        session,
        update((0, 0), BLOCK, "list"),
        update((0, 0, 0), REFERENCE),
        update((0, 1)),
        finished,
    ):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["list"])
    sent = queue.flush()
    assert sent[0].new_session.page_script_hash == "page"
    assert paths(sent[1:4]) == [(0, 0), (0, 0, 0), (0, 1)]
    # A browser removes what the run has left out only if it has ended as a whole.
    assert sent[4].script_finished == ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


def test_a_full_run_clears_as_before() -> None:
    queue = ForwardMsgQueue()
    queue.enqueue(update((0, 0), BLOCK, "list"))
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.flush() == []
