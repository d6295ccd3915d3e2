from __future__ import annotations

import json
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.studio.process import StudioProcess
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]

COMPLETES = """
print("Started job", JOB)
describe("named by its trainer", {"lr": 0.1})
send((1, "training.started", {}), (2, "training.log", {"step": 1, "loss": 2.5}))
send((3, "training.completed", {"artifacts": [{"kind": "model", "name": "m.npz", "sizeBytes": 7}]}))
print("done", file=sys.stderr)
"""
STEPS = """
import signal
steps = {signal.SIGUSR1, signal.SIGUSR2}
signal.pthread_sigmask(signal.SIG_BLOCK, steps)
print("up", flush=True)
while True:
    print("step", int(signal.sigwait(steps)), flush=True)
"""


def trainer_of(studio: StudioProcess) -> psutil.Process:
    wait_until(lambda: [p for p in studio.descendants() if "stub_trainer" in " ".join(p.cmdline()[:2])])
    return next(p for p in studio.descendants() if "stub_trainer" in " ".join(p.cmdline()[:2]))


def test_starting_a_run_is_answered_with_its_output_and_exit_code(launch: Launch) -> None:
    studio = launch(trainer=COMPLETES)
    job_id, output = studio.train()
    assert output == f"Started job {job_id}\ndone\n\n---\nexit=0\n"
    job = studio.job(job_id)
    assert (job["name"], job["status"], job["config"]) == ("named by its trainer", "completed", {"lr": 0.1})
    assert job["createdAt"] <= job["startedAt"] <= job["completedAt"]
    (artifact,) = studio.get(f"/api/jobs/{job_id}").json()["artifacts"]
    assert {**artifact, "createdAt": job["completedAt"]} == {
        "kind": "model",
        "name": "m.npz",
        "step": None,
        "sizeBytes": 7,
        "createdAt": job["completedAt"],
    }


def test_the_output_is_plain_text_in_chunks(launch: Launch) -> None:
    answer = launch(trainer="print('hello')").request("POST", "/api/train", json={})
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Transfer-Encoding"] == "chunked"


def test_the_job_is_listed_before_the_answer_begins(launch: Launch) -> None:
    studio = launch()
    job_id = studio.start()
    (job,) = studio.get("/api/jobs").json()["jobs"]
    assert (job["id"], job["status"], job["name"]) == (job_id, "queued", "my project")


def test_a_run_has_the_last_manifests_name_until_its_trainer_names_it(launch: Launch) -> None:
    studio = launch()
    assert studio.get("/api/manifest").json() == {"trainer": {"name": "stub"}}
    assert studio.job(studio.start())["name"] == "stub"


def test_the_trainer_runs_in_the_project_with_the_variables_of_its_run_and_no_secret(
    launch: Launch, project: Path
) -> None:
    code = (
        "print(json.dumps([os.getcwd(), dict(os.environ), sys.stdin.read()]));"
        "import arkor_dash; print(oct(os.umask(0)))"
    )
    secrets = {"ARKOR_CLOUD_TOKEN": "s3cret-c", "ARKOR_DASH_DATABASE_URL": "", "ARKOR_RUN_STALE": "s3cret-s"}
    studio = launch(trainer=code, env={**secrets, "MINE": "kept", "ARKOR_RECORD": "system"})
    job_id, output = studio.train()
    assert "s3cret" not in output
    assert "the-studio-token" not in output
    cwd, environment, stdin = json.loads(output.splitlines()[0])
    assert (cwd, stdin, environment["MINE"]) == (str(project), "", "kept")
    assert environment["ARKOR_RUN_URL"] == studio.url
    assert environment["ARKOR_RUN_JOB"] == job_id
    assert environment["ARKOR_RUN_DIR"] == str(studio.state / "runs" / job_id)
    assert environment["ARKOR_BUILD_DIR"] == str(studio.state / "build")
    assert environment["ARKOR_RECORD"] == "system"
    assert environment["PYTHONUNBUFFERED"] == "1"
    assert not [
        name for name in environment if name.startswith(("ARKOR_STUDIO", "ARKOR_CLOUD", "ARKOR_DASH"))
    ]


def test_a_second_run_is_refused_with_the_id_of_the_current_one(launch: Launch) -> None:
    studio = launch()
    job_id = studio.start()
    answer = studio.request("POST", "/api/train", json={})
    assert answer.status_code == 409
    assert answer.json() == {"error": "A run of this project is in progress.", "jobId": job_id}
    assert len(studio.get("/api/jobs").json()["jobs"]) == 1


def test_one_of_many_simultaneous_requests_starts_a_run(launch: Launch) -> None:
    studio = launch()

    def start(_: int) -> int:
        with studio.request("POST", "/api/train", json={}, stream=True) as answer:
            return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(start, range(8))) == [200] + [409] * 7


def test_a_run_can_start_after_another_has_ended(launch: Launch) -> None:
    studio = launch(trainer="print('once')")
    first, second = studio.train()[0], studio.train()[0]
    assert [job["id"] for job in studio.get("/api/jobs").json()["jobs"]] == [second, first]


def test_the_latest_run_is_reported_during_the_run_and_afterwards(launch: Launch) -> None:
    studio = launch()
    assert studio.get("/api/train").json() == {"run": None}
    job_id = studio.start()
    assert studio.get("/api/train").json() == {"run": {"jobId": job_id, "running": True, "exitCode": None}}
    trainer_of(studio).terminate()
    ended = {"run": {"jobId": job_id, "running": False, "exitCode": 143}}
    wait_until(lambda: studio.get("/api/train").json() == ended)


