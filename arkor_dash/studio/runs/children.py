"""The Studio's children: what they run, in which environment, and how they are watched."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_GUARDIAN = Path(__file__).with_name("guardian.py")
_PACKAGES = Path(__file__).parents[3]
# Secrets of the Studio, its dashboard and its database, and what a run of another Studio was given.
_WITHHELD = ("ARKOR_STUDIO_", "ARKOR_CLOUD_", "ARKOR_DASH_", "ARKOR_RUN_", "STREAMLIT_", "PG")
END_LIMIT_S = 3.0
"""How long the guardian may take to end the child before both are killed from here."""


def child_environment(parent: Mapping[str, str], **extra: str) -> dict[str, str]:
    """The parent's environment without the Studio's secrets, in which `arkor_dash` can be imported."""
    environment = {name: value for name, value in parent.items() if not name.startswith(_WITHHELD)}
    # An installed package is found anyway, and its folder would hide parts of the standard library.
    if _PACKAGES.name not in {"site-packages", "dist-packages"}:
        paths = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
        environment["PYTHONPATH"] = os.pathsep.join([*paths, str(_PACKAGES)])
    return {**environment, "PYTHONUNBUFFERED": "1", **extra}


class GuardedChild:
    """A child process and its guardian, which ends all that it started once it or the Studio has ended."""

    def __init__(self, guardian: Process) -> None:
        self._guardian = guardian
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
        """Start `command` in `cwd`. What it prints goes to `output`, at most `output_limit` bytes (0: all).

        Raises: OSError: no process can be started.
        """
        arguments = ("-I", str(_GUARDIAN), str(output), str(output_limit), str(cwd), *command)
        guardian = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
        )
        return cls(guardian)

    async def wait(self, on_output: Callable[[], None] = lambda: None) -> int:
        """The child's exit code, negative for a signal; `on_output` is called whenever it has printed."""
        exit_code: int | None = None
        reports = self._guardian.stdout
        assert reports is not None, "it was made a pipe"  # noqa: S101
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
            # The guardian itself was killed, and can't end the group any more.
            self._kill_group()
            return -signal.SIGKILL
        return exit_code

    def terminate(self) -> None:
        """Have the guardian send SIGTERM to the child's process group."""
        if self._guardian.stdin is not None and not self._guardian.stdin.is_closing():
            self._guardian.stdin.write(b"terminate\n")

    def end(self) -> None:
        """Have the guardian end the child at once; `wait` then returns, within `END_LIMIT_S` at most."""
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()
        if self._guardian.returncode is None:
            # A child can stop its guardian, again and again.
            with contextlib.suppress(ProcessLookupError):
                self._guardian.send_signal(signal.SIGCONT)
            asyncio.get_running_loop().call_later(END_LIMIT_S, self._kill_both)

    def _kill_both(self) -> None:
        if self._guardian.returncode is None:
            self._kill_group()
            self._guardian.kill()

    def _kill_group(self) -> None:
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._pid, signal.SIGKILL)
