"""Scripts that open their own job: `with arkor_dash.sdk.init() as run:`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arkor_dash.protocol.discovery import running_studios
from arkor_dash.protocol.fields import parse_time
from arkor_dash.sdk.reporting.connection import UNFINISHED
from tests.notices import without_wait
from tests.studio.process import ROOT, TOKEN, StudioProcess, read_line
from tests.studio.script import Script, only_studio, starting
from tests.waiting import wait_until

Start = Callable[..., Script]
NOBODY = (
    "Not reporting: no dashboard was found on this machine. Start one, or pass url and token. "
    "The training runs anyway.\n"
)


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with only_studio(tmp_path_factory) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts scripts. Each is killed after the test."""
    with starting(tmp_path) as start:
        yield start


def names(studio: StudioProcess, job_id: str) -> list[str]:
    return [frame[1] for frame in studio.events(job_id)]


def test_a_script_finds_the_studio_and_reports_until_its_with_block_ends(
    studio, start: Start, tmp_path
) -> None:
    script = start(arguments="name='mine', config={'learningRate': 0.1}")
    job = studio.job(script.job_id)
    assert (job["name"], job["status"], job["config"]) == ("mine", "running", {"learningRate": 0.1})
    assert job["startedAt"] is not None
    script.execute("run.log(1, loss=2.5, learning_rate=0.1)")
    (tmp_path / "model.npz").write_text("abc")
    script.execute("run.save_checkpoint(1, 'model.npz'); run.save_artifact('model.npz')")
    assert script.end() == (0, "", "")
    assert studio.job(script.job_id)["status"] == "completed"
    frames = list(studio.events(script.job_id))
    reported = ["training.started", "training.log", "checkpoint.saved", "training.completed", "end"]
    assert [frame[1] for frame in frames] == reported
    assert frames[1][2]["learningRate"] == 0.1
    listed = studio.get(f"/api/jobs/{script.job_id}").json()["artifacts"]
    assert [each["name"] for each in listed] == ["checkpoint-1/model.npz", "model.npz"]
    assert (studio.state / "runs" / script.job_id / "artifacts" / "model.npz").read_text() == "abc"
    assert not (studio.state / "runs" / script.job_id / "spool.jsonl").exists()
    assert studio.get(f"/api/jobs/{script.job_id}/output").status_code == 404


def test_an_error_fails_the_job_with_the_scripts_own_frames(studio, start: Start) -> None:
    code = """
import json
import arkor_dash.sdk
def parse(text):
    return json.loads(text)
with arkor_dash.sdk.init() as run:
    print(run.job_id, flush=True)
    run.log(7, loss=1.0)
    parse("{")
"""
    script = start(code)
    exit_code, _, err = script.end()
    assert exit_code == 1
    assert "JSONDecodeError" in err
    job = studio.job(script.job_id)
    assert (job["name"], job["status"]) == ("my_script", "failed")
    first, *rest = job["error"].splitlines()
    assert first.startswith("json.decoder.JSONDecodeError: ")
    frames = [line.strip() for line in rest if line.startswith('  File "')]
    assert frames == [
        f'File "{script.path}", line 9, in <module>',
        f'File "{script.path}", line 5, in parse',
    ]
    assert "    return json.loads(text)" in rest
    assert list(studio.events(script.job_id))[-2][2]["step"] == 7


BARE = """
import sys
import arkor_dash.sdk
run = arkor_dash.sdk.init()
print(run.job_id, flush=True)
"""
IN_WITH = "with run:\n    "


@pytest.mark.parametrize(
    ("code", "exit_code", "ended"),
    [
        ("run.finish(); run.finish()", 0, "completed: None"),
        ("", 0, f"failed: {UNFINISHED}"),
        ("sys.exit(3)", 3, f"failed: {UNFINISHED}"),
        ("raise OSError('no disk')", 1, "failed: OSError: no disk\n  File"),
        ("run.finish(ValueError('bad'))", 0, "failed: ValueError: bad"),
        (IN_WITH + "sys.exit(0)", 0, "completed: None"),
        (IN_WITH + "sys.exit(3)", 3, "failed: SystemExit: 3\n  File"),
        (IN_WITH + "raise KeyboardInterrupt", -signal.SIGINT, "cancelled: KeyboardInterrupt\n  File"),
    ],
)
def test_a_scripts_job_has_the_outcome_of_the_script(studio, start: Start, code, exit_code, ended) -> None:
    script = start(BARE + code)
    assert script.end()[0] == exit_code
    job = studio.job(script.job_id)
    assert f"{job['status']}: {job['error']}".startswith(ended)


