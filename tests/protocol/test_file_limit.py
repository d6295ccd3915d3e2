"""The limit on open files is raised as far as the system allows."""

from __future__ import annotations

import pytest

from arkor_dash.protocol import file_limit


def test_the_limit_on_open_files_is_raised_as_far_as_macos_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    limits_tried: list[int] = []

    def set_limit(_kind: int, limits: tuple[int, int]) -> None:
        limits_tried.append(limits[0])
        if limits[0] > 10_240:
            raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (256, resource.RLIM_INFINITY))
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    file_limit.raise_file_limit()
    assert limits_tried == [65_536, 10_240]


def test_a_limit_on_open_files_that_is_high_enough_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (100_000, 100_000))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: pytest.fail("the limit was changed"))
    file_limit.raise_file_limit()
