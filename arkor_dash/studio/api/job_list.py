"""The list of jobs as a response. Its entries are cached, since few of them change between two requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlalchemy import Row
from starlette.responses import Response

from arkor_dash.protocol.jobs import TERMINAL, Job
from arkor_dash.studio.runs.run import Run
from arkor_dash.studio.storage.records import to_job
from arkor_dash.studio.storage.store import Store

from .bodies import listed_payload

CACHED_ENTRIES = 20_000
"""The size of the cache. An entry takes about half a kilobyte."""


def list_answer(store: Store, find_run: Callable[[str], Run | None]) -> Response:
    """A response with all jobs. Blocks while it reads them from the database."""

    def entry(row: Row[Any]) -> str:
        run = None if row.status in TERMINAL else find_run(row.id)
        return _entry(row) if run is None else _json(run.as_known(to_job(row)))

    body = f'{{"jobs":[{",".join(store.jobs(entry))}]}}'
    return Response(body, media_type="application/json")


@lru_cache(maxsize=CACHED_ENTRIES)
def _entry(row: Row[Any]) -> str:
    """The JSON of a row of `JOBS`. Rows are compared by their values, so a changed row is encoded again."""
    return _json(to_job(row))


def _json(job: Job) -> str:
    return json.dumps(listed_payload(job), separators=(",", ":"))