def test_a_forked_child_that_leaves_the_with_block_does_not_end_the_job(studio, start: Start) -> None:
    script = start(
        BARE + IN_WITH + "import os\n    if os.fork() == 0: sys.exit(5)\n    os.wait(); run.log(1)"
    )
    assert script.end() == (0, "", "")
    assert names(studio, script.job_id) == ["training.started", "training.log", "training.completed", "end"]
    assert not (studio.state / "runs" / script.job_id / "spool.jsonl").exists()


def test_a_script_records_its_environment_once_whatever_forks_and_finishes_twice(
    studio, start: Start
) -> None:
    end = "    if os.fork() == 0: sys.exit(5)\n    os.wait(); run.log(1)\nrun.finish(); run.finish()"
    script = start(BARE + IN_WITH + "import os\n" + end, ARKOR_RECORD="")
    assert script.end() == (0, "", "")
    recorded = [frame for frame in studio.events(script.job_id) if frame[1] == "training.environment"]
    assert len(recorded) == 1
    assert recorded[0][2]["command"].endswith("my_script.py")
    reported = [name for name in names(studio, script.job_id) if name != "training.environment"]
    assert reported == ["training.started", "training.log", "training.completed", "end"]


def test_an_interrupt_cancels_the_job(studio, start: Start) -> None:
    script = start()
    script.process.send_signal(signal.SIGINT)
    script.end()
    assert studio.job(script.job_id)["status"] == "cancelled"


def test_a_new_run_in_the_same_process_ends_the_one_before(studio, start: Start) -> None:
    code = BARE + "run = arkor_dash.sdk.init()\nprint(run.job_id, flush=True)\nsys.stdin.read()\nrun.finish()"
    script = start(code)
    second = read_line(script.process).strip()
    wait_until(lambda: studio.job(script.job_id)["status"] == "failed")
    assert studio.job(script.job_id)["error"] == UNFINISHED
    assert studio.job(second)["status"] == "running"
    assert script.end() == (0, "", "")
    assert studio.job(second)["status"] == "completed"


def test_reports_after_the_end_are_dropped_with_one_warning(studio, start: Start) -> None:
    script = start(BARE + "run.log(1)\nrun.finish()\nrun.log(2)\nrun.log(3)\nassert not run.cancelled")
    assert script.end() == (
        0,
        "",
        "training.log was reported after run.finish(). This event and later ones are dropped.\n",
    )
    assert names(studio, script.job_id) == ["training.started", "training.log", "training.completed", "end"]


def test_without_a_studio_a_script_trains_and_prints_one_line_about_it(start: Start, tmp_path) -> None:
    (tmp_path / "model.npz").write_text("abc")
    script = start(XDG_DATA_HOME=str(tmp_path / "nobody"))
    script.execute("run.log(1, loss=2.5)")
    script.execute("assert run.save_artifact('model.npz').path.samefile('model.npz')")
    script.execute("assert not run.cancelled")
    assert script.end() == (0, "", NOBODY)


@pytest.mark.parametrize("by", ["arguments", "environment"])
def test_a_script_can_be_given_the_address_of_the_studio(studio, start: Start, tmp_path, by: str) -> None:
    elsewhere = {"XDG_DATA_HOME": str(tmp_path / "nobody")}
    if by == "arguments":
        script = start(arguments=f"url={studio.url + '/'!r}, token={TOKEN!r}", **elsewhere)
    else:
        script = start(ARKOR_STUDIO_URL=studio.url, ARKOR_STUDIO_TOKEN=TOKEN, **elsewhere)
    assert studio.job(script.job_id)["status"] == "running"
    assert script.end() == (0, "", "")


def test_a_studio_given_without_a_token_uses_the_token_of_its_record(studio, start: Start) -> None:
    script = start(arguments=f"url={studio.url!r}")
    assert studio.job(script.job_id)["status"] == "running"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("url={url!r}, token='wrong'", "it refuses the token (HTTP 403)"),
        ("url={url!r} + '/elsewhere', token='x'", "it refuses the token (HTTP 403)"),
        ("url='http://127.0.0.1:1', token='x'", "no answer (ConnectionError)"),
        ("url='nonsense', token='x'", "can't be used"),
    ],
)
def test_a_script_whose_run_is_refused_trains_and_prints_one_line_about_it(
    studio, start: Start, arguments, why
) -> None:
    script = start(arguments=arguments.format(url=studio.url))
    assert script.job_id.startswith("job_local_")
    exit_code, _, err = script.end()
    assert exit_code == 0
    assert why in err
    assert err.count("\n") == 1


