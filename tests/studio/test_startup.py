from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from arkor_dash.studio import state_dir
from arkor_dash.studio.runs.children import child_environment
from arkor_dash.studio.state_dir import StateDir, default_state_dir
from arkor_dash.studio.storage.database import sqlite_url
from arkor_dash.studio.storage.store import Store
from tests.waiting import wait_until

from .process import ROOT, StudioProcess, read_line

Launch = Callable[..., StudioProcess]


def refused(studio: StudioProcess) -> str:
    """The error message of a Studio that does not start."""
    assert studio.process.wait(timeout=60) == 1
    assert studio.process.stdout.read() == ""
    message = studio.process.stderr.read()
    assert "Traceback" not in message
    return message


def modes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode)
        for path in (folder, *folder.rglob("*"))
    }


def test_the_module_starts_and_prints_its_address_on_one_line(project: Path) -> None:
    command = [sys.executable, "-m", "arkor_dash.studio", "--project", str(project), "--port", "0"]
    studio = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        url = json.loads(read_line(studio))["url"]
        token_file = project / ".arkor" / "studio-token"
        headers = {"X-Arkor-Studio-Token": token_file.read_text()}
        assert requests.get(f"{url}/api/jobs", headers=headers, timeout=20).json() == {"jobs": []}
        studio.send_signal(signal.SIGTERM)
        rest, errors = studio.communicate(timeout=60)
    finally:
        studio.kill()
        studio.wait(timeout=20)
    assert studio.returncode == 0
    assert rest == b""
    assert errors.decode() == f"The Studio's token is in {token_file}\n"
    assert headers["X-Arkor-Studio-Token"].encode() not in errors
    assert not token_file.exists()


def test_only_the_owner_can_read_the_studios_files(launch: Launch) -> None:
    studio = launch(trainer="print('x'); send((1, 'training.started', {}))", token="")
    studio.headers = {"X-Arkor-Studio-Token": (studio.state / "studio-token").read_text()}
    job_id, _ = studio.train()
    found = modes(studio.state)
    assert {name: mode for name, mode in found.items() if mode not in (0o600, 0o700)} == {}
    assert {f"runs/{job_id}/output.log", "studio.sqlite3", "studio.sqlite3-wal", "studio-token"} <= set(found)


def test_a_given_port_is_used(launch: Launch) -> None:
    port = 20_000 + os.getpid() % 10_000  # below those that the system gives to whoever asks for any
    assert launch("--port", str(port)).url == f"http://127.0.0.1:{port}"


