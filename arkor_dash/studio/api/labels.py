"""Parses the body by which the dashboard changes what people have added to a job."""

from __future__ import annotations

from collections.abc import Mapping

from arkor_dash.protocol.labels import (
    NAME_LIMIT,
    NOTES_LIMIT,
    TAG_LIMIT,
    TAGS_LIMIT,
    LabelChange,
    clean_tags,
)
from arkor_dash.studio.errors import RequestError
from arkor_dash.studio.storage.formats import clean

from .batches import read_object


def parse_change(body: bytes) -> LabelChange:
    """The change in the body. A field that is missing or null is left as it is.

    Raises: RequestError: 400 for a body of another form, and for texts that are too long or too many.
    """
    fields = read_object(body)
    archived = fields.get("archived")
    if not (archived is None or isinstance(archived, bool)):
        raise RequestError(400, "archived should be true or false")
    name = _text(fields, "name", NAME_LIMIT)
    return LabelChange(
        name=None if name is None else " ".join(name.split()),
        tags=_tags(fields.get("tags")),
        notes=_text(fields, "notes", NOTES_LIMIT),
        archived=archived,
    )


def _text(fields: Mapping[str, object], field: str, limit: int) -> str | None:
    value = fields.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RequestError(400, f"{field} should be a text")
    text = clean(value).strip()
    if len(text) > limit:
        raise RequestError(400, f"{field} should have at most {limit:,} characters")
    return text


def _tags(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise RequestError(400, "tags should be a list of texts")
    tags = clean_tags(map(clean, value))
    if len(tags) > TAGS_LIMIT or any(len(tag) > TAG_LIMIT for tag in tags):
        raise RequestError(
            400, f"tags should be at most {TAGS_LIMIT}, each with at most {TAG_LIMIT} characters"
        )
    return tags