def test_a_script_can_read_that_it_was_cancelled_and_its_job_ends_as_cancelled(
    studio, start: Start, tmp_path
) -> None:
    script = start("""
import time
import arkor_dash.sdk
with arkor_dash.sdk.init() as run:
    print(run.job_id, flush=True)
    while not run.cancelled:
        time.sleep(0.01)
    open("saved", "w").close()
    run.save_artifact("saved")
""")
    answer = studio.request("POST", f"/api/jobs/{script.job_id}/cancel")
    assert (answer.status_code, answer.json()["job"]["status"]) == (202, "cancelling")
    assert script.end() == (0, "", "")
    assert studio.job(script.job_id)["status"] == "cancelled"
    assert [each["name"] for each in studio.get(f"/api/jobs/{script.job_id}").json()["artifacts"]] == [
        "saved"
    ]
    assert studio.request("POST", f"/api/jobs/{script.job_id}/cancel").status_code == 409


def opener(studio: StudioProcess) -> dict[str, str]:
    (record,) = running_studios()
    assert record.url == studio.url
    return {"X-Arkor-Studio-Token": record.token}


def opened(studio: StudioProcess, name: str = "x") -> tuple[str, dict[str, str]]:
    answer = studio.request("POST", "/api/jobs", json={"name": name}, headers=opener(studio))
    assert answer.status_code == 200, answer.text
    return answer.json()["job"]["id"], {"X-Arkor-Studio-Token": answer.json()["token"]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("GET", path) for path in ("/api/credentials", "/api/manifest", "/api/jobs", "/api/jobs/{job}")),
        *(("GET", f"/api/jobs/{{job}}/{what}") for what in ("events", "output")),
        *(
            ("POST", f"/api/jobs/{{job}}/{what}")
            for what in ("events", "events.jsonl", "heartbeat", "cancel")
        ),
        *(("POST", "/api/train"), ("PUT", "/api/jobs/{job}"), ("PUT", "/api/jobs"), ("DELETE", "/api/jobs")),
        *((method, "/api/jobs/{job}") for method in ("PATCH", "DELETE")),
    ],
)
def test_the_token_in_the_record_for_scripts_only_opens_jobs_and_reads_their_events(
    studio, method, path
) -> None:
    job_id, _ = opened(studio)
    answer = studio.request(method, path.format(job=job_id), json={}, headers=opener(studio))
    assert answer.status_code == 403
    assert studio.get(f"/api/jobs/{job_id}/events.jsonl", headers=opener(studio)).status_code == 200


def test_a_runs_token_only_works_for_its_own_job(studio) -> None:
    job_id, own = opened(studio)
    other_id, others = opened(studio)
    log = json.dumps({"events": [{"seq": 1, "event": "training.log", "data": {"step": 1}}]})
    for path in (f"/api/jobs/{job_id}/events", f"/api/jobs/{job_id}/heartbeat"):
        assert studio.request("POST", path, data=log, headers=own).status_code == 200
        assert studio.request("POST", path, data=log, headers=others).status_code == 403
    assert studio.request("POST", "/api/jobs", json={"name": "x"}, headers=own).status_code == 403
    assert studio.get(f"/api/jobs/{other_id}", headers=own).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": " "}, 400),
        ({"name": "x", "config": []}, 400),
        ({"name": "x", "config": {"a": "b" * 70_000}}, 413),
    ],
)
def test_a_job_with_an_invalid_description_is_not_opened(studio, body, status) -> None:
    before = studio.get("/api/jobs").json()
    answer = studio.request("POST", "/api/jobs", json=body, headers=opener(studio))
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert studio.get("/api/jobs").json() == before


def test_the_heartbeat_of_a_job_that_has_ended_is_refused(studio) -> None:
    job_id, own = opened(studio)
    beat = lambda: studio.request("POST", f"/api/jobs/{job_id}/heartbeat", headers=own)  # noqa: E731
    assert (beat().status_code, beat().json()) == (200, {"cancelling": False})
    end = {"events": [{"seq": 1, "event": "training.completed", "data": {}}]}
    studio.request("POST", f"/api/jobs/{job_id}/events", json=end, headers=own)
    assert beat().status_code == 410


