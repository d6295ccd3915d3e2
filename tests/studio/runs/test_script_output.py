"""What a script prints, from its process to the output of its job."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arkor_dash.sdk.reporting.connection import UNFINISHED
from tests.studio.process import TOKEN, StudioProcess
from tests.studio.script import Script, only_studio, starting
from tests.waiting import wait_until

Start = Callable[..., Script]
TRAILER = "\n---\nexit=null\n"
BEGIN = """
import os, sys
import arkor_dash.sdk
run = arkor_dash.sdk.init()
print(run.job_id, flush=True)
sys.stdin.read()
"""
END = "\nrun.finish()\n"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with only_studio(tmp_path_factory) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts scripts, which record their output. Each is killed after the test."""
    with starting(tmp_path, ARKOR_RECORD="output") as start:
        yield start


def stored(studio: StudioProcess, job_id: str) -> str:
    """What is stored of the job's output so far."""
    return (studio.state / "runs" / job_id / "output.log").read_text()


def output_of(studio: StudioProcess, script: Script) -> str:
    """The whole output of the ended script's job, without the job's id in its first line."""
    text = studio.get(f"/api/jobs/{script.job_id}/output").text
    assert text.startswith(f"{script.job_id}\n"), text
    assert text.endswith(TRAILER), text
    return text.removeprefix(f"{script.job_id}\n").removesuffix(TRAILER)


def test_what_a_script_prints_is_seen_while_it_runs_and_kept_to_the_last_line(studio, start: Start) -> None:
    script = start()
    script.execute("print('step 1', file=sys.stderr)")
    wait_until(lambda: "step 1\ndone\n" in stored(studio, script.job_id), what="the line in the output")
    assert studio.job(script.job_id)["status"] == "running"
    script.execute("print('Größe: 3 €', end='\\r', file=sys.stderr)")
    script.process.stdin.write("print('last word, without a line end', end='')\n")
    assert script.end() == (0, "last word, without a line enddone\n", "step 1\nGröße: 3 €\n")
    assert output_of(studio, script) == "step 1\ndone\nGröße: 3 €\rdone\nlast word, without a line enddone\n"
    assert studio.get("/api/train").json() == {"run": None}


def test_the_terminal_gets_the_same_with_and_without_capture(studio, start: Start) -> None:
    code = (
        "import logging\nhandler = logging.StreamHandler(sys.stderr)\n"
        "print('a', 1, sep='-', end='\\x1b[0m\\n'); sys.stdout.writelines(['x\\n', 'y\\n'])\n"
        "sys.stdout.buffer.write(b'bytes\\n'); sys.stdout.flush()\n"
        "handler.emit(logging.LogRecord('n', 20, '', 1, 'logged', None, None))\n"
        "assert not sys.stdout.isatty() and sys.stdout.fileno() == 1 and sys.stdout.encoding == 'utf-8'\n"
        "assert sys.stdout is sys.__stdout__\n"
    )
    results = []
    for record in ("output", "none"):
        script = start(BEGIN + code + END, ARKOR_RECORD=record, PYTHONIOENCODING="utf-8")
        results.append(script.end())
    assert results[0] == results[1] == (0, "a-1\x1b[0m\nx\ny\nbytes\n", "logged\n")


def test_a_stream_that_was_taken_before_is_captured_too(studio, start: Start) -> None:
    code = (
        "import logging, sys\nlogging.basicConfig(format='%(message)s')\n"
        + BEGIN
        + "logging.warning('from a handler')"
    )
    script = start(code + END)
    assert script.end() == (0, "", "from a handler\n")
    assert output_of(studio, script) == "from a handler\n"


def test_surrogates_and_partial_characters_become_the_bytes_that_a_terminal_gets(
    studio, start: Start
) -> None:
    code = (
        "sys.stderr.reconfigure(encoding='ascii', errors='surrogateescape')\n"
        "print('\\udcff|', file=sys.stderr)\n"
        "sys.stderr.reconfigure(encoding='utf-8', errors='surrogatepass')\n"
        "print('\\ud800|é', file=sys.stderr)\n"
        "try: sys.stderr.reconfigure(errors='strict'); print('\\udcfe', file=sys.stderr)\n"
        "except UnicodeEncodeError: pass\n"
    )
    script = start(BEGIN + code + END)
    script.process.communicate(timeout=60)
    assert script.process.returncode == 0
    log = studio.state / "runs" / script.job_id / "output.log"
    assert log.read_bytes() == script.job_id.encode() + b"\n\xff|\n\\ud800|\xc3\xa9\n"


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("with run:\n    def main():\n        raise OSError('no disk')\n    main()", "OSError: no disk"),
        ("raise OSError('no disk')", "OSError: no disk"),
        (
            "try:\n    with run: raise OSError('no disk')\n"
            "except OSError as e: raise ValueError('bad') from e",
            "ValueError: bad",
        ),
    ],
)
def test_the_traceback_of_an_uncaught_exception_is_in_the_output(studio, start: Start, code, cause) -> None:
    script = start(BEGIN + code)
    exit_code, _, err = script.end()
    assert exit_code == 1
    assert cause in err
    assert output_of(studio, script) == err
    assert studio.job(script.job_id)["status"] == "failed"


