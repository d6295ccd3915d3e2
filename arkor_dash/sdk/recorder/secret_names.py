"""Which options, settings and variables are named as if they held a secret."""

from __future__ import annotations

import re
from enum import IntEnum

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PART = re.compile("passw|passcode|passphrase|secret|credential|apikey|cookie|bearer|webhook")
_END = re.compile(r"(?:key|keys|auth|pwd|jwt|dsn|\Apin)\Z")
_WHOLE = frozenset(
    {"pass", "pwd", "pw", "pat", "otp", "sas", "sig", "signature", "authorization", "mnemonic"}
)
_TOKEN = re.compile(r"tokens?\Z")
_QUALIFIERS = frozenset({"id", "ids", "value", "values"})
"""Words that may follow the one that says what it is: `access_key_id`."""
_VOCABULARY = frozenset(
    {"pad", "eos", "bos", "unk", "mask", "sep", "cls", "special", "added", "image", "stop"}
)
"""Words before `token` if it is one of a tokenizer."""


class Secrecy(IntEnum):
    """Whether a value is a secret, by its name. `TOKEN`: unless it is a number, such as the most tokens."""

    NONE = 0
    TOKEN = 1
    SECRET = 2


def secrecy(name: str) -> Secrecy:
    """Whether something of that name is a secret: `--api-key`, `HF_TOKEN`, `model.apiKey`, `Authorization`."""
    words = [word.lower() for word in _WORD.findall(name)]
    last = next((word for word in reversed(words) if word not in _QUALIFIERS), "")
    if _END.search(last) or any(_PART.search(word) or word in _WHOLE for word in words):
        return Secrecy.SECRET
    if any(map(_TOKEN.search, words)) and not _VOCABULARY.intersection(words):
        return Secrecy.TOKEN
    return Secrecy.NONE
