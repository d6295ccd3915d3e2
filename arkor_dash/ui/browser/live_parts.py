"""What a run of a live fragment draws: the parts that are pushed, and what only another run can show."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from arkor_dash.live.parts import DrawnPart, Part, Shared

N = TypeVar("N")


class LiveParts(Generic[N]):
    """Collects the parts of a page, and what its other elements depend on, while the page is drawn.

    Args:
        now: what the page is drawn from. read: returns it as it is at any later moment, see `Part.update`.
        view: names what is read. Pages with the same view share it.

    Attributes: drawn: the parts by their names, for `PageWatch.drawn`.
    """

    def __init__(self, now: N, read: Callable[[], N], view: Hashable) -> None:
        self.now, self.read, self.view = now, read, view
        self.drawn: dict[str, DrawnPart] = {}
        self._structure: dict[Hashable, Callable[[N], object]] = {}

    def draw(self, name: str, part: Part) -> dict[str, Any]:
        """The data of a component that shows the part. `name` is the part's name on the page."""
        update = part.update(None)
        if update is None:
            raise ValueError(f"the part {name!r} has no data to begin with")
        data, cursor = update
        self.add(name, part, cursor)
        return {"part": name, "view": part.view_id, **data}

    def add(self, name: str, part: Part, cursor: Hashable) -> None:
        """Note a part whose component was given what the cursor stands for."""
        self.drawn[name] = DrawnPart(part, cursor)

    def depends(self, name: Hashable, value: Callable[[N], object]) -> None:
        """What is drawn without a part depends on this value. When it changes, the script runs again.

        Args: name: equal names of a page, and of pages with the same view, have the same value.
        """
        self._structure[name] = value

    def structure(self) -> tuple[Callable[[Shared], object], object]:
        """A function that returns everything that the drawn elements depend on, and what it was for this run."""
        view, read, values = self.view, self.read, dict(self._structure)

        def current(shared: Shared) -> object:
            now = shared(("now", view), read)
            return [shared(("structure", view, name), lambda: value(now)) for name, value in values.items()]  # noqa: B023

        return current, [value(self.now) for value in values.values()]
