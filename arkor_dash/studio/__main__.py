"""`python -m arkor_dash.studio`: the embedded Studio as a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from socket import socket

from sqlalchemy.exc import SQLAlchemyError

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.discovery import StudioRecord, published
from arkor_dash.protocol.files import write_private
from arkor_dash.studio.api.server import LOOPBACK, StudioServer, bind, stop_with_stdin
from arkor_dash.studio.runs.launcher import fail_unfinished
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store

from .context import CANCEL_GRACE_S, Commands, StudioContext
from .state_dir import StateDir, default_state_dir
from .studio import Studio

FROM_PARENT = "ARKOR_STUDIO_TOKEN"
DATABASE_VARIABLE = "ARKOR_DASH_DATABASE_URL"
MOST_FILES = 65_536
"""Open files and connections that are asked for. Some programs go through all that they may have."""


def main(arguments: Sequence[str] | None = None, commands: Commands | None = None) -> int:
    """Serve until a signal or the end of standard input. The exit code is 1 if the Studio could not start."""
    options = _parse(arguments)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _serve(options, commands or Commands())
    except StudioStartError as error:
        print(f"The Studio did not start: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m arkor_dash.studio", description=__doc__)
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project to run")
    parser.add_argument("--port", type=_port, default=0, help="on loopback; 0, the default, takes a free one")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="default: PROJECT/.arkor")
    parser.add_argument("--database-url", metavar="URL", default=os.environ.get(DATABASE_VARIABLE) or None)
    parser.add_argument(
        "--cancel-grace-s",
        type=_seconds,
        default=CANCEL_GRACE_S,
        metavar="S",
        help=f"how long a cancelled run may take to save before it is ended; default {CANCEL_GRACE_S:g}",
    )
    parser.add_argument("--exit-with-stdin", action="store_true", help="stop when standard input ends")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from 0 on")
    return seconds


def _serve(options: argparse.Namespace, commands: Commands) -> None:
    project = options.project.absolute()
    if not project.is_dir():
        raise StudioStartError(f"{project} should be the project's folder, but there is none.")
    state = StateDir(options.state_dir.absolute()) if options.state_dir else default_state_dir(project)
    _raise_file_limit()
    with contextlib.ExitStack() as held:
        with _told(state):
            state.create()
            state.lock()
            store = held.enter_context(_open_store(state, options.database_url))
            listener = held.enter_context(_bind(options.port))
            fail_unfinished(store)
            token = held.enter_context(_token(state))
        url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
        context = StudioContext(
            project, state, store, url, token, commands, cancel_grace_s=options.cancel_grace_s
        )
        with _told(state):
            studio = Studio(context)
        held.enter_context(_findable(context))
        server = StudioServer(studio, lambda: print(json.dumps({"url": url}), flush=True))
        if options.exit_with_stdin:
            stop_with_stdin(server)
        server.run(sockets=[listener])


def _raise_file_limit() -> None:
    """Half-open connections by the thousand must not make the Studio deaf."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@contextlib.contextmanager
def _told(state: StateDir) -> Iterator[None]:
    """Raises: StudioStartError: in place of what a full or failing disk or database raises."""
    try:
        yield
    except (OSError, SQLAlchemyError) as error:
        raise StudioStartError(
            f"What {state.root} or its database holds can't be read or written ({_cause(error)}). "
            "Make room, or choose another folder with --state-dir."
        ) from error


def _cause(error: OSError | SQLAlchemyError) -> str:
    """In words where they are safe: those of a database on a server may quote its URL, and with it a password."""
    original = getattr(error, "orig", None) or error
    match original:
        case OSError():
            return original.strerror or type(original).__name__
        case sqlite3.Error():
            return str(original)
        case _:
            return type(original).__name__


def _open_store(state: StateDir, url: str | None) -> Store:
    try:
        if url:
            return Store(url, owner=state.owner())
        # SQLite gives its other files the mode of the first.
        state.database.touch(mode=0o600)
        return Store(sqlite_url(state.database))
    except (SQLAlchemyError, ImportError) as error:
        # An error's text may quote the URL, and with it a password.
        cause = type(getattr(error, "orig", None) or error).__name__
        place = "the database of --database-url" if url else str(state.database)
        raise StudioStartError(f"{place} can't be opened ({cause}).") from error


def _bind(port: int) -> socket:
    try:
        return bind(port)
    except OSError as error:
        # The error's own text repeats the address.
        reason = os.strerror(error.errno or 0)
        raise StudioStartError(f"Port {port} of {LOOPBACK} can't be used ({reason}).") from error


@contextlib.contextmanager
def _token(state: StateDir) -> Iterator[str]:
    """The parent's token; without a parent a new one, kept in a file while the Studio runs."""
    given = os.environ.get(FROM_PARENT)
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
    """Scripts of this user find the Studio by themselves; where no word of it can be left, not."""
    record = StudioRecord(
        context.url, context.opener, context.project.resolve(), context.state.root, time.time()
    )
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(published(record))
        except OSError as error:
            print(f"Scripts won't find this Studio by themselves: {error}", file=sys.stderr, flush=True)
        yield


if __name__ == "__main__":
    sys.exit(main())
