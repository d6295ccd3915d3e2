"""The guardian of a child of the Studio: all that the child started ends when it or the Studio does.

Run as a script, in a session of its own, as `guardian.py OUTPUT LIMIT CWD COMMAND…`:

- `COMMAND` runs in `CWD` and in a new process group; what it prints, on either stream, is appended to
  the file `OUTPUT`, at most `LIMIT` bytes of it (0: all).
- Standard input is a pipe from the Studio. Whatever it sends asks the group to end, with SIGTERM. The pipe's
  end, which the kernel brings about however the Studio dies, ends the group with SIGKILL.
- On Linux what leaves the group becomes the guardian's own child once it is orphaned, and ends with the
  group; the child ends with the guardian; and the end of the Studio wakes a guardian that was stopped.
- Standard output carries lines to the Studio: `started PID`, `output` for each growth of the file,
  `exited CODE` (negative: the signal). The child's own exit ends the group, whoever holds its streams.

It imports nothing of the project, to start fast and to need no path to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

READ_BYTES = 65_536
LAST_READS = 16
"""Reads after the child's end: more than a pipe holds, but bounded, as one that left the group may write on."""
LAST_KILLS_S = 1.0
"""How long those that left the group are looked for, as they may start others meanwhile."""
CANNOT_RUN = 126
# Source: prctl(2), <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class _Log:
    def __init__(self, path: str, limit: int) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        self._left = limit or sys.maxsize

    def write(self, data: bytes) -> None:
        data = data[: self._left]
        self._left -= len(data)
        # A full disk costs the output, not the training.
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._file, data) :]
        _tell("output")


def _tell(line: str, *, must_arrive: bool = False) -> None:
    # A full pipe already holds a line that wakes the Studio; a broken one has no reader.
    os.set_blocking(1, must_arrive)
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def _signal_group(leader: int, number: signal.Signals) -> None:
    # The leader is not reaped before this, so that its number can't be another's.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _prctl(option: int, value: int) -> None:
    # There is none but on Linux; there the group is all that can be ended.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _end_with(guardian: int) -> None:
    """Have the kernel end this process, the child before its command runs, when the guardian is gone."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardian:
        os._exit(CANNOT_RUN)


def _kill_rest() -> None:
    """End and reap whatever the child has left, wherever it went. The child itself is reaped before."""
    deadline = time.monotonic() + LAST_KILLS_S
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            for pid in _descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.005)


def _descendants() -> list[int]:
    """All processes below this one; none where there is no /proc."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # It may have ended by now. Its name, in parentheses, may hold anything.
        with contextlib.suppress(OSError):
            parent = stat.read_bytes().rpartition(b")")[2].split()[1]
            children[int(parent)].append(int(stat.parent.name))
    found = children[os.getpid()]
    for pid in found:
        found.extend(children[pid])
    return found


def _has_exited(pid: int) -> bool:
    """Whether the child has. Orphans that came to the guardian and have ended are reaped on the way."""
    while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        if ended.si_pid == pid:
            return True
        os.waitpid(ended.si_pid, 0)
    return False


def _pump(output: int, log: _Log) -> bool:
    """False once nothing more can come."""
    try:
        data = os.read(output, READ_BYTES)
    except BlockingIOError:
        return True
    if data:
        log.write(data)
    return bool(data)


def _watch(pid: int, output: int, wake: int, log: _Log) -> None:
    """Return when the child has exited, or was made to by the end of the Studio."""
    with selectors.DefaultSelector() as selector:
        for source in (0, output, wake):
            selector.register(source, selectors.EVENT_READ)
        while not _has_exited(pid):
            for key, _ in selector.select():
                if key.fd == wake:
                    os.read(wake, READ_BYTES)
                elif key.fd == output and not _pump(output, log):
                    selector.unregister(output)
                elif key.fd == 0:
                    if os.read(0, READ_BYTES):
                        _signal_group(pid, signal.SIGTERM)
                    else:
                        selector.unregister(0)
                        _signal_group(pid, signal.SIGKILL)


def main(arguments: list[str]) -> int:
    path, limit, cwd, *command = arguments
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
    try:
        log = _Log(path, int(limit))
    except OSError:
        # The file's folder is gone, or the disk is full: there is no place to say why.
        _tell(f"exited {CANNOT_RUN}", must_arrive=True)
        return 1
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    # Handled rather than ignored: a child would inherit that. The pipe says when to end.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    guardian = os.getpid()
    output, child_output = os.pipe()
    os.set_blocking(output, False)
    try:
        child = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=child_output,
            stderr=child_output,
            process_group=0,
            # The guardian has a single thread, so that no lock can be held in the child.
            preexec_fn=lambda: _end_with(guardian),  # noqa: PLW1509
        )
    except OSError as error:
        log.write(f"Can't run {command[0]} in {cwd}: {error.strerror}\n".encode())
        _tell(f"exited {CANNOT_RUN}", must_arrive=True)
        return 1
    os.close(child_output)
    _tell(f"started {child.pid}", must_arrive=True)
    _watch(child.pid, output, woken, log)
    _signal_group(child.pid, signal.SIGKILL)
    exit_code = child.wait()
    _kill_rest()
    for _ in range(LAST_READS):
        if not _pump(output, log):
            break
    _tell(f"exited {exit_code}", must_arrive=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
