"""A process of the embedded Studio."""

from __future__ import annotations

import json
import logging
import subprocess
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import IO

from arkor_dash.errors import StudioStartError
from arkor_dash.protocol.addresses import hide_in_addresses

log = logging.getLogger(__name__)

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0
REASON = "The Studio did not start: "
"""The Studio prints this before the reason."""


class StudioProcess:
    """A Studio process that answers at `url`.

    Its standard input is a pipe from this process. The pipe closes when this process ends, even if it crashes. The
    Studio then ends its run and exits.
    Raises: StudioStartError: it ended, or was not ready in time. OSError: it could not be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._last_lines: deque[str] = deque(maxlen=20)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=environment,
            start_new_session=True,  # so that Ctrl-C reaches the dashboard only
        )
        self._read_output(self._process.stderr)
        url = self._ready_url()
        self._read_output(self._process.stdout)
        if url is None:
            self._process.kill()
            self.wait()
            raise StudioStartError(f"The embedded Studio did not start. {self._reason()}")
        self.url = url

    def wait(self) -> int:
        """Wait for the end of the process. Returns: its exit code."""
        code = self._process.wait()
        self._close_stdin()
        return code

    def stop(self) -> None:
        """End the process and its run, and wait for their end. May be called twice."""
        self._close_stdin()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _reason(self) -> str:
        """Why it did not start: the reason that it has given, else its last lines."""
        lines = "\n".join(self._last_lines).strip()
        return lines.rpartition(REASON)[2] or "It printed nothing."

    def _ready_url(self) -> str | None:
        """The URL in the line that the Studio prints when it is ready; None if it ends or hangs before."""
        output = self._process.stdout
        timer = threading.Timer(START_TIMEOUT_S, self._process.kill)
        timer.start()
        try:
            return str(json.loads(output.readline())["url"]) if output else None
        except (ValueError, KeyError, TypeError):
            return None
        finally:
            timer.cancel()

    def _read_output(self, stream: IO[str] | None) -> None:
        """Log the output in a thread, and keep its last lines. The Studio would block on a pipe that nobody reads."""

        def read(stream: IO[str]) -> None:
            with stream:
                for line in stream:
                    shown = hide_in_addresses(line.rstrip())  # the database's address may hold a password
                    self._last_lines.append(shown)
                    log.info("studio: %s", shown)

        if stream is not None:
            threading.Thread(target=read, args=(stream,), name="embedded-studio-log", daemon=True).start()

    def _close_stdin(self) -> None:
        """Close the pipe to the Studio, which makes it end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
