"""One run of a trainer, from `training.started` to its terminal event."""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from arkor_dash.protocol.run_folder import ARTIFACTS, CANCEL, SPOOL
from arkor_dash.sdk.project.overrides import with_overrides
from arkor_dash.sdk.recorder.code_version import CodeFolder
from arkor_dash.sdk.recorder.recorder import Recorder
from arkor_dash.sdk.reporting.environment import RunEndpoint, flush_s, run_folder, take_endpoint

from .artifacts import ArtifactFolder
from .callbacks import CallbackCaller, Completed, Failed, Started
from .console import say, warn
from .run import EventSink, Run
from .tracebacks import SourceMap, describe
from .trainer import Trainer
from .values import json_value

ERROR_LIMIT = 20_000
"""Characters of an error in its event."""

INTERRUPTED = 130
"""The exit code of a shell for a process that SIGINT has ended."""


def execute(trainer: Trainer, sources: SourceMap) -> int:
    """Train and report. Returns the exit code of the process: 0 if `train` returned."""
    endpoint = take_endpoint()
    folder = run_folder()
    trainer = with_overrides(trainer, folder)
    job_id = endpoint.job_id if endpoint else f"job_local_{secrets.token_hex(4)}"
    call = CallbackCaller(trainer.callbacks, sources.render)
    artifacts = ArtifactFolder(folder / ARTIFACTS if folder else None)
    with _sink(trainer, endpoint, folder, sources) as sink:
        cancel_file = folder / CANCEL if folder else None
        run = Run(job_id, trainer.config, sink, artifacts, call, cancel_file=cancel_file)
        return _train(trainer, run, call, sources)


@contextlib.contextmanager
def _sink(
    trainer: Trainer, endpoint: RunEndpoint | None, folder: Path | None, sources: SourceMap
) -> Iterator[EventSink | None]:
    """Receives the run's events, or None. On exit, waits until they are delivered."""
    if endpoint is None:
        yield None
        return
    from arkor_dash.sdk.reporting.delivery import Delivery  # noqa: PLC0415  # requests is slow to import, and not needed without a Studio
    from arkor_dash.sdk.reporting.outbox import Outbox  # noqa: PLC0415
    from arkor_dash.sdk.reporting.studio_client import StudioClient  # noqa: PLC0415

    client = StudioClient(endpoint.url, endpoint.job_id, endpoint.token)
    delivery = Delivery(client, Outbox(folder / SPOOL if folder else None))
    delivery.start(trainer.name, dict(trainer.config))
    owner = os.getpid()
    try:
        yield Recorder(delivery, endpoint.job_id, lambda: CodeFolder(sources.source, sources.snapshot))
    finally:
        if os.getpid() == owner:
            delivery.close(flush_s())


def _train(trainer: Trainer, run: Run, call: CallbackCaller, sources: SourceMap) -> int:
    owner = os.getpid()
    say(f"Started job {run.job_id}")
    run.report("training.started", {"metadata": {"name": trainer.name, "python": platform.python_version()}})
    try:
        call("on_started", Started(run.job_id, trainer.name))
        trainer.train(run)
    except BaseException as error:
        if os.getpid() != owner:
            raise  # in a forked child, which is not the run
        return _fail(run, error, call, sources)
    if os.getpid() != owner:
        _leave()
    if run.cancelled:
        _cancel(run, call)
        return 0
    run.report("training.completed", _artifacts(run))
    call("on_completed", Completed(run.job_id, run.artifacts))
    call.summarize()
    say(f"Job {run.job_id} finished with status=completed")
    return 0


def _cancel(run: Run, call: CallbackCaller, failure: Mapping[str, object] | None = None) -> None:
    """End a run that was asked to end. It has neither completed nor failed, so no callback is called."""
    run.report("training.cancelled", {**(failure or {}), **_artifacts(run)})
    call.summarize()
    say(f"Job {run.job_id} finished with status=cancelled")


def _artifacts(run: Run) -> Mapping[str, object]:
    return {"artifacts": [artifact.payload() for artifact in run.artifacts]}


def _leave() -> NoReturn:
    """End a forked child that has returned from `train`. The run belongs to the parent process."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(0)


def _fail(run: Run, error: BaseException, call: CallbackCaller, sources: SourceMap) -> int:
    warn(sources.render(error))
    text, code = _ending(error)
    shown = text if len(text) <= ERROR_LIMIT else f"{text[:ERROR_LIMIT]}… ({len(text):,} characters)"
    step = {} if run.last_step is None else {"step": run.last_step}
    data = {"error": json_value(shown, "error"), **step}
    if run.cancelled:
        # An exit or an interrupt is how a cancelled run may end, so it is not an error.
        _cancel(run, call, None if isinstance(error, (SystemExit, KeyboardInterrupt)) else data)
        return code
    run.report("training.failed", data)
    call("on_failed", Failed(run.job_id, text, run.last_step, error))
    call.summarize()
    say(f"Job {run.job_id} finished with status=failed")
    return code


def _ending(error: BaseException) -> tuple[str, int]:
    """The error text of the job, and the exit code."""
    match error:
        case KeyboardInterrupt():
            return "KeyboardInterrupt: interrupted before the training was done", INTERRUPTED
        case SystemExit(code=code):
            text = f"SystemExit: sys.exit({code!r}) was called before the training was done"
            return text, code if isinstance(code, int) and code else 1
    return describe(error), 1
