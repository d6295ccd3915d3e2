"""The part of an element's key that stands for a value from outside, such as a job's id or an artifact's name."""

from __future__ import annotations

import hashlib


def key_part(value: str) -> str:
    """Sixteen hexadecimal digits that stand for a value in a key. Equal values have equal digits.

    Streamlit makes a CSS class, an element id and, for a component, a compound id from the key. It refuses a
    component's key that has `__` in it or an underscore at an end, and a key with a lone surrogate can't be sent.
    """
    return hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
