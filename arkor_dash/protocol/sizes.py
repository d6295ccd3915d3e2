"""Sizes in bytes, as text."""

from __future__ import annotations


def size_text(size: int) -> str:
    """`512 B`, `1.2 kB`, `3.4 GB`: powers of a thousand, as in file managers."""
    if size < 1000:
        return f"{size} B"
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.1f} {unit}"
