"""File names that are made from a name from outside: a job's id, or an artifact's name."""

from __future__ import annotations

import re
import unicodedata

STEM_BYTES = 160
ENDING_BYTES = 40
"""The most bytes of the two parts of a name. File systems accept 255."""

_UNSAFE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?:CON|PRN|AUX|NUL|COM\d|LPT\d)", re.IGNORECASE)
"""Names of devices on Windows, whatever their ending."""


def file_name(name: str, ending: str = "", *, otherwise: str = "job") -> str:
    """A file name that is valid on every system, is in no folder, and begins with a letter or a digit.

    Letters and digits of every script are kept. Marks that only change how text is displayed are not.

    Args:
        ending: added to the name.
        otherwise: the name where nothing of `name` can be kept.
    """
    # NFKC replaces letters and signs that only look different, such as a wide slash, by the plain ones.
    safe = _UNSAFE.sub("_", unicodedata.normalize("NFKC", name)).strip("._-")
    own_ending = _own_ending(safe)
    stem = _cut(safe.removesuffix(own_ending), STEM_BYTES).rstrip("._-")
    if _RESERVED.fullmatch(stem.partition(".")[0]):
        stem = f"{otherwise}_{stem}"
    return f"{stem or otherwise}{own_ending}{ending}"


def _own_ending(name: str) -> str:
    """`.safetensors`, or "" if the name has no short ending."""
    stem, dot, ending = name.rpartition(".")
    return f".{ending}" if stem and dot and 0 < len(ending.encode()) <= ENDING_BYTES else ""


def _cut(text: str, size: int) -> str:
    return text.encode("utf-8", "replace")[:size].decode("utf-8", "ignore")
