"""The project's manifest, requested once in each visit and after each build that the source tells of.

It requires a build, which runs in the background.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait

from arkor_dash.errors import ArkorDashError, SourceUnavailableError
from arkor_dash.live.notifier import changes
from arkor_dash.sources import Manifest, Runner

from . import session

_workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="manifest")
_answer: session.VisitValue[Future[Manifest] | None] = session.VisitValue("manifest", None)
_requested_build: session.VisitValue[int | None] = session.VisitValue("requested_build", None)
_newer_answer: session.VisitValue[Future[Manifest] | None] = session.VisitValue("newer_manifest", None)


def manifest(runner: Runner) -> Future[Manifest]:
    """The manifest that was requested in this visit. The first call requests it."""
    newer = _newer_answer.get()
    if newer is not None and newer.done():
        _answer.set(newer)
        _newer_answer.set(None)
    answer = _answer.get() or _request(runner)
    _answer.set(answer)
    return answer


def renew_manifest(runner: Runner, build: int) -> Future[Manifest] | None:
    """Request the manifest again if `build`, the number of the latest build, is a new one. Call `manifest` before.

    The last answer is kept until the new one has arrived. Returns: the request that has no answer yet.
    """
    requested = _requested_build.get()
    newer = _newer_answer.get()
    if requested is None:
        _requested_build.set(build)
    elif requested != build and newer is None:
        _requested_build.set(build)
        newer = _request(runner)
        _newer_answer.set(newer)
    return newer


def retry_manifest(runner: Runner, timeout_s: float) -> None:
    """Request the manifest again if the Studio was unavailable, and wait up to `timeout_s` for the answer.

    The last answer is kept until the new one has arrived. An error of the build is kept until the page is reloaded.
    """
    answer = manifest(runner)
    if is_unavailable(answer):
        newer = _newer_answer.get() or _request(runner)
        _newer_answer.set(newer)
        wait([newer], timeout_s)


def is_unavailable(answer: Future[Manifest]) -> bool:
    """Whether the Studio was unavailable. Then it is worth to ask again."""
    return answer.done() and isinstance(answer.exception(), SourceUnavailableError)


def _request(runner: Runner) -> Future[Manifest]:
    answer = _workers.submit(runner.manifest)
    answer.add_done_callback(lambda _: changes.notify())
    return answer


def found_or_problem(
    answer: Future[Manifest], runner: Runner, build_error: str | None = None
) -> tuple[Manifest | None, str | None]:
    """The manifest with a trainer, or else the problem with the project. Both are None while there is no answer.

    Args: build_error: the error of the latest build, if the source told of it. It says more than the answer then.
    """
    if not answer.done():
        return None, None
    try:
        found = answer.result()
    except ArkorDashError as error:
        return None, f"Couldn't read manifest: {build_error or error}"
    if found.trainer is None:
        names = runner.names
        missing = f"No trainer in {names.entry} yet. Add {names.create_trainer} and pass it to {names.create_arkor}."
        return None, missing
    return found, None
