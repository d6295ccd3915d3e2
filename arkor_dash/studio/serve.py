"""One Studio from its start to its end: it opens what it needs, serves, and closes everything again."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from socket import socket

from sqlalchemy import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.discovery import StudioRecord, published
from arkor_dash.protocol.file_limit import raise_file_limit
from arkor_dash.protocol.files import write_private
from arkor_dash.studio.api.server import LOOPBACK, StudioServer, bind, stop_with_stdin
from arkor_dash.studio.runs.launcher import end_unfinished
from arkor_dash.studio.runs.leftovers import end_marked
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.problems import UNKNOWN, storage_problem
from arkor_dash.studio.storage.store import Store
from arkor_dash.studio.storage.verify import verify

from .context import CANCEL_GRACE_S, KEEP_RUNS, Commands, StudioContext
from .state_dir import StateDir, default_state_dir
from .studio import Studio

TOKEN_VARIABLE = "ARKOR_STUDIO_TOKEN"  # noqa: S105 - the name of a variable


def serve(
    project: Path,
    *,
    state_dir: Path | None,
    database_url: str | None,
    port: int,
    exit_with_stdin: bool,
    commands: Commands,
    cancel_grace_s: float = CANCEL_GRACE_S,
    keep_runs: int = KEEP_RUNS,
) -> None:
    """Serve the project's Studio until a signal, or with `exit_with_stdin` until the end of standard input.

    Prints one line of JSON with the Studio's URL when the Studio is ready.
    Raises: StudioStartError: the Studio can't start; the message says why.
    """
    if not project.is_dir():
        raise StudioStartError(f"{project} should be the project's folder, but there is no such folder.")
    state = StateDir(state_dir.absolute()) if state_dir else default_state_dir(project)
    raise_file_limit()
    with contextlib.ExitStack() as held:
        with _storage_errors(state, sqlite_url(state.database)):
            state.create()
            state.lock()
            end_marked(state.mark())
            store = held.enter_context(_open_store(state, database_url))
        with _storage_errors(state, store.url):
            listener = held.enter_context(_bind(port))
            end_unfinished(store, state)
            token = held.enter_context(_token(state))
        context = StudioContext(
            project,
            state,
            store,
            url=f"http://{LOOPBACK}:{listener.getsockname()[1]}",
            token=token,
            commands=commands,
            cancel_grace_s=cancel_grace_s,
            keep_runs=keep_runs,
        )
        with _storage_errors(state, store.url):
            studio = Studio(context)
        held.enter_context(_findable(context))
        server = StudioServer(studio, lambda: print(json.dumps({"url": context.url}), flush=True))
        if exit_with_stdin:
            stop_with_stdin(server)
        server.run(sockets=[listener])


@contextlib.contextmanager
def _storage_errors(state: StateDir, url: URL) -> Iterator[None]:
    """Turn the errors of a full or failing disk or database into a StudioStartError."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        problem = storage_problem(error, url, state.root)
        if problem == UNKNOWN:
            problem = f"The files or the database in {state.root} can't be read or written ({_cause(error)})."
        raise StudioStartError(f"{problem} Or choose another folder with --state-dir.") from error


def _cause(error: OSError | SQLAlchemyError) -> str:
    """The error's text if it is safe to show. The text of a database server may quote the URL and its password."""
    original = getattr(error, "orig", None) or error
    match original:
        case OSError():
            return original.strerror or type(original).__name__
        case sqlite3.Error():
            return str(original)
        case _:
            return type(original).__name__


def _open_store(state: StateDir, url: str | None) -> Store:
    if url:
        return _open_given(url, state)
    verify(state.database, state.runs)
    # SQLite gives its other files the mode of this one.
    state.database.touch(mode=0o600)
    return Store(sqlite_url(state.database))


def _open_given(url: str, state: StateDir) -> Store:
    """The store of --database-url. The text of an error is not shown, since it may quote the URL and its password."""
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            verify(Path(parsed.database), None)
        return Store(parsed, owner=state.owner())
    except (SQLAlchemyError, ImportError) as error:
        cause = type(getattr(error, "orig", None) or error).__name__
        raise StudioStartError(f"the database of --database-url can't be opened ({cause}).") from error


def _bind(port: int) -> socket:
    try:
        return bind(port)
    except OSError as error:
        # The error's own text repeats the address.
        reason = os.strerror(error.errno or 0)
        raise StudioStartError(f"Port {port} of {LOOPBACK} can't be used ({reason}).") from error


@contextlib.contextmanager
def _token(state: StateDir) -> Iterator[str]:
    """The token from the environment, else a new one, which is written to a file while the Studio runs."""
    given = os.environ.get(TOKEN_VARIABLE)
    if given:
        yield given
        return
    token = secrets.token_urlsafe(32)
    write_private(state.token, token)
    print(f"The Studio's token is in {state.token}", file=sys.stderr, flush=True)
    try:
        yield token
    finally:
        state.token.unlink(missing_ok=True)


@contextlib.contextmanager
def _findable(context: StudioContext) -> Iterator[None]:
    """Let scripts of this user find the Studio. If its record can't be written, the Studio serves anyway."""
    record = StudioRecord(
        context.url, context.opener, context.project.resolve(), context.state.root, time.time()
    )
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(published(record))
        except OSError as error:
            print(f"Scripts won't find this Studio by themselves: {error}", file=sys.stderr, flush=True)
        yield