def test_readers_that_reconnect_or_come_later_get_the_output_from_the_start(launch: Launch) -> None:
    studio = launch(trainer=STEPS)
    job_id = studio.start()
    trainer = trainer_of(studio)
    wait_until(lambda: studio.output_holds(job_id, "up"))
    with studio.get(f"/api/jobs/{job_id}/output", stream=True) as first:
        lines = first.iter_lines(decode_unicode=True)
        assert next(lines) == "up"
        trainer.send_signal(signal.SIGUSR1)
        assert next(lines) == f"step {signal.SIGUSR1.value}"
    with studio.get(f"/api/jobs/{job_id}/output", stream=True) as second:
        lines = second.iter_lines(decode_unicode=True)
        assert [next(lines), next(lines)] == ["up", f"step {signal.SIGUSR1.value}"]
        trainer.send_signal(signal.SIGUSR2)
        assert next(lines) == f"step {signal.SIGUSR2.value}"
        trainer.terminate()
        assert list(lines) == ["", "---", "exit=143"]


def test_output_can_be_read_from_an_offset(launch: Launch) -> None:
    studio = launch(trainer="print('0123456789')")
    path = f"/api/jobs/{studio.train()[0]}/output"
    assert studio.get(path, params={"offset": 7}).text == "789\n\n---\nexit=0\n"
    assert studio.get(path, params={"offset": 10**17}).text == "\n---\nexit=0\n"
    assert studio.get(path).text == "0123456789\n\n---\nexit=0\n"


def test_a_run_can_be_started_with_other_config_values(launch: Launch, project: Path) -> None:
    entry = project / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(
        "from arkor_dash.sdk import create_arkor, create_trainer\n"
        "def train(run): print('config', sorted(run.config.items()))\n"
        "config = {'a': 1, 'b': [1], 'c': 'x'}\n"
        "arkor = create_arkor(trainer=create_trainer(name='t', train=train, config=config))\n"
    )
    studio = launch(trainer="os.execv(sys.executable, [sys.executable, '-m', 'arkor_dash', 'start'])")
    answer = studio.request(
        "POST", "/api/train", json={"config": {"a": 2.5, "b": None, "new": {"é": [True]}}}
    )
    whole = {"a": 2.5, "b": None, "c": "x", "new": {"é": [True]}}
    assert f"config {sorted(whole.items())}\n" in answer.text
    assert studio.job(answer.headers["X-Arkor-Job"])["config"] == whole
    assert studio.job(studio.train()[0])["config"] == {"a": 1, "b": [1], "c": "x"}


def test_a_jobs_config_is_known_even_if_its_trainer_never_reports_it(launch: Launch) -> None:
    studio = launch(trainer="sys.exit(1)")
    answer = studio.request("POST", "/api/train", json={"config": {"a": 1}})
    job_id = answer.headers["X-Arkor-Job"]
    assert studio.job(job_id)["config"] == {"a": 1}
    assert (studio.state / "runs" / job_id / "config.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[]", 400),
        (b"{", 400),
        (b'{"config": []}', 400),
        (b'{"config": {"a": "%s"}}' % (b"x" * 70_000), 413),
        (b"x" * 300_000, 413),
    ],
)
def test_a_run_with_an_invalid_config_is_not_started(launch: Launch, body: bytes, status: int) -> None:
    studio = launch()
    answer = studio.request("POST", "/api/train", data=body)
    assert (answer.status_code, "error" in answer.json()) == (status, True)
    assert studio.get("/api/jobs").json() == {"jobs": []}


@pytest.mark.parametrize("body", [b"", b"{}", b'{"config": null}'])
def test_a_run_without_a_config_has_its_trainers_own(launch: Launch, body: bytes) -> None:
    studio = launch(trainer="print(os.path.exists(os.environ['ARKOR_RUN_DIR'] + '/config.json'))")
    assert studio.request("POST", "/api/train", data=body).text.startswith("False\n")


def test_output_is_streamed_complete_and_unchanged(launch: Launch) -> None:
    studio = launch(trainer="sys.stdout.buffer.write(bytes(range(256)) * 8_000)")
    job_id, _ = studio.train()
    body = studio.get(f"/api/jobs/{job_id}/output").content
    assert body == bytes(range(256)) * 8_000 + b"\n---\nexit=0\n"


@pytest.mark.parametrize(("code", "shown"), [("sys.exit(3)", 3), ("os.abort()", 134), ("os._exit(255)", 255)])
def test_the_exit_code_is_that_of_a_shell(launch: Launch, code: str, shown: int) -> None:
    assert launch(trainer=code).train()[1].endswith(f"\n---\nexit={shown}\n")


def test_processes_that_a_trainer_leaves_behind_end_with_its_run(launch: Launch) -> None:
    studio = launch(
        trainer="import signal\nleft = os.fork()\nif left == 0: signal.pause()\n"
        "print(left)\nsend((1, 'training.completed', {}))"
    )
    job_id, output = studio.train()
    assert output.endswith("exit=0\n")
    assert studio.job(job_id)["status"] == "completed"
    left = int(output.splitlines()[0])
    wait_until(lambda: not psutil.pid_exists(left), what=f"the end of {left}")


def test_a_project_folder_that_is_gone_fails_the_run_with_a_reason(launch: Launch, tmp_path: Path) -> None:
    project = tmp_path / "removed"
    project.mkdir()
    studio = launch("--state-dir", str(tmp_path / "state"), project=project)
    project.rmdir()
    job_id, output = studio.train()
    assert "Can't run " in output
    assert output.endswith("exit=126\n")
    assert "No such file" in studio.job(job_id)["error"]
