"""Start, wait for and end the processes of a benchmark."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import requests

from .machine import ROOT

TIMEOUT_S = 120.0
END_TIMEOUT_S = 20.0


def exit_on_signals() -> None:
    """Exit by an exception when the program is asked to end, so that it ends what it has started."""
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _: sys.exit(128 + number))


@dataclass(frozen=True)
class Server:
    """A running server process."""

    url: str
    process: subprocess.Popen[bytes]

    def tree(self) -> list[psutil.Process]:
        """The process and all its descendants."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def cpu_s(self) -> float:
        """CPU time of the process and its descendants, in seconds."""
        used = (each.cpu_times() for each in self.tree())
        return sum(times.user + times.system for times in used)

    def rss_mb(self) -> float:
        """Resident memory of the process, in MB. A dashboard's embedded Studio is a process of its own."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def open_files(self) -> int:
        """Open files and connections of the process."""
        return psutil.Process(self.process.pid).num_fds()

    def log_kb(self) -> float:
        """What the process has written to its standard error, in kB."""
        return Path(f"/proc/{self.process.pid}/fd/2").stat().st_size / 1e3


@contextmanager
def answering(command: list[str], url: str, path: str, folder: Path, **settings: str) -> Iterator[Server]:
    """A server at `url`, once it answers requests for `path`. It is ended on exit.

    Args: folder: its working directory.
    Raises: RuntimeError: it ended. TimeoutError: it does not answer within `TIMEOUT_S`.
    """
    with running(command, folder, **settings) as (process, _):
        wait_until(lambda: process.poll() is not None or _answers(url + path), "the server's start")
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.poll()}")
        yield Server(url, process)


@contextmanager
def announced(command: list[str], timeout_s: float = TIMEOUT_S, **settings: str) -> Iterator[Server]:
    """A server that prints a line of JSON with its `url` once it listens. It is ended on exit.

    Raises: RuntimeError: it ended without that line. TimeoutError: there was no line within `timeout_s`.
    """
    with running(command, ROOT, **settings) as (process, output):
        wait_until(
            lambda: b"\n" in output.read_bytes() or process.poll() is not None,
            "the server's first line",
            timeout_s,
        )
        line, newline, _ = output.read_bytes().partition(b"\n")
        if not newline:
            raise RuntimeError(f"the server ended with code {process.poll()}")
        yield Server(str(json.loads(line)["url"]), process)


def wait_until(condition: Callable[[], object], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Return once `condition` holds. Raises: TimeoutError: it does not within `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took over {timeout_s:g} s")
        time.sleep(0.01)


def listener() -> socket.socket:
    """A listening socket on a free port of this machine, whose connections send small messages at once."""
    bound = socket.create_server(("127.0.0.1", 0), backlog=128)
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


def free_port() -> int:
    with listener() as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], folder: Path, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process, and the file with its standard output. A file never fills up, as an unread pipe does.

    Args: folder: its working directory.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ARKOR_")}
    environment |= settings
    with TemporaryDirectory() as outputs:
        output, errors = Path(outputs, "output"), Path(outputs, "errors")
        with output.open("wb") as out, errors.open("wb") as err:
            process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=out, stderr=err, start_new_session=True
            )
        try:
            yield process, output
        except BaseException:
            print(errors.read_text("utf-8", "replace")[-2000:], file=sys.stderr)
            raise
        finally:
            end(process)


def end(process: subprocess.Popen[bytes], timeout_s: float = END_TIMEOUT_S) -> None:
    """End the process, and what it has left in its process group. It gets `timeout_s` to end by itself.

    Args: process: the leader of its group, started with `start_new_session`.
    """
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout_s)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
