"""The guardian of a child process: ends everything the child started when the child or the Studio ends.

Run as a script, in its own session: `guardian.py OUTPUT LIMIT CWD COMMAND…`

- `COMMAND` runs in `CWD`, in a new process group. Its stdout and stderr are appended to the file `OUTPUT`,
  at most `LIMIT` bytes (0: no limit).
- Standard input is a pipe from the Studio. Any data on it sends SIGTERM to the group. When the pipe closes,
  the group gets SIGKILL. The kernel closes the pipe however the Studio ends.
- Standard output carries lines to the Studio: `started PID`, `output` each time the file has grown, and
  `exited CODE` (negative: the signal). When the child exits, the rest of its group is killed.
- On Linux it does more. Processes that leave the group become children of the guardian when they are
  orphaned, and are killed with the group. The child is killed when the guardian dies. A guardian that was
  stopped (SIGSTOP) continues when the Studio dies.

It imports only the standard library, so that it starts fast and needs no import path.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

if sys.platform == "win32":
    raise RuntimeError("The guardian needs Linux or macOS.")

READ_BYTES = 65_536
LAST_READS = 16
"""Reads of the output after the child's end. A pipe holds less than that. A process that left the group may
write for ever, so there is a limit."""
KILL_LIMIT_S = 1.0
"""How long the guardian looks for processes outside the group. They may start new ones in the meantime."""
CANNOT_RUN = 126
# Source: prctl(2), <linux/prctl.h>.
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


class _Log:
    def __init__(self, path: str, limit: int) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(path, flags, 0o600)
        self._left = limit or sys.maxsize
        self._lost = 0

    def write(self, data: bytes) -> None:
        data = data[: self._left]
        self._left -= len(data)
        # When the disk is full, the output is lost, but the training goes on.
        try:
            if self._lost:
                os.write(self._file, b"\n[%d bytes are missing: the disk was full]\n" % self._lost)
                self._lost = 0
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            self._lost += len(data)
        _report("output")


def _report(line: str, *, must_arrive: bool = False) -> None:
    # If the pipe is full, the Studio has a line to read anyway. If it is broken, nobody reads it.
    os.set_blocking(1, must_arrive)
    with contextlib.suppress(OSError):
        os.write(1, f"{line}\n".encode())


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _prctl(option: int, value: int) -> None:
    if sys.platform != "linux":
        return
    # Python may have been built without ctypes.
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes  # noqa: PLC0415

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _die_with(guardian: int) -> None:
    """Have the kernel kill this process when the guardian dies. Runs in the child, before its command."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != guardian:
        os._exit(CANNOT_RUN)


def _kill_descendants() -> None:
    """Kill and reap all processes that the child has left running, in any process group."""
    deadline = time.monotonic() + KILL_LIMIT_S
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            for pid in _descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
            time.sleep(0.005)


def _descendants() -> list[int]:
    """The ids of all processes below this one. Empty on systems without /proc."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        # The process may have ended. Its name, in parentheses, may hold any character.
        with contextlib.suppress(OSError):
            parent = stat.read_bytes().rpartition(b")")[2].split()[1]
            children[int(parent)].append(int(stat.parent.name))
    found = children[os.getpid()]
    for pid in found:
        found.extend(children[pid])
    return found


def _reap(child: int) -> int | None:
    """The child's exit code, negative for a signal; None while it runs. Also reaps adopted orphans.

    `waitpid`, since macOS has no `waitid` before Python 3.13. The child is reaped before its group is killed.
    This is safe: the kernel does not reuse the number while the group has members, and otherwise rarely so soon.
    """
    while True:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == 0:
            return None
        if ended == child:
            return os.waitstatus_to_exitcode(status)


def _pump(output: int, log: _Log) -> bool:
    """Copy one read of the output to the log. False at the end of the output."""
    try:
        data = os.read(output, READ_BYTES)
    except BlockingIOError:
        return True
    if data:
        log.write(data)
    return bool(data)


def _watch(child: int, output: int, wakeup: int, log: _Log) -> int:
    """Copy the output and pass on the Studio's signals until the child has ended. Returns its exit code."""
    with selectors.DefaultSelector() as selector:
        for source in (0, output, wakeup):
            selector.register(source, selectors.EVENT_READ)
        while (exit_code := _reap(child)) is None:
            for key, _ in selector.select():
                if key.fd == wakeup:
                    os.read(wakeup, READ_BYTES)
                elif key.fd == output and not _pump(output, log):
                    selector.unregister(output)
                elif key.fd == 0:
                    if os.read(0, READ_BYTES):
                        _signal_group(child, signal.SIGTERM)
                    else:
                        selector.unregister(0)
                        _signal_group(child, signal.SIGKILL)
        return exit_code


def _wake_on_signals() -> int:
    """The read end of a pipe that becomes readable at each signal, the end of a child included."""
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    # A handler, not SIG_IGN, which the child would inherit. Only the Studio's pipe says when to end.
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return read_end


def main(arguments: list[str]) -> int:
    path, limit, cwd, *command = arguments
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
    try:
        log = _Log(path, int(limit))
    except OSError:
        # The folder is gone, or the disk is full. There is no log to write the error to.
        _report(f"exited {CANNOT_RUN}", must_arrive=True)
        return 1
    wakeup = _wake_on_signals()
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
            # Safe here: the guardian has one thread, so the child can't inherit a lock that is held.
            preexec_fn=lambda: _die_with(guardian),  # noqa: PLW1509
        )
    except OSError as error:
        log.write(f"Can't run {command[0]} in {cwd}: {error.strerror}\n".encode())
        _report(f"exited {CANNOT_RUN}", must_arrive=True)
        return 1
    os.close(child_output)
    _report(f"started {child.pid}", must_arrive=True)
    child.returncode = exit_code = _watch(child.pid, output, wakeup, log)
    _signal_group(child.pid, signal.SIGKILL)
    _kill_descendants()
    for _ in range(LAST_READS):
        if not _pump(output, log):
            break
    _report(f"exited {exit_code}", must_arrive=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
