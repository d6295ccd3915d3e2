"""What a run does without a Studio, with a full disk, in forked processes, and with too large values."""

from __future__ import annotations

import json
import os

import pytest

from .project_folder import Project
from .trainer_server import TrainerServer


def test_undelivered_events_are_kept_in_a_file_and_reported(project: Project, server: TrainerServer) -> None:
    run_dir = project.report_to(server, flush_s=0.2)
    server.close()
    project.train("for step in range(1, 3001): run.log(step, loss=1)")
    ended = project("start")
    assert ended.returncode == 0, "the training has completed"
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
def test_a_forked_child_that_exits_reports_nothing(project: Project, server: TrainerServer) -> None:
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
def test_a_forked_child_that_returns_from_train_ends_without_reporting(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train(
        """
        child = os.fork()
        if child == 0:
            sys.stdout.write("printed by the child ")
            return
        print("child ended with", os.waitpid(child, 0)[1])
        """,
        callbacks="{'on_completed': lambda _: print('called back')}",
    )
    ended = project("start")
    assert ended.returncode == 0
    assert ended.stdout.splitlines()[1:] == [
        "printed by the child child ended with 0",
        "called back",
        "Job job-1 finished with status=completed",
    ]
    assert len(server.of("training.completed")) == 1


def test_a_value_that_is_too_large_for_an_event_is_left_out(project: Project, server: TrainerServer) -> None:
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


def test_a_child_process_of_the_training_does_not_report_to_its_job(
    project: Project, server: TrainerServer
) -> None:
    project.report_to(server)
    project.train("print('TOKEN' in ' '.join(os.environ), 'ARKOR_RUN_URL' in os.environ)")
    assert "False False" in project("start").stdout
