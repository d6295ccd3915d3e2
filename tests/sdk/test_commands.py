from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from tests.waiting import wait_until

from .trainer_server import TOKEN, TrainerServer

PACKAGES = Path(__file__).resolve().parents[2]


class Project:
    """A Python project in a folder, and the commands run in it as a person or a Studio runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("ARKOR_")
        }
        self.environment |= {"PYTHONPATH": str(PACKAGES), "PYTHONUTF8": "1"}

    def write(self, text: str, name: str = "src/arkor/index.py") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def train(self, body: str, **arguments: str) -> None:
        """Write a project whose training function has this body."""
        further = "".join(f", {name}={value}" for name, value in arguments.items())
        self.write(
            "import os, sys\n"
            "from arkor_dash.sdk import create_arkor, create_trainer\n"
            "def train(run):\n"
            f"{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
            f"arkor = create_arkor(trainer=create_trainer(name='tiny', train=train{further}))\n"
        )

    def report_to(self, server: TrainerServer, flush_s: float = 20) -> Path:
        run_dir = self.folder / "run"
        run_dir.mkdir()
        self.environment |= {
            "ARKOR_RUN_URL": server.url,
            "ARKOR_RUN_JOB": "job-1",
            "ARKOR_RUN_TOKEN": TOKEN,
            "ARKOR_RUN_DIR": str(run_dir),
            "ARKOR_RUN_FLUSH_S": str(flush_s),
        }
        return run_dir

    def start_process(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "arkor_dash", *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with self.start_process(*arguments) as process:
            try:
                out, err = process.communicate(timeout=60)
            except BaseException:
                process.kill()
                raise
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def snapshots(self) -> list[Path]:
        return list((self.folder / ".arkor" / "build").glob("snapshot-*"))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_run_is_printed_as_the_typescript_sdk_prints_it(project: Project) -> None:
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


def test_a_failed_run_shows_the_users_lines_and_reports_the_error(
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


def test_a_wrong_argument_of_log_points_to_the_line_that_passed_it(project: Project) -> None:
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
def test_every_way_to_leave_early_is_a_failure_with_an_honest_text(
    project: Project, server: TrainerServer, body: str, code: int, error: str
) -> None:
    project.report_to(server)
    project.train(body)
    assert project("start").returncode == code
    (failed,) = server.of("training.failed")
    assert failed["error"].startswith(error)
    assert len(failed["error"]) < 21_000
    assert not server.of("training.completed")


def test_a_run_sees_that_it_was_asked_to_end_and_is_cancelled(
    project: Project, server: TrainerServer
) -> None:
    run_dir = project.report_to(server)
    project.train(
        """
        print("before", run.cancelled, flush=True)
        open(os.path.join(os.environ["ARKOR_RUN_DIR"], "looked"), "w").close()
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
        wait_until((run_dir / "looked").exists)
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
def test_a_config_of_the_run_that_can_not_be_read_ends_it_before_it_trains(
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


def test_a_callback_that_raises_is_shown_once_and_counted_and_the_training_goes_on(
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


def test_a_callback_may_end_the_training_by_leaving(project: Project, server: TrainerServer) -> None:
    project.report_to(server)
    project.train(
        "for step in range(1, 6): run.log(step, loss=1)", callbacks="{'on_log': lambda log: sys.exit(4)}"
    )
    assert project("start").returncode == 4
    assert len(server.of("training.log")) == 1
    assert server.of("training.failed")


def test_all_five_callbacks_are_called_in_their_turn(project: Project) -> None:
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
    told = [line for line in project("start").stdout.splitlines() if line.startswith("on_")]
    assert told == [
        "on_started Started",
        "on_log Logged",
        "on_checkpoint CheckpointSaved",
        "on_completed Completed",
    ]
    project.environment["FAIL"] = "1"
    told = [line for line in project("start").stdout.splitlines() if line.startswith("on_")]
    assert told[-1] == "on_failed Failed"


def test_a_studio_that_is_away_at_the_end_costs_no_event_and_is_said(
    project: Project, server: TrainerServer
) -> None:
    run_dir = project.report_to(server, flush_s=0.2)
    server.close()
    project.train("for step in range(1, 3001): run.log(step, loss=1)")
    ended = project("start")
    assert ended.returncode == 0, "the training did what it was to do"
    assert "3,002 of 3,002 events were not delivered to the Studio." in ended.stderr
    assert str(run_dir / "spool.jsonl") in ended.stderr
    spooled = [json.loads(line) for line in (run_dir / "spool.jsonl").read_text().splitlines()]
    assert [event["seq"] for event in spooled] == list(range(1, 3_003))
    assert spooled[-1]["event"] == "training.completed"


def test_an_unwritable_run_folder_does_not_end_the_training(project: Project, server: TrainerServer) -> None:
    project.report_to(server, flush_s=0.2)
    project.environment["ARKOR_RUN_DIR"] = "/dev/null/nowhere"
    server.fault = "hang"
    project.train("open('m', 'w').close()\nrun.save_artifact('m')\nfor s in range(9000): run.log(s, loss=1)")
    ended = project("start")
    assert ended.returncode == 0
    assert "They could not be written to a file either" in ended.stderr
    assert "The original is listed." in ended.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_that_runs_out_of_the_training_reports_nothing(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        """
        run.log(1, loss=1)
        child = os.fork()
        if child == 0:
            sys.exit(0)
        os.waitpid(child, 0)
        child = os.fork()
        if child == 0:
            run.log(2, loss=2)
            sys.exit(0)
        os.waitpid(child, 0)
        run.log(3, loss=3)
        """
    )
    ended = project("start")
    assert ended.returncode == 0
    assert "Traceback" not in ended.stderr
    assert "status=failed" not in ended.stdout
    assert [data["step"] for data in server.of("training.log")] == [1, 3]
    assert server.sequence == [1, 2, 3, 4]
    assert len(server.of("training.completed")) == 1
    assert not server.of("training.failed")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_that_returns_from_the_training_ends_there(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        """
        child = os.fork()
        if child == 0:
            sys.stdout.write("said by the child ")
            return
        print("child ended with", os.waitpid(child, 0)[1])
        """,
        callbacks="{'on_completed': lambda _: print('called back')}",
    )
    ended = project("start")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[1:] == [
        "said by the child child ended with 0",
        "called back",
        "Job job-1 finished with status=completed",
    ]
    assert len(server.of("training.completed")) == 1


def test_a_value_that_is_too_large_for_an_event_costs_itself_and_not_the_training(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        """
        run.log(1, loss=1, big="x" * 9_000_000, also=list(range(10)))
        for step in (2, 3):
            run.log(step, loss=1, numbers=[1] * 3_000_000)
        run.log(4, loss=1)
        """
    )
    ended = project("start")
    assert ended.returncode == 0
    assert ended.stderr == (
        "training.log has 9,000,193 bytes, more than the 8,000,000 that a Studio accepts. "
        "Left out: big (9,000,002 bytes). The training continues. Save large values as an artifact.\n"
        "3 events were too large and had fields left out. The first is named above.\n"
    )
    logged = server.of("training.log")
    assert [(data["step"], data["loss"]) for data in logged] == [(1, 1), (2, 1), (3, 1), (4, 1)]
    assert logged[0]["also"] == list(range(10))
    assert not [data for data in logged if "big" in data or "numbers" in data]
    assert len(server.of("training.completed")) == 1


def test_a_training_with_too_many_artifacts_for_an_event_still_completes(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        """
        from pathlib import Path
        from arkor_dash.sdk import Artifact
        for number in range(60_000):
            name = f"{number}" + "n" * 150
            run._artifacts[name] = Artifact("artifact", name, 0, Path(name))
        """
    )
    ended = project("start")
    assert (ended.returncode, ended.stderr.count("\n")) == (0, 1)
    assert "Left out: 30,000 of 60,000 artifacts" in ended.stderr
    (completed,) = server.of("training.completed")
    assert [artifact["name"][:3] for artifact in completed["artifacts"]][:2] == ["0nn", "1nn"]
    assert len(completed["artifacts"]) == 30_000


def test_what_the_training_starts_does_not_report_to_its_job(project: Project, server: TrainerServer) -> None:
    project.report_to(server)
    project.train("print('TOKEN' in ' '.join(os.environ), 'ARKOR_RUN_URL' in os.environ)")
    assert "False False" in project("start").stdout


def test_start_runs_the_snapshot_and_build_and_manifest_renew_it(project: Project) -> None:
    project.train("print('version one')")
    assert "version one" in project("start").stdout
    project.train("print('version two')")
    assert "version one" in project("start").stdout
    assert project("build").returncode == 0
    assert "version two" in project("start").stdout
    project.train("print('version three')")
    assert project("manifest").returncode == 0
    assert "version three" in project("start").stdout
    assert len(project.snapshots()) == 1, "what nobody uses is removed"


def test_a_snapshot_in_use_outlives_a_rebuild(project: Project) -> None:
    project.write("VALUE = 'from the old snapshot'", "src/arkor/late.py")
    project.train(
        "open('ready', 'w').close()\nwhile not os.path.exists('go'): pass\nimport late\nprint(late.VALUE)"
    )
    with project.start_process("start") as process:
        wait_until((project.folder / "ready").exists)
        project.write("VALUE = 'from the new snapshot'", "src/arkor/late.py")
        assert project("build").returncode == 0
        assert len(project.snapshots()) == 2
        (project.folder / "go").touch()
        out, _ = process.communicate(timeout=60)
    assert "from the old snapshot" in out
    assert project("build").returncode == 0
    assert len(project.snapshots()) == 1


def test_a_start_never_meets_half_a_snapshot(project: Project) -> None:
    """Builds and starts race; each start finds an index and the sibling that it imports."""
    for number in range(40):
        project.write(f"VALUE = {number}", f"src/arkor/part_{number}.py")
    imports = "\n".join(f"import part_{number}" for number in range(40))
    project.train(f"{imports}\nprint('whole')")
    assert project("build").returncode == 0
    building = threading.Event()
    builds: list[int] = []

    def build() -> None:
        while not building.is_set():
            builds.append(project("build").returncode)

    thread = threading.Thread(target=build)
    thread.start()
    try:
        for _ in range(8):
            ended = project("start")
            assert "whole" in ended.stdout, ended.stderr
    finally:
        building.set()
        thread.join()
    assert set(builds) == {0}


def test_a_build_that_does_not_parse_leaves_the_last_snapshot(project: Project) -> None:
    project.train("print('good')")
    project("build")
    project.write("def (:\n")
    failed = project("build")
    assert failed.returncode == 1
    assert failed.stderr == "Error: src/arkor/index.py:1:5: SyntaxError: invalid syntax\n    def (:\n"
    assert "good" in project("start").stdout


def test_a_missing_entry_says_what_to_do(project: Project) -> None:
    said = f"Error: Build entry not found: {project.folder / 'src/arkor/index.py'}. "
    for command in ("build", "start"):
        ended = project(command)
        assert ended.returncode == 1
        assert ended.stderr == f"{said}Create src/arkor/index.py or pass an explicit entry argument.\n"


def test_an_entry_of_ones_own_is_built_with_the_modules_beside_it(project: Project) -> None:
    project.write("VALUE = 'beside'", "lab/parts.py")
    project.write("x" * 1000, "lab/data.csv")
    project.train("import parts\nprint(parts.VALUE)")
    (project.folder / "src/arkor/index.py").rename(project.folder / "lab/tiny.py")
    assert "beside" in project("start", "lab/tiny.py").stdout
    (snapshot,) = project.snapshots()
    assert sorted(path.name for path in snapshot.iterdir() if path.is_file()) == ["parts.py", "tiny.py"]
    project.train("print('the other')")
    assert "beside" in project("start").stdout, "the snapshot that is there is run"
    assert "the other" in project("start", "src/arkor/index.py").stdout, "a named entry is built first"


def test_the_build_goes_where_the_studio_wants_it(project: Project, tmp_path: Path) -> None:
    project.train("print('trained')")
    project.environment["ARKOR_BUILD_DIR"] = str(tmp_path / "elsewhere" / "build")
    assert "trained" in project("start").stdout
    assert not (project.folder / ".arkor").exists()
    project.environment["ARKOR_BUILD_DIR"] = "/dev/null/build"
    ended = project("build")
    assert "Set ARKOR_BUILD_DIR to a writable folder" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("exports", "trainer"),
    [
        ("arkor = create_arkor(trainer=a)\ntrainer = b", "a"),
        ("trainer = b", "b"),
        ("arkor = 'not one'\ntrainer = b", "b"),
        ("default = a", "a"),
        ("default = create_arkor(trainer=b)", "b"),
        ("arkor = create_arkor()\ntrainer = b", None),
        ("something = a", None),
    ],
)
def test_the_export_that_counts(project: Project, exports: str, trainer: str | None) -> None:
    project.write(
        "from arkor_dash.sdk import create_arkor, create_trainer\n"
        "a, b = (create_trainer(name=name, train=lambda run: None) for name in 'ab')\n"
        f"{exports}\n"
    )
    ended = project("manifest", "--out", "answer.json")
    assert ended.returncode == 0
    answer = json.loads((project.folder / "answer.json").read_text())
    assert answer == {"trainer": {"name": trainer} if trainer else None}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "",
            "Training entry must export `arkor` (from create_arkor(...)) or `trainer` (from create_trainer(",
        ),
        ("arkor = 7", "(Its `arkor` is of type int.)"),
        (
            "from arkor_dash.sdk import create_arkor\narkor = create_arkor()",
            "No trainer in src/arkor/index.py yet. Add create_trainer(...) and pass it to create_arkor.",
        ),
    ],
    ids=["nothing", "something else", "no trainer"],
)
def test_start_without_a_trainer_says_what_to_write(project: Project, source: str, said: str) -> None:
    project.write(source)
    ended = project("start")
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("x = (\n", "src/arkor/index.py:1:5: SyntaxError: '(' was never closed\n    x = ("),
        (
            "\nprint(undefined)",
            "src/arkor/index.py:2: NameError: name 'undefined' is not defined\n    print(undefined)",
        ),
        ("import sys\nsys.exit('bye')", "src/arkor/index.py:2: SystemExit: bye\n    sys.exit('bye')"),
        ("import broken", "src/arkor/broken.py:2:"),
        (
            "import nowhere_to_be_found",
            "src/arkor/index.py:1: ModuleNotFoundError: No module named 'nowhere_to_be",
        ),
        ("from . import broken", "Write `import x` for `from . import x`: arkor/ is on sys.path."),
        (
            "from arkor_dash.sdk import create_trainer\ncreate_trainer(name='', train=print)",
            "src/arkor/index.py:2: Val",
        ),
        ("raise KeyboardInterrupt", "src/arkor/index.py:1: KeyboardInterrupt"),
    ],
    ids=lambda value: value[:20],
)
def test_the_manifests_error_is_the_place_and_the_reason(project: Project, source: str, error: str) -> None:
    project.write("x = 1\n  y\n", "src/arkor/broken.py")
    project.write(source)
    ended = project("manifest", "--out", "answer.json")
    assert ended.returncode == 1
    answer = json.loads((project.folder / "answer.json").read_text())
    assert error in answer["error"]
    assert "Traceback" not in answer["error"]
    assert "snapshot-" not in answer["error"]


def test_a_project_that_leaves_threads_behind_does_not_hold_up_the_manifest(project: Project) -> None:
    project.train("pass")
    path = project.folder / "src/arkor/index.py"
    path.write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\n" + path.read_text()
    )
    ended = project("manifest")
    assert json.loads(ended.stdout.splitlines()[-1]) == {"trainer": {"name": "tiny"}}


def test_a_function_of_the_entry_can_be_sent_to_a_worker_process(project: Project) -> None:
    """As data loaders with the `spawn` method do."""
    project.write("def double(x):\n    return 2 * x\n", "src/arkor/work.py")
    project.train(
        """
        import multiprocessing, work
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            print(pool.map(work.double, [1, 2]), pool.map(local, [3]))
        """
    )
    path = project.folder / "src/arkor/index.py"
    path.write_text(path.read_text() + "def local(x):\n    return x + 1\n")
    ended = project("start")
    assert "[2, 4] [4]" in ended.stdout, ended.stderr


def test_output_in_any_script_is_printed_into_a_pipe_of_any_locale(project: Project) -> None:
    project.environment |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    project.train("print('損失 \\udc80')")
    ended = project("start")
    assert ended.returncode == 0
    assert "損失 \\udc80" in ended.stdout
