"""Checks that a file is the Studio's database, before anything is written to it."""

from __future__ import annotations

import sqlite3
import struct
from contextlib import closing
from pathlib import Path

from arkor_dash.errors import StudioStartError

from .database import JOBS, LOCK_TIMEOUT_S, sqlite_url
from .problems import NEW_HISTORY, not_sqlite, storage_problem
from .schema import VERSION_TABLE

_WAL_HEADER = struct.Struct(">8I")
_FRAME_HEADER_BYTES = 24
_MAGIC = b"SQLite format 3\x00"
# Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log
_WAL_MAGIC = 0x377F0682


def verify(file: Path, runs: Path | None) -> None:
    """Check the SQLite database `file`, which may be missing. Nothing in it is changed.

    Args: runs: the folder with a folder for each run of its jobs, if there is one.
    Raises: StudioStartError: it is not the Studio's, it is damaged, or its content is lost; the message says so.
    """
    if file.is_dir():
        raise StudioStartError(f"{file} is a folder, but should be the Studio's database. Move it away.")
    if not file.exists():
        return
    try:
        with file.open("r+b") as opened:
            start = opened.read(len(_MAGIC))
    except OSError as error:
        raise StudioStartError(
            f"{file} can't be opened ({error.strerror}). Let the user of the Studio read and write it."
        ) from error
    is_empty = not start
    if start not in (_MAGIC, b""):
        # SQLite accepts such a file as long as it finds what it looks for in the write-ahead log.
        raise StudioStartError(not_sqlite(str(file)))
    _verify_log(file, is_empty)
    tables = {} if is_empty else _tables(file)
    job_columns = tables.get(JOBS.name, set())
    if tables and VERSION_TABLE not in tables and not job_columns >= {"id", "owner", "last_seq"}:
        names = ", ".join(sorted(tables)[:5])
        raise StudioStartError(
            f"{file} is the database of another program (its tables: {names}). Move it away."
        )
    if not tables and runs is not None and any(runs.glob("job_*")):
        raise StudioStartError(
            f"{file} is empty, but {runs} has the files of runs: the history is lost. {NEW_HISTORY}"
        )


def _verify_log(file: Path, is_empty: bool) -> None:
    """SQLite drops a write-ahead log that it can't read, and with it what is stored nowhere else."""
    log = file.with_name(f"{file.name}-wal")
    try:
        with log.open("rb") as opened:
            start = opened.read(_WAL_HEADER.size + _FRAME_HEADER_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StudioStartError(
            f"{log} can't be opened ({error.strerror}). Let the user of the Studio read and write it."
        ) from error
    if len(start) < _WAL_HEADER.size + _FRAME_HEADER_BYTES:
        return  # it holds nothing yet
    if is_empty:
        raise StudioStartError(f"{file} is empty, but {log} is not: the history is lost. {NEW_HISTORY}")
    if not _is_wal_header(start[: _WAL_HEADER.size]):
        raise StudioStartError(
            f"{log} is damaged. The newest part of the history is only in this file. Restore it and {file.name} "
            "from a backup, or move it away to go on without that part. The Studio leaves it as it is."
        )


def _is_wal_header(header: bytes) -> bool:
    magic = _WAL_HEADER.unpack(header)[0]
    if magic & ~1 != _WAL_MAGIC:
        return False
    words = struct.unpack(f"{'>' if magic & 1 else '<'}6I", header[:24])
    first = second = 0
    for left, right in zip(words[::2], words[1::2], strict=True):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return _WAL_HEADER.unpack(header)[6:] == (first, second)


def _tables(file: Path) -> dict[str, set[str]]:
    """The names of the tables, each with those of its columns."""
    columns = (
        "SELECT s.name, c.name FROM sqlite_master s, pragma_table_info(s.name) c "
        "WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'"
    )
    found: dict[str, set[str]] = {}
    try:
        with closing(sqlite3.connect(file, timeout=LOCK_TIMEOUT_S)) as database:
            for table, column in database.execute(columns):
                found.setdefault(table, set()).add(column)
    except sqlite3.Error as error:
        raise StudioStartError(storage_problem(error, sqlite_url(file), file.parent)) from error
    return found
