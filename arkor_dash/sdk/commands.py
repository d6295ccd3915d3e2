"""The commands for a Python project: `python -m arkor_dash build | start | manifest [entry]`."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from pathlib import Path

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.files import write_private
from arkor_dash.sdk.project.exports import exported, load, trainer_of
from arkor_dash.sdk.project.snapshot import Snapshot, build_dir, built, current, find_entry

from .console import say, use_line_buffering, warn
from .execution import INTERRUPTED, execute
from .tracebacks import SourceMap


def main(arguments: list[str] | None = None) -> int:
    """Run a command in the project of the working directory. Returns the exit code."""
    use_line_buffering()
    options = _parser().parse_args(arguments)
    try:
        match options.command:
            case "build":
                return build(options.entry)
            case "start":
                return start(options.entry)
            case _:
                return manifest(options.entry, options.out)
    except ProjectError as error:
        warn(f"Error: {error}")
        return 1


def build(entry: str | None) -> int:
    """Take a snapshot of the project, which `start` runs later."""
    source, target = find_entry(entry), build_dir()
    with built(source, target):
        say(f"Built {source} → {target}")
    return 0


def start(entry: str | None) -> int:
    """Train with the current snapshot. Takes a new one first if there is none, or if an entry is given."""
    target = build_dir()
    if entry is None:
        with current(target) as snapshot:
            if snapshot is not None:
                return _start(snapshot)
    with built(find_entry(entry), target) as snapshot:
        return _start(snapshot)


def manifest(entry: str | None, out: Path | None) -> int:
    """Take a snapshot, import it, and write `{"trainer": {"name": …, "config"?: …} | null}` to `out` or stdout.

    On an error, `{"error": …}` is written, and the exit code is 1. The process then ends at once, even if the import
    of the project has started threads.
    """
    try:
        with built(find_entry(entry), build_dir()) as snapshot:
            answer = _manifest(snapshot)
    except ProjectError as error:
        answer = {"error": str(error)}
    if "error" in answer:
        warn(f"Error: {answer['error']}")
    text = json.dumps(answer)
    if out is None:
        say(text)
    else:
        write_private(out, text)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(1 if "error" in answer else 0)


def _start(snapshot: Snapshot) -> int:
    sources = SourceMap(snapshot.folder, snapshot.source)
    try:
        trainer = trainer_of(load(snapshot))
    except ProjectError:
        raise
    except KeyboardInterrupt:
        warn("Interrupted.")
        return INTERRUPTED
    except BaseException as error:  # noqa: BLE001  # also SystemExit: a project that exits on import has failed
        warn(sources.render(error))
        return 1
    return execute(trainer, sources)


def _manifest(snapshot: Snapshot) -> dict[str, object]:
    try:
        arkor = exported(load(snapshot))
    except ProjectError:
        raise
    except BaseException as error:  # noqa: BLE001  # also SystemExit
        return {"error": SourceMap(snapshot.folder, snapshot.source).locate(error)}
    trainer = arkor.trainer if arkor is not None else None
    if trainer is None:
        return {"trainer": None}
    config = {"config": dict(trainer.config)} if trainer.config else {}
    return {"trainer": {"name": trainer.name, **config}}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m arkor_dash", description="Build and run the training of the project in this folder."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name, summary in (
        ("build", "take a snapshot of src/arkor/ into .arkor/build/"),
        ("start", "train; runs the snapshot if there is one, else takes one first"),
        ("manifest", "take a snapshot and print the name of its trainer as JSON"),
    ):
        command = commands.add_parser(name, help=summary, description=summary)
        command.add_argument("entry", nargs="?", help="the file to build (default: src/arkor/index.py)")
        if name == "manifest":
            command.add_argument("--out", type=Path, help="the file to write the JSON to (default: stdout)")
    return parser
