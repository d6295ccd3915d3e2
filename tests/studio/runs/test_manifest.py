from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from arkor_dash.errors import ProjectError
from arkor_dash.studio.context import Commands, StudioContext
from arkor_dash.studio.runs.manifest import ERROR_LIMIT, Manifest, ManifestReader
from arkor_dash.studio.state_dir import StateDir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.studio.process import MANIFEST, StudioProcess
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]
Read = Callable[..., Manifest]


@pytest.fixture
def read(project: Path, tmp_path: Path) -> Iterator[Read]:
    """Reads the manifest that a child process with the given code writes."""
    state = StateDir(tmp_path / "state")
    state.create()
    store = Store(sqlite_url(state.database))

    def run(code: str, limit_s: float = 30.0) -> Manifest:
        commands = Commands(manifest=(sys.executable, "-c", "import json, os, sys\n" + code))
        context = StudioContext(project, state, store, "", "", commands, manifest_limit_s=limit_s)
        return asyncio.run(ManifestReader(context).read())

    yield run
    store.close()


def error_of(read: Read, code: str, limit_s: float = 30.0) -> str:
    with pytest.raises(ProjectError) as failed:
        read(code, limit_s)
    return str(failed.value)


def writes(text: str) -> str:
    return f"open(sys.argv[2], 'w').write({text!r})\n"


@pytest.mark.parametrize(
    ("text", "trainer"), [('{"trainer": {"name": "a 名"}}', "a 名"), ('{"trainer": null}', None)]
)
def test_a_manifest_names_the_trainer_or_none(read: Read, text: str, trainer: str | None) -> None:
    assert read(writes(text)) == Manifest(trainer)


@pytest.mark.parametrize(
    ("config", "read_config"),
    [
        ('{"model": "a\\ud800", "maxSteps": 3}', {"model": "a\ufffd", "maxSteps": 3}),
        ("[1]", {}),
        ('{"deep": ' + "[" * 500 + "]" * 500 + "}", {}),
    ],
)
def test_a_manifest_has_the_trainers_config_if_it_can_be_sent(
    read: Read, config: str, read_config: dict[str, object]
) -> None:
    assert read(writes(f'{{"trainer": {{"name": "a", "config": {config}}}}}')) == Manifest("a", read_config)


def test_an_error_in_the_file_is_the_error(read: Read) -> None:
    content = '{"error": "src/arkor/index.py was not found."}'
    assert error_of(read, writes(content) + "sys.exit(1)") == "src/arkor/index.py was not found."


def test_the_projects_output_is_not_part_of_its_manifest(read: Read) -> None:
    code = 'print(\'{"trainer": {"name": "printed"}}\')\n' + writes('{"trainer": {"name": "written"}}')
    assert read(code + "print('x' * 10_000_000)") == Manifest("written")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("sys.exit(3)", "The project's build or import ended with exit code 3."),
        ("sys.exit()", "The project's build ended without writing a manifest."),
        ("os.kill(os.getpid(), 11)", "The project's build or import was killed by SIGSEGV"),
        ("os._exit(9)", "The project's build or import ended with exit code 9."),
        ("os.abort()", "The project's build or import was killed by SIGABRT"),
    ],
)
def test_a_child_that_ends_without_a_manifest_is_an_error(read: Read, code: str, error: str) -> None:
    assert error_of(read, code).startswith(error)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "null",
        "[]",
        "{}",
        '{"trainer": 1}',
        '{"trainer": {"name": 1}}',
        '{"trainer": {}}',
        '{"error": 5}',
        "[" * 100_000,
        "\x00" * 100,
    ],
)
def test_an_invalid_manifest_file_is_an_error(read: Read, text: str) -> None:
    assert error_of(read, writes(text)) == "The project's build ended without writing a manifest."


def test_a_manifest_file_that_is_too_large_is_an_error(read: Read) -> None:
    code = "json.dump({'trainer': {'name': 'x' * 2_000_000}}, open(sys.argv[2], 'w'))"
    assert "without writing a manifest" in error_of(read, code)


@pytest.mark.parametrize(
    "code", ["os.mkfifo(sys.argv[2])", "os.mkdir(sys.argv[2])", "os.symlink('/x', sys.argv[2])"]
)
def test_a_manifest_that_is_not_a_regular_file_is_an_error(read: Read, code: str) -> None:
    assert "without writing a manifest" in error_of(read, code)


