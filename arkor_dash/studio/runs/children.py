"""The Studio's child processes: their environment, and how they are watched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from anyio import to_thread

from arkor_dash.protocol.import_path import python_path

from .leftovers import MARK_VARIABLE, end_marked

_GUARDIAN = Path(__file__).with_name("guardian.py")
# Prefixes of variables with secrets of the Studio, the dashboard and the database, or for another Studio's run.
_WITHHELD = ("ARKOR_STUDIO_", "ARKOR_CLOUD_", "ARKOR_DASH_", "ARKOR_RUN_", "STREAMLIT_", "PG")
END_LIMIT_S = 3.0
"""How long the guardian may take to end the child. After that, the Studio kills both."""
KILLED = -9
"""The exit code of a child that SIGKILL ended."""


def child_environment(parent: Mapping[str, str], **extra: str) -> dict[str, str]:
    """The parent's environment without the Studio's secrets, in which a child can import `arkor_dash`."""
    environment = {name: value for name, value in parent.items() if not name.startswith(_WITHHELD)}
    path = python_path(environment.pop("PYTHONPATH", ""))
    if path:
        environment["PYTHONPATH"] = path
    return {**environment, "PYTHONUNBUFFERED": "1", **extra}


class GuardedChild:
    """A child process and its guardian, which ends all processes of the child when the child or the Studio ends."""

    def __init__(self, guardian: Process, mark: str) -> None:
        self._guardian = guardian
        self._mark = mark
        self._pid: int | None = None

    @classmethod
    async def spawn(
        cls,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        output: Path,
        output_limit: int = 0,
    ) -> GuardedChild:
        """Start `command` in `cwd`. Its output goes to the file `output`, at most `output_limit` bytes (0: all).

        Args: environment: must hold the run's mark, `MARK_VARIABLE`.
        Raises: OSError: no process can be started.
        """
        arguments = ("-I", str(_GUARDIAN), str(output), str(output_limit), str(cwd), *command)
        guardian = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
        )
        return cls(guardian, environment[MARK_VARIABLE])

    async def wait(self, on_output: Callable[[], None] = lambda: None) -> int:
        """The child's exit code, negative for a signal. No process that the child has started is left then.

        `on_output` is called whenever the output has grown.
        """
        exit_code: int | None = None
        reports = self._guardian.stdout
        assert reports is not None, "spawn made it a pipe"  # noqa: S101
        async for line in reports:
            word, _, number = line.decode().strip().partition(" ")
            if word == "output":
                on_output()
            elif word == "started":
                self._pid = int(number)
            elif word == "exited":
                exit_code = int(number)
        await self._guardian.wait()
        if exit_code is None:
            # The guardian was killed and could not end the group.
            self._kill_group()
        await to_thread.run_sync(end_marked, self._mark)
        return KILLED if exit_code is None else exit_code

    def terminate(self) -> None:
        """Have the guardian send SIGTERM to the child's process group."""
        if self._guardian.stdin is not None and not self._guardian.stdin.is_closing():
            self._guardian.stdin.write(b"terminate\n")

    def end(self) -> None:
        """Have the guardian kill the child's process group. `wait` then returns within `END_LIMIT_S`."""
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()
        if self._guardian.returncode is None:
            self._continue_guardian()
            asyncio.get_running_loop().call_later(END_LIMIT_S, self._kill_both)

    def _continue_guardian(self) -> None:
        # A child can stop its guardian, again and again.
        if sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                self._guardian.send_signal(signal.SIGCONT)

    def _kill_both(self) -> None:
        if self._guardian.returncode is None:
            self._kill_group()
            self._guardian.kill()

    def _kill_group(self) -> None:
        if sys.platform != "win32" and self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
