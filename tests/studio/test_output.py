from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.output import follow, parse_offset
from arkor_dash.studio.wakeups import Wakeups


def test_what_is_written_just_before_the_end_comes_before_the_trailer(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.touch()

    def ends_with_a_last_word() -> int:
        if not log.read_bytes():
            log.write_bytes(b"last word\n")
        return 0

    async def read() -> bytes:
        return b"".join([chunk async for chunk in follow(log, 0, Wakeups(), "job", ends_with_a_last_word)])

    assert asyncio.run(read()) == b"last word\n\n---\nexit=0\n"


def test_readers_are_let_go_without_a_trailer_when_the_studio_closes(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_bytes(b"so far")

    async def read() -> list[bytes]:
        grown = Wakeups()
        chunks = follow(log, 0, grown, "job", lambda: None)
        seen = [await anext(chunks)]
        asyncio.get_running_loop().call_soon(grown.close)
        return seen + [chunk async for chunk in chunks]

    assert asyncio.run(read()) == [b"so far"]


def test_an_offset_is_a_number_of_bytes() -> None:
    assert (parse_offset(None), parse_offset("0"), parse_offset("17")) == (0, 0, 17)
    for text in ("", "-1", "+1", "1_0", "٣", "1" * 19):
        with pytest.raises(RequestError):
            parse_offset(text)