@pytest.mark.parametrize(
    "code", ["os.mkfifo(log)", "os.mkdir(log)", "os.symlink('/dev/zero', log)", "os.symlink('/x', log)", ""]
)
def test_output_that_was_replaced_or_removed_counts_as_empty(read: Read, code: str) -> None:
    replaces = f"log = os.path.dirname(sys.argv[2]) + '/output.log'\nos.unlink(log)\n{code}\nsys.exit(3)"
    assert error_of(read, replaces) == "The project's build or import ended with exit code 3."


def test_a_crash_shows_only_the_frames_of_the_projects_files(read: Read, project: Path) -> None:
    (project / "index.py").write_text("import json\n\n\njson.loads('{')\n")
    error = error_of(read, "print('noise')\nsys.path.insert(0, os.getcwd())\nimport index")
    assert error == (
        "The project's build or import ended with exit code 1.\n"
        "Traceback (most recent call last):\n"
        f'  File "{project}/index.py", line 4, in <module>\n'
        "    json.loads('{')\n"
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)"
    )


def test_a_long_error_is_cut(read: Read) -> None:
    error = error_of(read, writes('{"error": "begins ' + "x" * 100_000 + ' ends"}'))
    assert len(error) <= ERROR_LIMIT
    assert (error[:6], error[-4:]) == ("begins", "ends")


def test_a_child_that_hangs_is_killed_with_all_its_processes(read: Read, project: Path) -> None:
    code = (
        "import signal\nos.fork()\nopen(f'{os.getpid()}.pid', 'w').close()\nprint('loading', flush=True)\n"
        "for s in (2, 15): signal.signal(s, signal.SIG_IGN)\nwhile True: signal.pause()"
    )
    error = error_of(read, code, limit_s=8)
    assert error.startswith(
        "The project took longer than 8 s to build and import.\nLast lines of its output:"
    )
    pids = [int(file.stem) for file in project.glob("*.pid")]
    assert len(pids) == 2
    wait_until(lambda: not any(map(psutil.pid_exists, pids)))


def test_a_child_that_stops_its_guardian_does_not_escape_the_time_limit(read: Read, project: Path) -> None:
    code = (
        "import signal\nopen(f'{os.getppid()}.pid', 'w').close()\nopen(f'{os.getpid()}.pid', 'w').close()\n"
        "while True: os.kill(os.getppid(), signal.SIGSTOP)"
    )
    assert error_of(read, code, limit_s=8).startswith("The project took longer than 8 s")
    pids = [int(file.stem) for file in project.glob("*.pid")]
    assert len(pids) == 2
    wait_until(lambda: not any(map(psutil.pid_exists, pids)))


def test_the_output_of_a_manifests_child_is_limited(read: Read) -> None:
    error = error_of(read, "for _ in range(2_000): print('x' * 10_000)\nsys.exit(1)")
    assert len(error) < ERROR_LIMIT + 200


def test_each_request_for_the_manifest_reads_it_again(launch: Launch, project: Path) -> None:
    studio = launch(manifest="import shutil, sys; shutil.copy('manifest.json', sys.argv[2])")
    (project / "manifest.json").write_text('{"trainer": {"name": "before"}}')
    assert studio.get("/api/manifest").json() == {"trainer": {"name": "before"}}
    with_config = {"trainer": {"name": "after", "config": {"maxSteps": 3}}}
    (project / "manifest.json").write_text(json.dumps(with_config))
    assert studio.get("/api/manifest").json() == with_config
    (project / "manifest.json").write_text('{"trainer": null}')
    assert studio.get("/api/manifest").json() == {"trainer": None}
    (project / "manifest.json").write_text('{"error": "a typo"}')
    answer = studio.get("/api/manifest")
    assert (answer.status_code, answer.json()) == (400, {"error": "a typo"})


def test_simultaneous_requests_share_the_next_build(launch: Launch, project: Path) -> None:
    counts = "open('builds', 'a').write('x'); import time; time.sleep(3)\n"
    studio = launch(manifest=counts + MANIFEST)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: studio.get("/api/manifest").json(), range(12)))
    assert answers == [{"trainer": {"name": "stub"}}] * 12
    assert (project / "builds").read_text() in ("x", "xx", "xxx")
