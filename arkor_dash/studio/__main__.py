"""`python -m arkor_dash.studio`: the embedded Studio as a process of its own."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from arkor_dash.errors import StudioStartError

from .context import CANCEL_GRACE_S, KEEP_RUNS, Commands
from .serve import serve

DATABASE_VARIABLE = "ARKOR_DASH_DATABASE_URL"


def main(arguments: Sequence[str] | None = None, commands: Commands | None = None) -> int:
    """Serve until a signal or the end of standard input. Returns the exit code: 1 if the Studio could not start."""
    options = _parse(arguments)
    if sys.platform == "win32":
        print(
            "The Studio did not start: it needs Linux or macOS. On Windows, the dashboard shows jobs of other "
            "sources (setting ARKOR_DASH_SOURCE).",
            file=sys.stderr,
        )
        return 1
    try:
        with contextlib.suppress(KeyboardInterrupt):
            serve(
                options.project.absolute(),
                state_dir=options.state_dir,
                database_url=options.database_url,
                port=options.port,
                exit_with_stdin=options.exit_with_stdin,
                commands=commands or Commands(),
                cancel_grace_s=options.cancel_grace_s,
                keep_runs=options.keep_runs,
            )
    except StudioStartError as error:
        print(f"The Studio did not start: {error}", file=sys.stderr)
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m arkor_dash.studio", description=__doc__)
    parser.add_argument("--project", type=Path, required=True, metavar="DIR", help="the project to run")
    parser.add_argument("--port", type=_port, default=0, help="a loopback port; default 0, a free one")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="default: PROJECT/.arkor")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        default=os.environ.get(DATABASE_VARIABLE) or None,
        help="where the history is kept; default: a SQLite file in the state directory",
    )
    parser.add_argument(
        "--cancel-grace-s",
        type=_seconds,
        default=CANCEL_GRACE_S,
        metavar="S",
        help=f"how long a cancelled run may take to save before it is ended; default {CANCEL_GRACE_S:g}",
    )
    parser.add_argument(
        "--keep-runs",
        type=_count,
        default=KEEP_RUNS,
        metavar="N",
        help=f"keep the files of the N newest finished runs; 0 keeps all; default {KEEP_RUNS}",
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
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds, 0 or more")
    return seconds


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number, 0 or more")
    return count


if __name__ == "__main__":
    sys.exit(main())
