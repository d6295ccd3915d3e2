"""Newcomers are let in as long as descriptors are left for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from arkor_dash.live.server.capacity import LOADING_FILES, LOADING_S, Capacity, open_files
from tests.waiting import wait_until


class Process:
    """A process with a clock of its own and some descriptors open."""

    now = 100.0
    opened = 0

    def capacity(self, limit: float = 1024) -> Capacity:
        return Capacity(lambda: self.opened, lambda: limit, lambda: self.now)

    def open(self, files: int) -> None:
        self.opened = files
        self.now += 1


@contextmanager
def files(count: int) -> Iterator[None]:
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(count)]
    try:
        yield
    finally:
        for each in opened:
            os.close(each)


def test_the_open_files_of_this_process_are_counted() -> None:
    def are_counted() -> bool:
        before = open_files()
        with files(20):
            return open_files() == before + 20

    wait_until(are_counted)  # a thread of an earlier test may close a file meanwhile


def test_pages_are_refused_before_the_websockets_of_those_that_were_let_in() -> None:
    process = Process()
    capacity = process.capacity()
    process.open(880)
    assert capacity.takes_page()
    process.open(900)
    assert not capacity.takes_page()
    assert capacity.takes_socket()
    process.open(1000)
    assert not capacity.takes_socket()


def test_room_is_kept_for_pages_that_are_still_loading() -> None:
    process = Process()
    capacity = process.capacity()
    let_in = sum(capacity.takes_page() for _ in range(500))
    assert 50 < let_in < 1024 / LOADING_FILES
    process.now += LOADING_S + 1
    assert capacity.takes_page()


def test_connections_are_counted_between_two_counts_too() -> None:
    capacity = Process().capacity()
    assert sum(capacity.takes_socket() for _ in range(2_000)) == 1024 * 15 / 16


def test_there_is_no_room_when_not_even_the_count_can_be_taken() -> None:
    def fail() -> int:
        raise OSError

    capacity = Capacity(fail, lambda: 1024)
    assert not capacity.takes_page()
    assert not capacity.takes_socket()


def test_without_a_limit_everyone_is_let_in() -> None:
    capacity = Process().capacity(float("inf"))
    assert all(capacity.takes_page() and capacity.takes_socket() for _ in range(5_000))