def test_the_traceback_of_another_exception_is_not_in_the_output(studio, start: Start) -> None:
    code = (
        "try:\n    with run: raise OSError('caught')\nexcept OSError: pass\n"
        "print('after the run')\nraise ValueError('later')"
    )
    script = start(BEGIN + code)
    _, out, err = script.end()
    assert (out, "later" in err) == ("after the run\n", True)
    assert stored(studio, script.job_id) == f"{script.job_id}\n"


def test_a_caught_exception_is_not_kept_alive_by_its_run(studio, start: Start) -> None:
    code = (
        "import weakref, gc\nclass Tensor: pass\n"
        "def train():\n"
        "    global seen\n    tensor = Tensor()\n    seen = weakref.ref(tensor)\n"
        "    with run: raise OSError('caught')\n"
        "try: train()\nexcept OSError: pass\ngc.collect()\nassert seen() is None"
    )
    assert start(BEGIN + code).end() == (0, "", "")


@pytest.mark.timeout(900)
def test_the_output_of_a_killed_script_ends_with_what_it_has_sent(studio, start: Start) -> None:
    script = start()
    script.execute("print('step 1', file=sys.stderr)")
    wait_until(lambda: "step 1\ndone\n" in stored(studio, script.job_id), what="the line in the output")
    script.kill()
    assert output_of(studio, script) == "step 1\ndone\n"
    assert studio.job(script.job_id)["status"] == "failed"


def test_a_script_that_does_not_finish_its_run_keeps_its_output(studio, start: Start) -> None:
    script = start(BEGIN + "print('no finish')")
    assert script.end() == (0, "no finish\n", "")
    assert output_of(studio, script) == "no finish\n"
    assert studio.job(script.job_id)["error"] == UNFINISHED


def test_ctrl_c_is_in_the_output(studio, start: Start) -> None:
    script = start()
    script.execute("pass")
    wait_until(lambda: stored(studio, script.job_id).endswith("done\n"), what="the line in the output")
    script.process.send_signal(signal.SIGINT)
    _, _, err = script.end()
    assert output_of(studio, script) == f"done\n{err}"
    assert err.endswith("KeyboardInterrupt\n")


def test_two_runs_one_after_the_other_have_their_own_output(studio, start: Start) -> None:
    code = (
        "print('one'); run.finish(); print('between')\n"
        "with arkor_dash.sdk.init() as second: print('two')\n"
        "print(second.job_id)\n"
        "assert 'write' not in vars(sys.stdout) and 'write' not in vars(sys.stderr)\n"
    )
    script = start(BEGIN + code)
    exit_code, out, err = script.end()
    assert (exit_code, err) == (0, "")
    *printed, second = out.splitlines()
    assert printed == ["one", "between", "two"]
    assert output_of(studio, script) == "one\n"
    assert studio.get(f"/api/jobs/{second}/output").text == f"two\n{TRAILER}"


def test_two_runs_at_once_both_have_the_output(studio, start: Start) -> None:
    code = (
        "second = arkor_dash.sdk.init()\nprint('both')\nrun.finish()\nprint('second')\nsecond.finish()\n"
        "print(second.job_id)\nassert 'write' not in vars(sys.stdout)"
    )
    script = start(BEGIN + code)
    exit_code, out, err = script.end()
    assert (exit_code, err) == (0, "")
    assert output_of(studio, script) == "both\n"
    assert studio.get(f"/api/jobs/{out.split()[-1]}/output").text == f"both\nsecond\n{TRAILER}"


def test_what_has_replaced_a_stream_in_the_meantime_stays_in_place(studio, start: Start) -> None:
    code = """
class Loud:
    def __init__(self, stream): self._stream = stream
    def write(self, text): return self._stream.write(text.upper())
    def __getattr__(self, name): return getattr(self._stream, name)
sys.stdout = loud = Loud(sys.stdout)
before = sys.stderr.write
sys.stderr.write = patched = lambda text: before(text)
print('replaced'); print('patched', file=sys.stderr)
run.finish()
assert sys.stdout is loud and sys.stderr.write is patched
print('after'); print('after', file=sys.stderr)
"""
    script = start(BEGIN + code)
    assert script.end() == (0, "REPLACED\nAFTER\n", "patched\nafter\n")
    assert output_of(studio, script) == "REPLACED\npatched\n"


def test_a_notebooks_stream_is_captured(studio, start: Start) -> None:
    # As ipykernel's OutStream: a text stream of its own without a buffer, in front of the process's stream.
    code = """
import io, sys
class OutStream(io.TextIOBase):
    encoding = "UTF-8"
    def __init__(self, stream): self._stream = stream
    def write(self, string: str): return self._stream.write(string)
    def flush(self): self._stream.flush()
    def isatty(self): return True
sys.stdout, sys.stderr = OutStream(sys.stdout), OutStream(sys.stderr)
"""
    script = start(code + BEGIN + "print('in a cell'); print('err', file=sys.stderr)" + END)
    assert script.end() == (0, "in a cell\n", "err\n")
    assert output_of(studio, script) == "in a cell\nerr\n"


