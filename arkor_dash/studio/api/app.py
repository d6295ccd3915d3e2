"""The Studio's API as an ASGI application."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from arkor_dash.errors import RunInProgressError
from arkor_dash.studio.errors import (
    JobEndedError,
    JobRunningError,
    OutputGapError,
    RequestError,
    SequenceGapError,
    StudioError,
    UnknownJobError,
)
from arkor_dash.studio.storage.problems import UNKNOWN
from arkor_dash.studio.studio import Studio

from . import archive_routes, report_routes, routes
from .bodies import answer
from .guards import Guard

LOG_AGAIN_S = 60.0
log = logging.getLogger(__name__)
# Each class is listed, since Starlette raises and logs an error again if only the handler for Exception matches it.
_HANDLED: tuple[type[Exception], ...] = (
    HTTPException,
    StudioError,
    RunInProgressError,
    ClientDisconnect,
    SQLAlchemyError,
    OSError,
    Exception,
)


def create_app(studio: Studio) -> Starlette:
    """The API of `studio`. Every request that fails is answered with JSON, `{"error": …}`."""
    app = Starlette(
        routes=[
            _route("GET", "/api/credentials", routes.credentials),
            _route("GET", "/api/manifest", routes.manifest),
            _route("GET", "/api/train", routes.latest_run),
            _route("POST", "/api/train", routes.start_run),
            _route("GET", "/api/jobs", routes.jobs),
            _route("POST", "/api/jobs", report_routes.open_job),
            _route("GET", "/api/metrics", routes.metric_names),
            _route("GET", "/api/metrics/summaries", routes.metric_summaries),
            _route("GET", "/api/jobs/{job_id}", routes.job),
            _route("PUT", "/api/jobs/{job_id}", report_routes.describe_job),
            _route("PATCH", "/api/jobs/{job_id}", routes.label_job),
            _route("DELETE", "/api/jobs/{job_id}", routes.delete_job),
            _route("POST", "/api/jobs/{job_id}/cancel", routes.cancel_job),
            _route("GET", "/api/jobs/{job_id}/artifacts/{name:path}", routes.artifact),
            _route("GET", "/api/jobs/{job_id}/events", routes.events),
            _route("GET", "/api/jobs/{job_id}/events.jsonl", routes.events_as_lines),
            _route("GET", "/api/jobs/{job_id}/stretches", archive_routes.stretches),
            _route("POST", "/api/jobs/{job_id}/events", report_routes.receive_events),
            _route("POST", "/api/jobs/{job_id}/heartbeat", report_routes.heartbeat),
            _route("GET", "/api/jobs/{job_id}/output", routes.output),
            _route("POST", "/api/jobs/{job_id}/output", report_routes.receive_output),
        ],
        middleware=[
            Middleware(Guard, token=studio.context.token, opener=studio.context.opener, find_run=studio.run)
        ],
        exception_handlers=dict.fromkeys(_HANDLED, _error_answer),
    )
    app.router.redirect_slashes = False
    app.state.studio = studio
    app.state.problems = _ProblemLog()
    return app


class _ProblemLog:
    """Logs each problem at most once in `LOG_AGAIN_S`: every poll of every viewer meets it."""

    def __init__(self) -> None:
        self._logged_at: dict[str, float] = {}

    def log(self, problem: str, error: Exception) -> None:
        now = time.monotonic()
        if now - self._logged_at.get(problem, -math.inf) >= LOG_AGAIN_S:
            self._logged_at[problem] = now
            # The error's own text names tables and values. It is for the log only.
            log.error("%s", problem, exc_info=error if problem == UNKNOWN else None)


def _route(method: str, path: str, endpoint: Callable[[Request], Awaitable[Response]]) -> Route:
    route = Route(path, endpoint, methods=[method])
    # Starlette adds HEAD to each GET. A HEAD of a stream would run it for ever, with nobody to read it.
    route.methods = {method}
    return route


def _error_answer(request: Request, error: Exception) -> Response:
    match error:
        case HTTPException():
            return answer({"error": error.detail}, error.status_code, error.headers)
        case RequestError():
            return answer({"error": str(error)}, error.status)
        case UnknownJobError():
            return answer({"error": str(error)}, 404)
        case JobRunningError():
            return answer({"error": str(error)}, 409)
        case JobEndedError():
            return answer({"error": str(error)}, 410)
        case SequenceGapError():
            return answer({"error": str(error), "acknowledged": error.acknowledged}, 409)
        case OutputGapError():
            return answer({"error": str(error), "stored": error.stored}, 409)
        case RunInProgressError():
            return answer({"error": str(error), "jobId": error.job_id}, 409)
        case ClientDisconnect():
            # Nobody reads this answer. Without it, the error would be logged as a failure of the Studio.
            return Response(status_code=400)
        case SQLAlchemyError() | OSError():
            problem = request.app.state.studio.context.problem(error)
            request.app.state.problems.log(problem, error)
            return answer({"error": problem}, 503)
        case _:
            return answer({"error": "The Studio had an internal error. Its log has the details."}, 500)
