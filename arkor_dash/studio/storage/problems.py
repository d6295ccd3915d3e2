"""What is wrong with the database or its disk, in words, and what to do."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from sqlalchemy import URL

from .schema import place

NEW_HISTORY = (
    "With the Studio stopped, restore it from a backup, or move it away to begin a new history. "
    "The Studio leaves it as it is."
)
UNKNOWN = "The Studio can't reach its data right now. Try again."
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_READS = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ})
_LEAST_ROOM = 64 * 1024
"""With less than this, in bytes, a disk counts as full: SQLite then reports a full disk as a failed read or write."""


def full_disk(folder: Path) -> str:
    return f"The disk of {folder} is full. Make room."


def not_sqlite(file: str) -> str:
    return f"{file} is not a database of SQLite. {NEW_HISTORY}"


def storage_problem(error: BaseException, url: URL, folder: Path) -> str:
    """What an error of the database or the file system means, for viewers. It quotes nothing but paths.

    Args: url: of the database. folder: the state folder.
    """
    cause = getattr(error, "orig", None) or error
    if _is_full(cause, folder):
        return full_disk(folder)
    file = place(url)
    if isinstance(cause, FileNotFoundError) and str(cause.filename) == file:
        return _lost(file)
    if not isinstance(cause, sqlite3.Error):
        return UNKNOWN
    match getattr(cause, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_CORRUPT:
            return f"{file} is damaged. {NEW_HISTORY}"
        case sqlite3.SQLITE_NOTADB:
            return not_sqlite(file)
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM | sqlite3.SQLITE_READONLY:
            return f"{file} can't be opened or written. Let the user of the Studio read and write it and its folder."
        case sqlite3.SQLITE_IOERR if getattr(cause, "sqlite_errorcode", 0) in _READS:
            return f"{file} is cut off or can't be read. {NEW_HISTORY}"
        case sqlite3.SQLITE_IOERR:
            return f"{file} can't be written. Check the disk, and how large a file this user may write."
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"Another program has locked {file}. Close that program."
        case sqlite3.SQLITE_ERROR if "no such table" in str(cause):
            return _lost(file)
        case _:
            return UNKNOWN


def _lost(file: str) -> str:
    return f"{file} was removed, emptied or replaced while the Studio was running. {NEW_HISTORY}"


def _is_full(cause: BaseException, folder: Path) -> bool:
    match cause:
        case sqlite3.Error():
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
            return code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _has_no_room(folder))
        case OSError():
            return cause.errno in _FULL
    return False


def _has_no_room(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _LEAST_ROOM
    except OSError:
        return False