@pytest.mark.parametrize(
    "stream", ["None", "object()", "type('S', (), {'__slots__': (), 'write': lambda *a: 1})()"]
)
def test_a_process_with_unusual_streams_trains_and_reports(studio, start: Start, stream: str) -> None:
    code = f"""
import sys
print("ready", flush=True)
sys.stdin.read()
real, sys.stdout = sys.stdout, {stream}
import arkor_dash.sdk
with arkor_dash.sdk.init() as run:
    run.log(1)
sys.stdout = real
print(run.job_id)
"""
    exit_code, out, err = start(code).end()
    assert (exit_code, err) == (0, "")
    assert studio.job(out.strip())["status"] == "completed"


def test_what_forked_children_print_is_only_printed(studio, start: Start) -> None:
    code = (
        "if os.fork() == 0:\n    print('child', flush=True)\n    sys.exit(5)\n"
        "os.wait()\nprint('parent')\nrun.finish()"
    )
    script = start(BEGIN + code)
    assert script.end() == (0, "child\nparent\n", "")
    assert output_of(studio, script) == "parent\n"


def test_a_child_that_was_forked_while_a_thread_printed_can_print(studio, start: Start) -> None:
    code = """
import signal, threading
lock = run._connection._output._capture._listener.__self__._lock
held, free = threading.Event(), threading.Event()
def hold():
    with lock: held.set(); free.wait(60)
threading.Thread(target=hold, daemon=True).start()
held.wait(60)
child = os.fork()
if child == 0:
    signal.alarm(20)  # ends a child that waits for ever
    sys.stderr.write("child\\n")
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
free.set()
"""
    script = start(BEGIN + code + END)
    exit_code, _, err = script.end()
    assert (exit_code, "child\n" in err) == (0, True)
    assert "child" not in output_of(studio, script)


def test_a_handler_that_prints_at_any_moment_does_not_stop_the_script(studio, start: Start) -> None:
    code = """
import signal
signal.signal(signal.SIGALRM, lambda *_: sys.stderr.write('tick\\n'))
signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
for number in range(100_000): sys.stdout.write('x\\n')
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    script = start(BEGIN + code + END)
    exit_code, out, err = script.end()
    assert exit_code == 0
    output = output_of(studio, script)
    assert (output.count("x\n"), output.count("tick\n")) == (out.count("x\n"), err.count("tick\n"))


@pytest.mark.parametrize(
    ("arguments", "record"),
    [("output=False", "output"), ("", "none"), ("", "environment,system")],
)
def test_a_setting_turns_it_off(studio, start: Start, arguments: str, record: str) -> None:
    script = start(arguments=arguments, ARKOR_RECORD=record)
    script.execute("print('private', file=sys.stderr); assert 'write' not in vars(sys.stdout)")
    assert script.end() == (0, "", "private\n")
    assert studio.get(f"/api/jobs/{script.job_id}/output").status_code == 404
    assert not (studio.state / "runs" / script.job_id / "output.log").exists()


def test_a_run_of_the_studio_has_its_output_once(launch) -> None:
    studio = launch(
        trainer="import sys, arkor_dash.sdk\n"
        "with arkor_dash.sdk.init(name='from within') as run:\n"
        "    print('once'); assert 'write' not in vars(sys.stdout)",
        env={"ARKOR_RECORD": "output"},
    )
    job_id, text = studio.train()
    assert text == "once\n\n---\nexit=0\n"
    assert stored(studio, job_id) == "once\n"


@pytest.mark.timeout(900)
def test_output_waits_for_the_next_studio_and_is_stored_once(
    launch, start: Start, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = launch()
    script = start()
    script.execute("print('before', file=sys.stderr)")
    wait_until(lambda: "before\ndone\n" in stored(before, script.job_id), what="the line in the output")
    before.process.kill()
    before.process.wait(timeout=20)
    script.execute("print('meanwhile', file=sys.stderr)")
    after = launch()
    script.execute("print('after', file=sys.stderr)")
    exit_code, _, _ = script.end()
    assert exit_code == 0
    lines = [line for line in output_of(after, script).splitlines() if not line.startswith("The Studio ")]
    assert lines == ["before", "done", "meanwhile", "done", "after", "done"]


def test_without_a_studio_that_answers_a_script_ends_in_time_and_says_what_is_missing(
    launch, start: Start, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    studio = launch()
    script = start(ARKOR_RUN_FLUSH_S="0.5")
    studio.process.kill()
    studio.process.wait(timeout=20)
    script.execute("print('x' * 5_000_000, file=sys.stderr)")
    began = time.monotonic()
    exit_code, _, err = script.end()
    assert exit_code == 0
    assert time.monotonic() - began < 60
    assert "bytes of the output were not delivered to the Studio." in err


def test_the_token_is_never_in_the_output(studio, start: Start) -> None:
    script = start(arguments=f"url={studio.url!r}, token={TOKEN!r}")
    script.execute("print(run, vars(run), vars(run._connection), file=sys.stderr)")
    script.end()
    assert TOKEN not in output_of(studio, script)
