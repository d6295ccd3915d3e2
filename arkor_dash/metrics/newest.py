"""The newest of many items, such as the last reports of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Keeps the newest `most` items. Not thread-safe.

    Many that come at once are made only when they are read: while a long backlog is read, few of them ever are.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._items: deque[T] = deque(maxlen=most)
        self._make: Callable[[], Iterable[T]] | None = None

    def add(self, item: T) -> None:
        self.items().append(item)

    def add_many(self, count: int, make: Callable[[], Iterable[T]]) -> None:
        """Add the items that `make` returns: `count` of them, at most `most`."""
        if count < self._most:
            self.items().extend(make())
        else:
            self.clear()
            self._make = make

    def clear(self) -> None:
        self._items.clear()
        self._make = None

    def items(self) -> deque[T]:
        """The items, oldest first."""
        if self._make is not None:
            make, self._make = self._make, None
            self._items.extend(make())
        return self._items
