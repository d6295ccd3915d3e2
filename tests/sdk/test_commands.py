"""The commands build, start and manifest, on real projects."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from tests.waiting import wait_until

from .project_folder import Project


def test_start_uses_the_snapshot_and_build_and_manifest_replace_it(project: Project) -> None:
    project.train("print('version one')")
    assert "version one" in project("start").stdout
    project.train("print('version two')")
    assert "version one" in project("start").stdout
    assert project("build").returncode == 0
    assert "version two" in project("start").stdout
    project.train("print('version three')")
    assert project("manifest").returncode == 0
    assert "version three" in project("start").stdout
    assert len(project.snapshots()) == 1, "unused snapshots are removed"


def test_a_snapshot_in_use_is_not_removed_by_a_build(project: Project) -> None:
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


def test_start_never_runs_an_incomplete_snapshot(project: Project) -> None:
    """Builds run while starts run. Each start finds an index and the module that the index imports."""
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
        thread.join(60)
    assert set(builds) == {0}


def test_a_build_with_a_syntax_error_keeps_the_last_snapshot(project: Project) -> None:
    project.train("print('good')")
    project("build")
    project.write("def (:\n")
    failed = project("build")
    assert failed.returncode == 1
    assert failed.stderr == "Error: src/arkor/index.py:1:5: SyntaxError: invalid syntax\n    def (:\n"
    assert "good" in project("start").stdout


def test_a_missing_entry_says_what_to_do(project: Project) -> None:
    message = f"Error: Build entry not found: {project.folder / 'src/arkor/index.py'}. "
    for command in ("build", "start"):
        ended = project(command)
        assert ended.returncode == 1
        assert ended.stderr == f"{message}Create src/arkor/index.py or pass an explicit entry argument.\n"


def test_a_custom_entry_is_built_with_the_modules_beside_it(project: Project) -> None:
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


def test_the_build_folder_can_be_set_by_a_variable(project: Project, tmp_path: Path) -> None:
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
def test_the_first_export_of_the_right_type_is_used(
    project: Project, exports: str, trainer: str | None
) -> None:
    project.write(
        "from arkor_dash.sdk import create_arkor, create_trainer\n"
        "a, b = (create_trainer(name=name, train=lambda run: None) for name in 'ab')\n"
        f"{exports}\n"
    )
    ended = project("manifest", "--out", "answer.json")
    assert ended.returncode == 0
    answer = json.loads((project.folder / "answer.json").read_text())
    assert answer == {"trainer": {"name": trainer} if trainer else None}


def test_the_manifest_has_the_config_of_the_trainer(project: Project) -> None:
    project.train("pass", config="{'model': 'm', 'maxSteps': 3}")
    config = {"model": "m", "maxSteps": 3}
    assert json.loads(project("manifest").stdout) == {"trainer": {"name": "tiny", "config": config}}


@pytest.mark.parametrize(
    ("source", "message"),
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
def test_start_without_a_trainer_says_what_to_write(project: Project, source: str, message: str) -> None:
    project.write(source)
    ended = project("start")
    assert ended.returncode == 1
    assert message in ended.stderr
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
def test_the_manifests_error_has_the_location_and_the_reason(
    project: Project, source: str, error: str
) -> None:
    project.write("x = 1\n  y\n", "src/arkor/broken.py")
    project.write(source)
    ended = project("manifest", "--out", "answer.json")
    assert ended.returncode == 1
    answer = json.loads((project.folder / "answer.json").read_text())
    assert error in answer["error"]
    assert "Traceback" not in answer["error"]
    assert "snapshot-" not in answer["error"]


def test_running_threads_of_a_project_do_not_delay_the_manifest(project: Project) -> None:
    project.train("pass")
    path = project.folder / "src/arkor/index.py"
    path.write_text(
        "import threading\nthreading.Thread(target=threading.Event().wait).start()\n" + path.read_text()
    )
    ended = project("manifest")
    assert json.loads(ended.stdout.splitlines()[-1]) == {"trainer": {"name": "tiny"}}


def test_a_function_of_the_entry_can_be_pickled_for_a_worker_process(project: Project) -> None:
    """Data loaders with the `spawn` method do this."""
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


def test_output_in_any_language_is_printed_into_a_pipe_in_any_locale(project: Project) -> None:
    project.environment |= {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    project.train("print('損失 \\udc80')")
    ended = project("start")
    assert ended.returncode == 0
    assert "損失 \\udc80" in ended.stdout
