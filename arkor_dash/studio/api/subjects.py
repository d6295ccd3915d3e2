"""What a request is about: the Studio, a job, its run."""

from __future__ import annotations

import re

from starlette.requests import Request

from arkor_dash.studio.errors import UnknownJobError
from arkor_dash.studio.runs.run import Run
from arkor_dash.studio.studio import Studio

_JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def studio_of(request: Request) -> Studio:
    studio: Studio = request.app.state.studio
    return studio


def job_id_of(request: Request) -> str:
    """Raises: UnknownJobError: no job can have such an id."""
    job_id: str = request.path_params["job_id"]
    if not _JOB_ID.fullmatch(job_id):
        raise UnknownJobError
    return job_id


def run_of(request: Request) -> Run:
    run = studio_of(request).run(job_id_of(request))
    if run is None:
        raise UnknownJobError
    return run
