"""Hides what looks like a secret in a text, whatever its name."""

from __future__ import annotations

import re
from itertools import pairwise

from arkor_dash.protocol.addresses import CUT, hide_in_addresses

_USER_INFO = re.compile(r"//.*@", re.DOTALL)
_SPACE = re.compile(r"([\s=]+)")
_PRIVATE_KEY = re.compile(r"-----BEGIN.*", re.DOTALL)
_SCHEME = re.compile(r"\b(Bearer|Basic|Token)\s+\S.*", re.DOTALL | re.IGNORECASE)
_KNOWN = re.compile(
    r"hf_[A-Za-z0-9]{16,}|sk-[\w-]{16,}|gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{10,}"
    r"|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{20,}|ya29\.[\w-]{10,}|eyJ[\w-]{10,}[\w.-]*|nvapi-[\w-]{16,}"
)
_LONG = re.compile(r"[A-Za-z0-9]{20,}")
_LINKED = re.compile(r"[A-Za-z0-9_-]{24,}")
_BASE64 = re.compile(r"(?<![\w+/.~-])[A-Za-z0-9+/]{32,}(?![\w+/.-])")
_RUN = re.compile(r"[A-Za-z0-9]{10,}")


def hide_secret_values(text: str) -> str:
    """The text without user info, queries and fragments of addresses, and without what looks like a token or key."""
    text = _USER_INFO.sub(f"//{CUT}@", text)
    text = "".join(map(_without_user_info, _SPACE.split(hide_in_addresses(text))))
    text = _SCHEME.sub(rf"\1 {CUT}", _PRIVATE_KEY.sub(CUT, text))
    text = _BASE64.sub(_unless_words, _LINKED.sub(_unless_words, _KNOWN.sub(CUT, text)))
    return _LONG.sub(_unless_word, text)


def _without_user_info(part: str) -> str:
    """`…@host` for `user:password@host`. An address whose user info is already hidden stays as it is."""
    user_info, at, host = part.rpartition("@")
    return f"{CUT}@{host}" if at and ":" in user_info and not user_info.endswith(f"//{CUT}") else part


def _unless_word(found: re.Match[str]) -> str:
    """Hide a long run of letters and digits. Words have no digits, and numbers no letters."""
    is_mixed = any(map(str.isdigit, found[0])) and any(map(str.isalpha, found[0]))
    return CUT if is_mixed else found[0]


def _unless_words(found: re.Match[str]) -> str:
    """Hide what has a run of letters and digits in no order, which a name of words and numbers has not."""
    return CUT if any(map(_is_random, _RUN.findall(found[0]))) else found[0]


def _is_random(run: str) -> bool:
    kinds = [(character.isdigit(), character.isupper()) for character in run]
    changes = sum(before != after for before, after in pairwise(kinds))
    return len(set(kinds)) == 3 and changes >= 0.45 * (len(run) - 1)
