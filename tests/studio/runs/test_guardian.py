from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from arkor_dash.studio.runs import guardian
from tests.studio.process import wait_until_dead
from tests.waiting import wait_until

FORKS = """
import os, signal, sys
for _ in range(3):
    if os.fork() == 0:
        os.write(1, b"child\\n")  # print may write the line break separately, after another process's word
        signal.pause()
os.write(1, b"parent\\n")
signal.pause()
"""

ESCAPES = """
import os
read_end, write_end = os.pipe()
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), flush=True)
    os.write(write_end, b"x")
    while True:
        os.write(1, b"x" * 60_000)
os.read(read_end, 1)
"""

DAEMON = """
import os, signal
for _ in range(3):
    read, write = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(1, b"%d " % os.getpid())
            os.write(write, b"x")
            signal.pause()
        os._exit(0)
    os.read(read, 1)
"""
MACOS = """
import os, runpy, sys
sys.platform = "darwin"
del os.waitid, os.WNOWAIT, os.P_ALL, os.pidfd_open
sys.modules["ctypes"] = None  # a Python may lack it
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs the guardian without the modules and calls that macOS lacks."""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "output.log"


@pytest.fixture
def guard(log: Path, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(
        code: str,
        *,
        limit: int = 0,
        command: tuple[str, ...] = (sys.executable, "-c"),
        run_by: tuple[str, ...] = (),
    ) -> subprocess.Popen[bytes]:
        arguments = [*run_by, guardian.__file__, str(log), str(limit), str(tmp_path), *command, code]
        started.append(
            subprocess.Popen(
                [sys.executable, "-I", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.stdin.close()
        try:
            process.wait(timeout=20)
        finally:
            # Even if the guardian fails, the test must not leave processes behind.
            for each in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.kill()
            process.wait(timeout=20)
            process.stdout.close()


def reports(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().decode().splitlines()


@pytest.mark.parametrize(
    ("code", "exited"),
    [
        ("", 0),
        ("raise SystemExit(3)", 3),
        ("import os; os._exit(255)", 255),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os; os.kill(os.getpid(), 15)", -15),
    ],
)
def test_the_childs_exit_code_is_reported(guard: Callable, code: str, exited: int) -> None:
    started, *_, last = reports(guard(code))
    assert started.startswith("started ")
    assert last == f"exited {exited}"


@pytest.mark.parametrize(("code", "exited"), [("print(1)", 0), ("import os; os.kill(os.getpid(), 9)", -9)])
def test_the_childs_exit_code_is_reported_without_the_calls_that_macos_lacks(
    guard: Callable, code: str, exited: int
) -> None:
    assert reports(guard(code, run_by=("-c", MACOS)))[-1] == f"exited {exited}"


def test_the_group_ends_with_the_studio_without_the_calls_that_macos_lacks(
    guard: Callable, log: Path
) -> None:
    process = guard(FORKS, run_by=("-c", MACOS))
    wait_until(lambda: log.exists() and log.read_text().split().count("child") == 3)
    family = psutil.Process(process.pid).children(recursive=True)
    process.stdin.close()
    wait_until_dead(family)
    assert reports(process)[-1] == "exited -9"


def test_the_rest_of_the_group_ends_with_the_child_without_the_calls_that_macos_lacks(
    guard: Callable, log: Path
) -> None:
    process = guard(
        "import os, signal\nleft = os.fork()\nif left == 0: signal.pause()\n"
        "print(left, flush=True)\nos._exit(4)",
        run_by=("-c", MACOS),
    )
    assert reports(process)[-1] == "exited 4"
    left = int(log.read_text())
    wait_until(lambda: not psutil.pid_exists(left), what=f"the end of {left}")


def test_both_streams_are_written_in_their_order(guard: Callable, log: Path) -> None:
    code = "import os\nfor n in range(500): os.write(1 + n % 2, b'%d\\n' % n)"
    assert "output" in reports(guard(code))
    assert log.read_text().split() == [str(n) for n in range(500)]


def test_a_large_output_is_complete_when_the_exit_is_reported(guard: Callable, log: Path) -> None:
    reports(guard("import sys; sys.stdout.write('x' * 20_000_000)"))
    assert log.stat().st_size == 20_000_000


def test_output_beyond_the_limit_is_dropped_and_does_not_block(guard: Callable, log: Path) -> None:
    last = reports(guard("import sys; sys.stdout.write('x' * 5_000_000)", limit=1_000))[-1]
    assert last == "exited 0"
    assert log.stat().st_size == 1_000


def test_only_the_owner_can_read_the_log(guard: Callable, log: Path) -> None:
    reports(guard("print(1)"))
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_child_has_its_own_process_group_and_default_signal_handlers(guard: Callable, log: Path) -> None:
    code = (
        "import os, signal; print(os.getpgrp() == os.getpid(), os.isatty(0), "
        "[signal.getsignal(s).name for s in (signal.SIGTERM, signal.SIGHUP)])"
    )
    reports(guard(code))
    assert log.read_text() == "True False ['SIG_DFL', 'SIG_DFL']\n"


def test_closing_the_guardians_input_ends_the_whole_group(guard: Callable, log: Path) -> None:
    process = guard(FORKS)
    wait_until(lambda: log.exists() and log.read_text().split().count("child") == 3)
    family = psutil.Process(process.pid).children(recursive=True)
    assert len(family) == 4
    process.stdin.close()
    wait_until_dead(family)
    assert reports(process)[-1] == "exited -9"


def test_a_child_that_ignores_signals_is_killed(guard: Callable, log: Path) -> None:
    process = guard(
        "import signal\nfor s in (1, 2, 15): signal.signal(s, signal.SIG_IGN)\nprint(1, flush=True)\n"
        "while True: signal.pause()"
    )
    wait_until(lambda: log.exists() and log.read_text())
    process.stdin.close()
    assert reports(process)[-1] == "exited -9"


def test_the_childs_exit_ends_the_run_even_if_others_hold_its_streams(guard: Callable, log: Path) -> None:
    process = guard(
        "import os, signal\nleft = os.fork()\nif left == 0: signal.pause()\n"
        "print(left, flush=True)\nos._exit(4)"
    )
    assert reports(process)[-1] == "exited 4"
    left = int(log.read_text())
    wait_until(lambda: not psutil.pid_exists(left), what=f"the end of {left}")


def test_a_process_that_left_the_group_and_writes_for_ever_does_not_delay_the_end(
    guard: Callable, log: Path
) -> None:
    process = guard(ESCAPES)
    assert reports(process)[-1] == "exited 0"
    pid = int(log.read_text().splitlines()[0])
    wait_until(lambda: not psutil.pid_exists(pid), what="the end of the one who left, by its broken pipe")


@linux
@pytest.mark.parametrize("ending", ["the child's exit", "the end of the Studio"])
def test_a_process_that_left_for_its_own_session_ends_with_the_child(
    guard: Callable, log: Path, ending: str
) -> None:
    process = guard(DAEMON + ("os._exit(5)" if "exit" in ending else "signal.pause()"))
    wait_until(lambda: log.exists() and log.read_text().split()[2:])
    daemons = []
    for pid in log.read_text().split():
        with contextlib.suppress(psutil.NoSuchProcess):
            daemons.append(psutil.Process(int(pid)))
    if "Studio" in ending:
        assert len(daemons) == 3
        process.stdin.close()
    assert reports(process)[-1] == ("exited 5" if "exit" in ending else "exited -9")
    wait_until_dead(daemons)


@linux
def test_an_ended_orphan_is_reaped_while_the_child_runs(guard: Callable, log: Path) -> None:
    process = guard(
        "import os, signal\nif os.fork() == 0:\n    if os.fork() == 0: print(os.getpid(), flush=True)\n"
        "    os._exit(0)\nos.wait()\nsignal.pause()"
    )
    wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
    orphan = int(log.read_text())
    wait_until(lambda: not psutil.pid_exists(orphan), what="the reaping of the orphan")
    (child,) = psutil.Process(process.pid).children()
    assert child.is_running()


@linux
def test_the_child_ends_with_its_guardian(guard: Callable, log: Path) -> None:
    process = guard("import signal\nprint(1, flush=True)\nsignal.pause()")
    wait_until(lambda: log.exists() and log.read_text())
    (child,) = psutil.Process(process.pid).children()
    process.kill()
    wait_until_dead([child])


def test_a_log_that_can_not_be_opened_ends_the_run_with_exit_code_126(guard: Callable, log: Path) -> None:
    log.mkdir()
    assert reports(guard("print(1)")) == ["exited 126"]


def test_a_child_that_closed_its_output_is_still_watched(guard: Callable, log: Path) -> None:
    process = guard("import os, signal\nprint(1, flush=True)\nos.close(1); os.close(2)\nsignal.pause()")
    wait_until(lambda: log.exists() and log.read_text())
    (child,) = psutil.Process(process.pid).children()
    child.send_signal(signal.SIGTERM)
    assert reports(process)[-1] == "exited -15"


def test_a_command_that_can_not_be_run_is_named_in_the_log(guard: Callable, log: Path) -> None:
    assert reports(guard("x", command=("/no/such/program",)))[-1] == "exited 126"
    assert log.read_text().startswith("Can't run /no/such/program in ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signals_to_the_guardian_do_not_end_it(guard: Callable, log: Path, number: signal.Signals) -> None:
    process = guard("import signal\nprint(1, flush=True)\nsignal.pause()")
    wait_until(lambda: log.exists() and log.read_text())
    os.kill(process.pid, number)
    (child,) = psutil.Process(process.pid).children()
    child.send_signal(signal.SIGUSR1)
    assert reports(process)[-1] == f"exited -{signal.SIGUSR1.value}"