def test_a_port_in_use_is_named_in_the_error(launch: Launch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = refused(launch("--port", str(port), wait=False))
    assert (
        message
        == f"The Studio did not start: Port {port} of 127.0.0.1 can't be used (Address already in use).\n"
    )


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_an_invalid_port_is_refused(launch: Launch, port: str) -> None:
    studio = launch("--port", port, wait=False)
    assert studio.process.wait(timeout=60) == 2
    assert "--port" in studio.process.stderr.read()


@pytest.mark.parametrize("seconds", ["-1", "inf", "nan", "x"])
def test_an_invalid_grace_period_is_refused(launch: Launch, seconds: str) -> None:
    studio = launch(f"--cancel-grace-s={seconds}", wait=False)
    assert studio.process.wait(timeout=60) == 2
    assert "--cancel-grace-s" in studio.process.stderr.read()


def test_a_missing_project_folder_is_refused(launch: Launch, tmp_path: Path) -> None:
    message = refused(launch("--state-dir", str(tmp_path / "s"), project=tmp_path / "no", wait=False))
    assert "there is no such folder" in message


def test_a_second_studio_on_the_same_folder_is_refused_and_changes_nothing(
    launch: Launch,
) -> None:
    first = launch()
    job_id = first.start()
    message = refused(launch(wait=False))
    assert f"Another Studio (process {first.process.pid}) uses {first.state}." in message
    assert first.job(job_id)["status"] == "queued"


def test_a_studio_waits_for_another_that_is_about_to_end(launch: Launch) -> None:
    first = launch()
    second = launch(wait=False)
    wait_until(lambda: (first.state / "studio.lock").read_text().strip() == str(first.process.pid))
    first.stop()
    assert json.loads(read_line(second.process))["url"]


def test_a_file_that_is_not_a_database_is_refused(launch: Launch, project: Path) -> None:
    (project / ".arkor").mkdir()
    (project / ".arkor" / "studio.sqlite3").write_bytes(b"no database" * 1_000)
    assert refused(launch(wait=False)).startswith(
        f"The Studio did not start: {project / '.arkor' / 'studio.sqlite3'} is not a database of SQLite."
    )


@pytest.mark.parametrize(
    "url", ["postgresql+nodriver://u:s3cret@h/d", "no url s3cret", "sqlite:////no/s3cret/x"]
)
@pytest.mark.parametrize("by_environment", [True, False])
def test_the_error_of_an_unusable_database_url_does_not_show_its_password(
    launch: Launch, url: str, by_environment: bool
) -> None:
    if by_environment:
        message = refused(launch(wait=False, env={"ARKOR_DASH_DATABASE_URL": url}))
    else:
        message = refused(launch("--database-url", url, wait=False))
    assert "the database of --database-url can't be opened" in message
    assert "s3cret" not in message


def test_the_database_can_be_elsewhere(launch: Launch, tmp_path: Path) -> None:
    studio = launch("--database-url", f"sqlite:///{tmp_path}/other.sqlite3", trainer="print(1)")
    job_id, _ = studio.train()
    with sqlite3.connect(tmp_path / "other.sqlite3") as other:
        assert other.execute("select id from jobs").fetchall() == [(job_id,)]
    assert not (studio.state / "studio.sqlite3").exists()


def test_a_full_disk_at_the_start_gives_an_error_message(project: Path) -> None:
    state = StateDir(project / ".arkor")
    state.create()
    with Store(sqlite_url(state.database)) as store:
        for number in range(40):
            store.create_job(f"job_{number}", "a name " * 1_000, datetime.now(UTC))
    # A limit on file sizes stands for a full disk. SQLite's shared memory stays below it.
    code = (
        "import resource, sys; from arkor_dash.studio.__main__ import main; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000)); sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "--project", str(project)]
    studio = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (studio.returncode, studio.stdout) == (1, "")
    assert studio.stderr.startswith(f"The Studio did not start: {state.database} can't be written.")
    assert "Traceback" not in studio.stderr


def test_idle_connections_do_not_block_new_ones(project: Path) -> None:
    # A low soft limit and a higher hard limit, as a usual login has.
    limits = "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (64, r.getrlimit(r.RLIMIT_NOFILE)[1])); "
    main = "import sys; from arkor_dash.studio.__main__ import main; sys.exit(main())"
    command = [sys.executable, "-c", limits + main, "--project", str(project)]
    env = {**os.environ, "ARKOR_STUDIO_TOKEN": "t"}
    with (
        contextlib.ExitStack() as open_until_the_end,
        subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=subprocess.PIPE
        ) as studio,  # has a limit: killed below
    ):
        try:
            url = json.loads(read_line(studio))["url"]
            for _ in range(100):
                address = ("127.0.0.1", int(url.rpartition(":")[2]))
                idle = open_until_the_end.enter_context(socket.create_connection(address, timeout=20))
                idle.sendall(b"GET /api/jobs HTTP/1.1\r\n")
            answer = requests.get(f"{url}/api/jobs", headers={"X-Arkor-Studio-Token": "t"}, timeout=20)
            assert answer.json() == {"jobs": []}
        finally:
            studio.kill()


def test_jobs_of_another_studio_in_a_shared_database_are_left_alone(launch: Launch, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.sqlite3"
    first = launch("--database-url", url)
    job_id = first.start()
    second = launch("--database-url", url, "--state-dir", str(tmp_path / "second"))
    assert second.job(job_id)["status"] == "queued"
    assert second.get("/api/train").json() == {"run": None}
    assert second.get(f"/api/jobs/{job_id}/output").status_code == 404


def test_a_state_folder_that_can_not_be_created_is_refused(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = refused(launch("--state-dir", str(tmp_path / "file" / "state"), wait=False))
    assert "should be a folder that can be written" in message


def test_the_state_folder_is_in_the_project_or_in_the_users_data_if_the_project_is_read_only(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_state_dir(project).root == project / ".arkor"
    assert stat.S_IMODE((project / ".arkor").stat().st_mode) == 0o700
    monkeypatch.setattr(state_dir, "user_data_path", lambda name: tmp_path / name)
    # A file in place of the folder stands for a read-only file system, since root can write anywhere.
    other = tmp_path / "other" / "project"
    other.mkdir(parents=True)
    (other / ".arkor").write_text("")
    first, second = default_state_dir(other).root, default_state_dir(other).root
    assert first == second
    assert first.parent == tmp_path / "arkor-dash" / "projects"
    assert first.name.startswith("project-")


def test_a_childs_environment_has_no_secrets_of_the_studio_the_dashboard_or_the_database() -> None:
    secret = [
        *("ARKOR_STUDIO_TOKEN", "ARKOR_CLOUD_TOKEN", "ARKOR_DASH_DATABASE_URL", "ARKOR_RUN_TOKEN"),
        *("STREAMLIT_SERVER_COOKIE_SECRET", "STREAMLIT_SERVER_SSL_KEY_PASSWORD", "PGPASSWORD", "PGHOST"),
    ]
    environment = child_environment({**dict.fromkeys(secret, "s3cret"), "HF_TOKEN": "the user's own"})
    assert "s3cret" not in environment.values()
    assert environment["HF_TOKEN"] == "the user's own"


def test_a_childs_environment_has_the_path_of_this_package_after_the_users_own() -> None:
    environment = child_environment({"PYTHONPATH": "/mine", "HOME": "/h"}, X="1")
    assert environment == {
        "PYTHONPATH": f"/mine:{ROOT}",
        "HOME": "/h",
        "PYTHONUNBUFFERED": "1",
        "X": "1",
    }
