"""The button that saves what a table of a live page shows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

from arkor_dash.export.table_csv import table_csv
from arkor_dash.ui.browser.live_parts import LiveParts

from .download import Download, Labels, has_download, offer_download

N = TypeVar("N")
Table = tuple[Sequence[str], Iterable[Sequence[str | float | None]]]
"""The header and the rows."""


def csv_button(
    parts: LiveParts[N],
    content: Callable[[N], Hashable],
    table: Callable[[N], Table],
    *,
    view: Hashable,
    what: str,
    file_name: str,
    key: str,
) -> None:
    """A button that makes a CSV file of the table as it is when it is clicked, and then offers the file.

    Args:
        content: the file is offered until this changes.
        table: returns the table, with full values. Called in a background thread.
        what: a word for the table.
        view: names what `content` and `table` return.
    """

    def download(now: N) -> Download:
        return Download(
            id=(view, content(now)),
            group="list",
            file_name=file_name,
            mime="text/csv",
            make=lambda _unwanted: table_csv(*table(now)),
        )

    offer_download(
        download(parts.now),
        Labels(f"Export {what} as CSV", "Exporting…", f"Download {what} as CSV"),
        key=key,
        at_click=lambda: download(parts.read()),
    )
    if has_download("list"):
        parts.depends(("exported", view), content)
