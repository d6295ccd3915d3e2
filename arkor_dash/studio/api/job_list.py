"""The answer with the list of jobs: of ten thousand, hardly one has changed since it was last asked for."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Row
from starlette.responses import Response

from arkor_dash.studio.storage.records import to_job
from arkor_dash.studio.storage.store import Store

from .bodies import listed_payload

KEPT = 20_000
"""Entries that are kept, of half a kilobyte or so."""


def list_answer(store: Store) -> Response:
    """Blocks, for as long as it takes to read the jobs."""
    body = f'{{"jobs":[{",".join(store.jobs(_entry))}]}}'
    return Response(body, media_type="application/json")


@lru_cache(maxsize=KEPT)
def _entry(row: Row[Any]) -> str:
    """The entry of a row of `JOBS`. A row equals another by its values, so a changed one is read anew."""
    return json.dumps(listed_payload(to_job(row)), separators=(",", ":"))