def test_scripts_run_beside_each_other_and_beside_the_studios_own_run(
    launch, start: Start, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    studio = launch()
    first, own, second = start(), studio.start(), start()
    first.execute("run.log(1, loss=1.0)")
    second.execute("run.log(2, loss=2.0)")
    assert studio.get("/api/train").json()["run"] == {"jobId": own, "running": True, "exitCode": None}
    assert studio.request("POST", "/api/train", json={}).status_code == 409
    assert [first.end()[0], second.end()[0]] == [0, 0]
    assert {job["id"]: job["status"] for job in studio.get("/api/jobs").json()["jobs"]} == {
        first.job_id: "completed",
        own: studio.job(own)["status"],
        second.job_id: "completed",
    }
    studio.stop()
    assert launch().get("/api/train").json()["run"] == {"jobId": own, "running": False, "exitCode": 137}


def test_init_in_a_run_of_the_studio_reports_to_that_runs_job(launch) -> None:
    studio = launch(
        trainer="import arkor_dash.sdk\n"
        "with arkor_dash.sdk.init(name='from within') as run:\n"
        "    assert run.job_id == JOB\n"
        "    run.log(1, loss=1.0)"
    )
    job_id, _ = studio.train()
    assert (studio.job(job_id)["name"], studio.job(job_id)["status"]) == ("from within", "completed")
    assert names(studio, job_id) == ["training.started", "training.log", "training.completed", "end"]
    assert len(studio.get("/api/jobs").json()["jobs"]) == 1


@pytest.mark.timeout(900)
def test_the_example_script_is_a_normal_job(studio, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "any_script.py"), "--steps", "40"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert (done.returncode, done.stdout, without_wait(done.stderr)) == (0, "", "")
    job = studio.get("/api/jobs").json()["jobs"][0]
    assert (job["name"], job["status"], job["config"]["maxSteps"]) == ("fit a line", "completed", 40)
    logs = [data for _, name, data in studio.events(job["id"]) if name == "training.log"]
    assert [log["step"] for log in logs] == list(range(1, 41))
    assert [log["step"] for log in logs if "evalLoss" in log] == [20, 40]
    assert logs[-1]["loss"] < logs[0]["loss"]
    (kept,) = studio.get(f"/api/jobs/{job['id']}").json()["artifacts"]
    assert kept["name"] == "line.txt"


def seconds_until_failed(studio: StudioProcess, job_id: str, since: float) -> float:
    wait_until(lambda: studio.job(job_id)["status"] == "failed", timeout_s=100)
    failed_at = parse_time(studio.job(job_id)["completedAt"])
    assert failed_at is not None
    return failed_at.timestamp() - since


@pytest.mark.timeout(900)
def test_a_killed_script_fails_within_30_s_and_one_without_events_goes_on(studio, start: Start) -> None:
    # The limit is a requirement, not a guess. A busy machine may exceed it now and then, but not three times.
    quiet = start()

    def fails_within_30_s() -> bool:
        killed = start()
        killed.execute("run.log(1, loss=1.0)")
        frames = studio.events(killed.job_id)
        assert [next(frames)[1], next(frames)[1]] == ["training.started", "training.log"]
        killed_at = time.time()
        killed.kill()
        took_s = seconds_until_failed(studio, killed.job_id, killed_at)
        assert took_s > 20
        assert "The script has not reported for 25 s" in studio.job(killed.job_id)["error"]
        assert [frame[1] for frame in frames] == ["training.failed", "end"]
        return took_s < 30

    assert any(fails_within_30_s() for _ in range(3))
    assert studio.job(quiet.job_id)["status"] == "running"
    assert quiet.end() == (0, "", "")
    assert studio.job(quiet.job_id)["status"] == "completed"


@pytest.mark.timeout(900)
def test_scripts_outlive_the_studio_and_report_to_the_next_one(
    launch, start: Start, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    before = launch()
    alive, dead = start(), start()
    alive.execute("run.log(1, loss=1.0)")
    frames = before.events(alive.job_id)
    assert [next(frames)[1], next(frames)[1]] == ["training.started", "training.log"]
    before.process.kill()
    before.process.wait(timeout=20)
    dead.kill()
    stranger = launch("--port", before.url.rpartition(":")[2], project=tmp_path)
    assert stranger.url == before.url
    alive.execute("run.log(2, loss=1.0)")
    wait_until(lambda: "another Studio answers in its place" in alive.stderr())
    began_at = time.time()
    after = launch()
    assert after.url != before.url
    assert [after.job(script.job_id)["status"] for script in (alive, dead)] == ["running", "running"]
    assert seconds_until_failed(after, dead.job_id, began_at) > 20
    assert after.job(alive.job_id)["status"] == "running"
    assert alive.end()[0] == 0
    assert stranger.get("/api/jobs").json() == {"jobs": []}
    assert after.job(alive.job_id)["status"] == "completed"
    assert names(after, alive.job_id) == [
        "training.started",
        *["training.log"] * 2,
        "training.completed",
        "end",
    ]
