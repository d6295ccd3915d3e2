"""Reads the project's manifest in a child process, since a project may hang, print, crash or exit."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread

from arkor_dash.errors import ProjectError
from arkor_dash.protocol.fields import map_texts
from arkor_dash.protocol.files import open_regular
from arkor_dash.protocol.terminal import plain_text
from arkor_dash.studio.context import StudioContext
from arkor_dash.studio.storage.formats import clean, clean_name, is_too_deep

from .children import GuardedChild, child_environment
from .exit_reason import cause_of_end, shorten, useful_part, with_last_lines
from .leftovers import run_mark

OUTPUT_LIMIT = 64 * 1024
MANIFEST_LIMIT = 1024 * 1024
ERROR_LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class Manifest:
    """`trainer` is the name of the project's trainer; None if the project has none. `config` is the trainer's."""

    trainer: str | None
    config: Mapping[str, object] = field(default_factory=dict)


class ManifestReader:
    """Rebuilds the project for each request. Call all methods on the event loop."""

    def __init__(self, context: StudioContext) -> None:
        self._context = context
        self._last_name: str | None = None
        self._building = asyncio.Lock()
        self._next: asyncio.Task[Manifest] | None = None
        self._child: GuardedChild | None = None
        self._stopping = False

    @property
    def run_name(self) -> str:
        """The name of a run until its trainer gives it one: the last trainer's, else that of the project's folder."""
        return self._last_name or self._context.project.name or "project"

    async def read(self) -> Manifest:
        """The manifest of the project as it is now.

        Raises: ProjectError: it can't be built or imported, or takes longer than the time limit.
        """
        # All requests that arrive before a build starts share the build.
        if self._next is None:
            self._next = asyncio.create_task(self._build_in_turn())
        return await asyncio.shield(self._next)

    def stop(self) -> None:
        """End the child process, if there is one, and start no other."""
        self._stopping = True
        if self._child is not None:
            self._child.end()

    async def _build_in_turn(self) -> Manifest:
        async with self._building:
            self._next = None
            if self._stopping:
                raise ProjectError("The Studio is being stopped.")
            manifest = await self._build()
        self._last_name = manifest.trainer or self._last_name
        return manifest

    async def _build(self) -> Manifest:
        try:
            with tempfile.TemporaryDirectory(prefix="arkor-manifest-") as folder:
                result, output = Path(folder, "manifest.json"), Path(folder, "output.log")
                output.touch()
                exit_code = await self._run([*self._context.commands.manifest, "--out", str(result)], output)
                return await to_thread.run_sync(self._outcome, exit_code, result, output)
        except OSError as error:
            raise ProjectError(
                f"Can't make files in {tempfile.gettempdir()} to read the project with: {error.strerror}."
            ) from error

    def _outcome(self, exit_code: int | None, result: Path, output: Path) -> Manifest:
        """The manifest in `result`.

        Raises: ProjectError: the file holds none.
        """
        if exit_code is None:
            cause = f"The project took longer than {self._context.manifest_limit_s:g} s to build and import."
            raise ProjectError(with_last_lines(cause, output))
        manifest = self._parse(_content(result, MANIFEST_LIMIT))
        if manifest is None:
            raise ProjectError(self._reason(exit_code, output))
        return manifest

    async def _run(self, command: list[str], output: Path) -> int | None:
        """The child's exit code; None if it took too long and was ended."""
        state = self._context.state
        environment = child_environment(
            os.environ, ARKOR_BUILD_DIR=str(state.build), ARKOR_RUN_MARK=run_mark(state.mark(), "manifest")
        )
        try:
            child = self._child = await GuardedChild.spawn(
                command,
                cwd=self._context.project,
                environment=environment,
                output=output,
                output_limit=OUTPUT_LIMIT,
            )
        except OSError as error:
            raise ProjectError(f"Can't start a process to read the project with: {error}") from error
        waiting = asyncio.ensure_future(child.wait())
        try:
            done, _ = await asyncio.wait([waiting], timeout=self._context.manifest_limit_s)
            child.end()
            exit_code = await waiting
        finally:
            self._child = None
        return exit_code if done else None

    def _parse(self, content: bytes) -> Manifest | None:
        """The manifest in the content of a result file; None if it holds none.

        Raises: ProjectError: the file holds an error instead.
        """
        try:
            payload = json.loads(content)
        except (ValueError, RecursionError):
            return None
        if not isinstance(payload, dict):
            return None
        error = payload.get("error")
        if isinstance(error, str):
            raise ProjectError(self._useful_part(error))
        match payload:
            case {"trainer": None}:
                return Manifest(None)
            case {"trainer": {"name": str(name), **more}}:
                return Manifest(clean_name(name), _config(more.get("config")))
            case _:
                return None

    def _reason(self, exit_code: int, output: Path) -> str:
        printed = self._useful_part(plain_text(_content(output, OUTPUT_LIMIT)))
        if exit_code == 0:
            cause = "The project's build ended without writing a manifest."
        else:
            cause = f"The project's build or import {cause_of_end(exit_code)}."
        return f"{cause}\n{printed}" if printed else cause

    def _useful_part(self, text: str) -> str:
        folders = [self._context.project, self._context.project.resolve(), self._context.state.build]
        return shorten(useful_part(clean(text), folders), ERROR_LIMIT)


def _config(value: object) -> dict[str, object]:
    """The config as it can be sent; empty if there is none, or if it is nested too deeply."""
    if not isinstance(value, dict) or is_too_deep(value):
        return {}
    return {clean(name): map_texts(each, clean) for name, each in value.items()}


def _content(file: Path, limit: int) -> bytes:
    """The first `limit` bytes of the file; b"" if it is not a regular file."""
    try:
        with open_regular(file) as opened:
            return opened.read(limit)
    except OSError:
        return b""
