"""Downloads that are made when the viewer asks for them: a button, work in a thread, and then the browser's download.

Streamlit's own download button can also call a function on a click. But the file's address then changes with every
run of the page, so on a live page the browser would request an address that no longer exists.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError
from arkor_dash.live.notifier import changes
from arkor_dash.protocol.sizes import size_text

from . import session
from .text import markdown_text

log = logging.getLogger(__name__)

DOWNLOAD_LIMIT = 200 * 1000 * 1000
"""The largest download in bytes. One download is kept in memory for each viewer, see `offer_download`."""
QUICK_S = 0.3

_prepared: session.ViewerValue[Prepared | None] = session.ViewerValue("download", None)
_held_by_streamlit: session.ViewerValue[Prepared | None] = session.ViewerValue("held_by_streamlit", None)
_releasing_runs = session.ViewerValue("releasing_runs", 0)
_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="download")


@dataclass(frozen=True, slots=True)
class Download:
    """A file that can be made. `id` identifies it; `group` is the part of the page that offers it.

    `make` runs in a background thread. Its argument is set once the viewer no longer wants the file. `make` may then
    raise an error.
    """

    id: object
    group: Literal["artifact", "export", "list"]
    file_name: str
    mime: str
    make: Callable[[threading.Event], bytes]


@dataclass(frozen=True, slots=True)
class MadeFile:
    """The result of making a file: its content, or the `problem` that prevented it."""

    content: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A viewer's file that is being made, or has been made. `unwanted` is the argument of its `make`."""

    download: Download
    made: Future[MadeFile]
    unwanted: threading.Event


@dataclass(frozen=True, slots=True)
class Labels:
    """The button's texts in each state. The size is added to `ready`; `failed` precedes the error."""

    offer: str
    working: str
    ready: str
    failed: str = ""


def offer_download(
    download: Download,
    labels: Labels,
    key: str,
    *,
    primary: bool = False,
    disabled: bool = False,
    at_click: Callable[[], Download] | None = None,
) -> None:
    """A button that makes the file; while it is made, a spinner; then the button that downloads it.

    The fragment has to be drawn again once the file is made, see `download_is_made`.
    At most one file is kept for each viewer; a request for another one drops it. Streamlit keeps its own copy of a
    file until the whole page runs again. So the whole page runs again after a file was dropped.

    Args:
        key: the element key of the button.
        primary: draw the download button as the main one.
        at_click: returns the file as it has to be when the button is clicked, if it changes between runs of the page.
    """
    start = at_click or (lambda: download)
    if _must_release_files():
        st.rerun()
    prepared = _prepared.get()
    if prepared is None or prepared.download.id != download.id:
        _button(labels.offer, ":material/download:", start, key, disabled=disabled)
    elif not prepared.made.done():
        st.button(
            labels.working, key=f"{download.group}_working", icon="spinner", type="tertiary", disabled=True
        )
    elif problem := prepared.made.result().problem:
        st.error(markdown_text(f"{labels.failed}{problem}"))
        _button("Try again", ":material/refresh:", start, key)
    else:
        _download_button(prepared, labels.ready, primary=primary)


def download_is_made() -> Callable[[], bool]:
    """A thread-safe function that returns False while a file is being made for the viewer, else True."""
    prepared = _prepared.get()
    return (lambda: True) if prepared is None else prepared.made.done


def has_download(group: str) -> bool:
    """Whether that part of the page makes or offers a file for the viewer."""
    prepared = _prepared.get()
    return prepared is not None and prepared.download.group == group


def drop_download(group: str | None = None) -> None:
    """Forget the viewer's file, and stop making it. With a `group`: only if that part of the page offers it."""
    prepared = _prepared.get()
    if prepared is not None and group in {None, prepared.download.group}:
        prepared.unwanted.set()
        prepared.made.cancel()
        _prepared.set(None)


def _button(
    label: str, icon: str, start: Callable[[], Download], key: str, *, disabled: bool = False
) -> None:
    st.button(
        label,
        key=key,
        icon=icon,
        type="tertiary",
        disabled=disabled,
        on_click=lambda: _start(start()),
    )


def _download_button(prepared: Prepared, label: str, *, primary: bool) -> None:
    download, content = prepared.download, prepared.made.result().content
    _held_by_streamlit.set(prepared)
    st.download_button(
        f"{label} ({size_text(len(content))})",
        data=content,
        file_name=download.file_name,
        mime=download.mime,
        key=f"{download.group}_file",
        icon=":material/download:",
        type="primary" if primary else "secondary",
        on_click="ignore",
    )


def _start(download: Download) -> None:
    """Begin to make the file, and wait a moment for it: most files are made before the page is drawn again."""
    unwanted = threading.Event()
    drop_download()
    made = _workers.submit(_make, download, unwanted)
    made.add_done_callback(lambda _: changes.notify())
    _prepared.set(Prepared(download, made, unwanted))
    wait([made], QUICK_S)


def _make(download: Download, unwanted: threading.Event) -> MadeFile:
    try:
        content = download.make(unwanted)
    except ArkorDashError as error:
        return MadeFile(problem=str(error))
    except Exception:
        log.exception("A download could not be made")
        return MadeFile(problem=UNEXPECTED_ERROR)
    if len(content) > DOWNLOAD_LIMIT:
        limit = size_text(DOWNLOAD_LIMIT)
        return MadeFile(
            problem=f"The file is {size_text(len(content))}, but at most {limit} can be downloaded here."
        )
    return MadeFile(content)


def _must_release_files() -> bool:
    """Whether the whole page has to run now, so that Streamlit deletes its copy of a file that was dropped.

    That takes two runs: Streamlit marks the copy in the first, and deletes it in the second.
    """
    held = _held_by_streamlit.get()
    if held is not None and held is not _prepared.get():
        _held_by_streamlit.set(None)
        _releasing_runs.set(2)
    left = _releasing_runs.get()
    if left:
        _releasing_runs.set(left - 1)
    return left > 0
