"""What people add to a job: a name of their own, tags, notes, and that it is archived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

NAME_LIMIT = 300
"""Characters of the longest name that a person can give."""
TAGS_LIMIT = 20
TAG_LIMIT = 50
"""Characters of the longest tag."""
NOTES_LIMIT = 4_000
"""Characters of the longest notes. The list of jobs holds the notes of each job."""


@dataclass(frozen=True, slots=True)
class LabelChange:
    """A change of what people have added to a job. None leaves a value as it is.

    `name`: "" gives the job the name back that its trainer has given it.
    """

    name: str | None = None
    tags: tuple[str, ...] | None = None
    notes: str | None = None
    archived: bool | None = None

    def as_json(self) -> dict[str, object]:
        return {field: value for field, value in asdict(self).items() if value is not None}


def clean_tags(entries: Iterable[object]) -> tuple[str, ...]:
    """The tags among the entries: with single spaces, each once, whatever its case. Other entries are left out."""
    found: dict[str, str] = {}
    for entry in entries:
        if isinstance(entry, str) and (tag := " ".join(entry.split())):
            found.setdefault(tag.casefold(), tag)
    return tuple(found.values())
