"""The output and the events of a project's run, from start to end."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.waiting import wait_until

from .project_folder import Project
from .trainer_server import TrainerServer


def test_a_run_prints_the_same_lines_as_the_typescript_sdk(project: Project) -> None:
    project.train("for step in (1, 2): run.log(step, loss=2.749583 / step)")
    ended = project("start")
    first, *steps, last = ended.stdout.splitlines()
    job = first.removeprefix("Started job ")
    assert job.startswith("job_local_")
    assert steps == ["step=1 loss=2.749583", "step=2 loss=1.374791"]
    assert last == f"Job {job} finished with status=completed"
    assert ended.returncode == 0
    assert ended.stderr.startswith(
        "Not reporting to a Studio (ARKOR_RUN_URL, ARKOR_RUN_JOB, ARKOR_RUN_TOKEN not set)"
    )
    assert ended.stderr.count("\n") == 1


def test_a_completed_run_is_reported_from_start_to_end(project: Project, server: TrainerServer) -> None:
    run_dir = project.report_to(server)
    project.train(
        """
        open("model.bin", "w").write("abc")
        run.log(1, loss=float("nan"), learning_rate=0.5)
        run.save_checkpoint(1, "model.bin")
        run.save_artifact("model.bin")
        """,
        config='{"model": "tiny", "maxSteps": 1}',
    )
    ended = project("start")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert server.announced == [{"name": "tiny", "config": {"model": "tiny", "maxSteps": 1}}]
    assert [event["event"] for event in server.stored] == [
        "training.started",
        "training.log",
        "checkpoint.saved",
        "training.completed",
    ]
    for event in server.stored:
        assert (event["data"]["type"], event["data"]["jobId"]) == (event["event"], "job-1")
    (completed,) = server.of("training.completed")
    assert completed["artifacts"] == [{"kind": "artifact", "name": "model.bin", "sizeBytes": 3}]
    kept = [path.relative_to(run_dir).as_posix() for path in run_dir.rglob("*") if path.is_file()]
    assert sorted(kept) == ["artifacts/checkpoint-1/model.bin", "artifacts/model.bin"]


def test_a_failed_run_prints_the_projects_frames_and_reports_the_error(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.write("def explode():\n    raise ValueError('loss is <b>nan</b>')\n", "src/arkor/steps.py")
    project.train("import steps\nrun.log(7, loss=1)\nsteps.explode()")
    ended = project("start")
    assert ended.returncode == 1
    assert ended.stdout.endswith("Job job-1 finished with status=failed\n")
    (failed,) = server.of("training.failed")
    assert (failed["error"], failed["step"]) == ("ValueError: loss is <b>nan</b>", 7)
    assert 'File "src/arkor/index.py", line 6, in train' in ended.stderr
    assert 'File "src/arkor/steps.py", line 2, in explode' in ended.stderr
    assert "raise ValueError('loss is <b>nan</b>')" in ended.stderr
    assert "arkor_dash/sdk" not in ended.stderr
    assert "arkor_dash/__main__" not in ended.stderr
    assert "importlib" not in ended.stderr


def test_a_wrong_argument_of_log_is_traced_to_the_line_that_passed_it(project: Project) -> None:
    project.train("run.log(1, loss='high')")
    ended = project("start")
    assert ended.stderr.endswith("TypeError: loss must be a number, got str\n")
    assert "run.log(1, loss='high')" in ended.stderr
    assert "values.py" not in ended.stderr


@pytest.mark.parametrize(
    ("body", "code", "error"),
    [
        ("sys.exit(3)", 3, "SystemExit: sys.exit(3) was called before the training was done"),
        ("sys.exit(0)", 1, "SystemExit: sys.exit(0) was called before the training was done"),
        ("raise KeyboardInterrupt", 130, "KeyboardInterrupt: interrupted before the training was done"),
        ("raise MemoryError", 1, "MemoryError"),
        ("raise ValueError('é\\udc80' + 'x' * 10**6)", 1, "ValueError: é?xxx"),
    ],
)
def test_every_early_exit_is_reported_as_a_failure_with_its_cause(
    project: Project, server: TrainerServer, body: str, code: int, error: str
) -> None:
    project.report_to(server)
    project.train(body)
    assert project("start").returncode == code
    (failed,) = server.of("training.failed")
    assert failed["error"].startswith(error)
    assert len(failed["error"]) < 21_000
    assert not server.of("training.completed")


def test_a_cancelled_run_can_save_and_is_reported_as_cancelled(
    project: Project, server: TrainerServer
) -> None:
    run_dir = project.report_to(server)
    project.train(
        """
        print("before", run.cancelled, flush=True)
        open(os.path.join(os.environ["ARKOR_RUN_DIR"], "ready"), "w").close()
        child = os.fork()
        while not run.cancelled: pass
        if child == 0: os._exit(0)
        os.waitpid(child, 0)
        open("left", "w").close()
        run.save_artifact("left")
        """,
        callbacks="{'on_completed': print, 'on_failed': print}",
    )
    with project.start_process("start") as process:
        wait_until((run_dir / "ready").exists)
        (run_dir / "cancel").touch()
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "before False" in out
    assert out.endswith("Job job-1 finished with status=cancelled\n")
    assert "Completed(" not in out
    assert [event["event"] for event in server.stored] == ["training.started", "training.cancelled"]
    assert server.of("training.cancelled")[0]["artifacts"] == [
        {"kind": "artifact", "name": "left", "sizeBytes": 0}
    ]


@pytest.mark.parametrize("content", ["{", "[1]", "7", '"x"'])
def test_an_unreadable_config_file_ends_the_run_before_the_training(
    project: Project, server: TrainerServer, content: str
) -> None:
    run_dir = project.report_to(server)
    (run_dir / "config.json").write_text(content)
    project.train("print('trained')")
    ended = project("start")
    assert ended.returncode == 1
    assert "the config that this run was started with, can't be read" in ended.stderr
    assert "trained" not in ended.stdout


def test_ctrl_c_ends_the_run_as_failed(project: Project, server: TrainerServer) -> None:
    project.report_to(server)
    project.train("import threading\nrun.log(1, loss=1)\nthreading.Event().wait()")
    with project.start_process("start") as process:
        wait_until(lambda: server.of("training.log"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert server.of("training.failed")[0]["error"].startswith("KeyboardInterrupt")
    assert "Traceback" in err


def test_an_exception_in_a_callback_is_printed_once_and_does_not_end_the_training(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        "for step in range(1, 6): run.log(step, loss=1)",
        callbacks="{'on_log': lambda log: 1 / 0, 'on_completed': lambda done: print('done', done.job_id)}",
    )
    ended = project("start")
    assert ended.returncode == 0
    assert len(server.of("training.log")) == 5
    assert ended.stderr.count("ZeroDivisionError") == 1
    assert "on_log raised this exception. The training continues." in ended.stderr
    assert "on_log raised 5 times" in ended.stderr
    assert "done job-1" in ended.stdout


def test_a_callback_can_end_the_training_with_sys_exit(project: Project, server: TrainerServer) -> None:
    project.report_to(server)
    project.train(
        "for step in range(1, 6): run.log(step, loss=1)", callbacks="{'on_log': lambda log: sys.exit(4)}"
    )
    assert project("start").returncode == 4
    assert len(server.of("training.log")) == 1
    assert server.of("training.failed")


def test_all_five_callbacks_are_called_in_order(project: Project) -> None:
    project.train(
        """
        run.log(1, loss=1)
        open("model.bin", "w").close()
        run.save_checkpoint(1, "model.bin")
        if os.environ.get("FAIL"):
            raise ValueError("as asked")
        """,
        callbacks="{name: lambda report, name=name: print(name, type(report).__name__) "
        "for name in ('on_started', 'on_log', 'on_checkpoint', 'on_completed', 'on_failed')}",
    )
    calls = [line for line in project("start").stdout.splitlines() if line.startswith("on_")]
    assert calls == [
        "on_started Started",
        "on_log Logged",
        "on_checkpoint CheckpointSaved",
        "on_completed Completed",
    ]
    project.environment["FAIL"] = "1"
    calls = [line for line in project("start").stdout.splitlines() if line.startswith("on_")]
    assert calls[-1] == "on_failed Failed"


def test_a_project_records_its_environment_with_the_version_of_its_own_folder(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.environment |= {
        "ARKOR_RECORD": "",
        "ARKOR_BUILD_DIR": str(project.folder / "build"),
        "API_KEY": "s3cret",
    }
    project.train("run.log(1, loss=1)")
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "-q"), ("add", "src"), ("commit", "-qm", "first")):
        subprocess.run(["git", *identity, *arguments], cwd=project.folder, check=True, timeout=60)
    ended = project("start")
    assert (ended.returncode, ended.stderr) == (0, "")
    (recorded,) = server.of("training.environment")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (recorded["commit"], recorded["hasChanges"]) == (head.stdout.strip(), False)
    assert recorded["command"].endswith("-m arkor_dash start")
    assert "s3cret" not in str(server.stored)
    names = [event["event"] for event in server.stored]
    assert (names[0], names[-1]) == ("training.started", "training.completed")
