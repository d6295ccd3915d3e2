"""The route to which a script sends what it prints, without the SDK."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from arkor_dash.studio.api.bodies import OUTPUT_LIMIT
from arkor_dash.studio.runs.watchdog import SILENCE_LIMIT_S
from tests.studio.process import StudioProcess
from tests.waiting import wait_until

Launch = Callable[..., StudioProcess]
TRAILER = "\n---\nexit=null\n"


class Sender:
    """A job of a script, and what the script may send."""

    def __init__(self, studio: StudioProcess, **options: object) -> None:
        self.studio = studio
        answer = studio.request(
            "POST", "/api/jobs", json={"name": "script", "output": True, **options}
        ).json()
        self.accepts_output = answer["output"]
        self.job_id = answer["job"]["id"]
        self.headers = {"X-Arkor-Studio-Token": answer["token"]}
        self.log = studio.state / "runs" / self.job_id / "output.log"
        self.path = f"/api/jobs/{self.job_id}/output"

    def send(self, offset: int | str, piece: bytes, **parameters: str) -> tuple[int, Any]:
        answer = self.studio.request(
            "POST", self.path, params={"offset": offset, **parameters}, data=piece, headers=self.headers
        )
        fields = answer.json()
        return answer.status_code, fields.get("stored", fields.get("error"))

    def end(self, seq: int = 1) -> None:
        batch = {"events": [{"seq": seq, "event": "training.completed", "data": {}}]}
        path = f"/api/jobs/{self.job_id}/events"
        assert self.studio.request("POST", path, headers=self.headers, json=batch).status_code == 200


def test_pieces_are_stored_in_order_and_one_that_is_sent_twice_is_stored_once(launch: Launch) -> None:
    script = Sender(launch())
    assert script.accepts_output
    assert script.send(0, b"loss \xe2\x82") == (200, 7)
    assert script.send(0, b"loss \xe2\x82") == (200, 7)
    assert script.send(5, b"\xe2\x82\xac\n\r 20%") == (200, 14)
    assert script.send(2, b"ss") == (200, 14)
    assert script.log.read_bytes() == b"loss \xe2\x82\xac\n\r 20%"


def test_a_piece_beyond_what_is_stored_is_refused_with_the_number_of_stored_bytes(launch: Launch) -> None:
    script = Sender(launch())
    assert script.send(0, b"abc") == (200, 3)
    assert script.send(4, b"e") == (409, 3)
    assert script.log.read_bytes() == b"abc"


def test_pieces_that_are_sent_at_the_same_time_are_stored_once(launch: Launch) -> None:
    script = Sender(launch())
    piece = os.urandom(300_000)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: script.send(0, piece), range(8)))
    assert answers == [(200, len(piece))] * 8
    assert script.log.read_bytes() == piece


def test_the_output_is_followed_beyond_the_jobs_end_to_the_last_piece(launch: Launch) -> None:
    studio = launch()
    script = Sender(studio)
    script.send(0, b"first\n")
    with studio.get(script.path, stream=True) as answer:
        pieces = iter(lambda: answer.raw.read1(65_536), b"")
        assert next(pieces) == b"first\n"
        script.send(6, b"second\n")
        assert next(pieces) == b"second\n"
        script.end()
        assert script.send(13, b"after the end\n") == (200, 27)
        assert next(pieces) == b"after the end\n"
        assert script.send(27, b"", last="true") == (200, 27)
        assert b"".join(pieces).decode() == TRAILER
    assert script.send(27, b"too late") == (410, "The job has ended and takes no more events.")
    assert script.send(27, b"", last="true") == (200, 27)
    assert studio.get(script.path).text == f"first\nsecond\nafter the end\n{TRAILER}"


def test_a_last_piece_that_comes_before_the_jobs_end_ends_the_output_with_the_job(launch: Launch) -> None:
    studio = launch()
    script = Sender(studio)
    assert script.send(0, b"all\n", last="true") == (200, 4)
    with studio.get(script.path, stream=True) as answer:
        pieces = iter(lambda: answer.raw.read1(65_536), b"")
        assert next(pieces) == b"all\n"
        script.end()
        ended_at = time.monotonic()
        assert b"".join(pieces).decode() == TRAILER
    assert (
        time.monotonic() - ended_at < SILENCE_LIMIT_S / 2
    )  # not as late as that of a script that was killed


def test_the_output_goes_on_where_it_was_after_a_restart_and_can_be_read_after_another(
    launch: Launch,
) -> None:
    studio = launch()
    script = Sender(studio)
    script.send(0, b"before\n")
    studio.process.kill()
    studio.process.wait(timeout=20)
    script.studio = launch()
    assert script.send(0, b"before\nafter\n") == (200, 13)
    script.end()
    script.studio.stop()
    assert launch().get(script.path).text == f"before\nafter\n{TRAILER}"


def test_a_script_that_does_not_say_that_it_sends_its_output_has_none(launch: Launch) -> None:
    script = Sender(launch(), output=False)
    assert not script.accepts_output
    assert script.studio.get(script.path).status_code == 404
    status, error = script.send(0, b"x")
    assert (status, "were removed" in str(error)) == (410, True)
    assert not script.log.exists()


def test_only_the_token_of_the_run_sends_its_output(launch: Launch) -> None:
    studio = launch()
    script, other = Sender(studio), Sender(studio)
    for headers in (other.headers, studio.headers, {"X-Arkor-Studio-Token": ""}):
        assert studio.request("POST", script.path, data=b"x", headers=headers).status_code == 403
    assert script.log.read_bytes() == b""


def test_the_output_of_a_run_of_the_studio_is_not_taken_from_its_trainer(launch: Launch) -> None:
    studio = launch(trainer="print(call('POST', f'/api/jobs/{JOB}/output?offset=0', b'twice')[0])")
    job_id, text = studio.train()
    assert text.startswith("403\n")
    assert (studio.state / "runs" / job_id / "output.log").read_bytes() == b"403\n"


@pytest.mark.parametrize(("offset", "status"), [("-1", 400), ("x", 400), ("1" * 19, 400)])
def test_an_offset_that_is_not_a_number_is_refused(launch: Launch, offset: str, status: int) -> None:
    script = Sender(launch())
    assert script.send(offset, b"x")[0] == status
    assert script.log.read_bytes() == b""


def test_a_piece_that_is_too_large_is_refused(launch: Launch) -> None:
    script = Sender(launch())
    assert script.send(0, b"x" * (OUTPUT_LIMIT + 1))[0] == 413
    assert script.send(0, b"x" * OUTPUT_LIMIT) == (200, OUTPUT_LIMIT)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_output_is_written_to_nothing_but_a_file_of_the_runs_folder(
    launch: Launch, tmp_path: Path, kind: str
) -> None:
    script, outside = Sender(launch()), tmp_path / "outside"
    outside.write_bytes(b"kept")
    script.log.unlink()
    {
        "link": lambda: script.log.symlink_to(outside),
        "pipe": lambda: os.mkfifo(script.log),
        "folder": script.log.mkdir,
    }[kind]()
    assert script.send(0, b"x")[0] in (410, 503)
    assert outside.read_bytes() == b"kept"


def test_the_output_of_a_script_is_removed_with_the_files_of_old_runs_and_with_its_job(
    launch: Launch,
) -> None:
    studio = launch("--keep-runs", "1")
    scripts = [Sender(studio), Sender(studio)]
    for script in scripts:
        script.send(0, b"printed\n")
        script.end()
        script.send(8, b"", last="true")
    old, new = scripts
    wait_until(lambda: not old.log.exists(), what="the removal of the old run's files")
    assert old.send(8, b"x")[0] == 410
    gone = studio.get(old.path)
    assert (gone.status_code, "were removed" in gone.text) == (410, True)
    assert studio.get(new.path).text == f"printed\n{TRAILER}"
    assert studio.request("DELETE", f"/api/jobs/{new.job_id}").status_code == 200
    assert not new.log.parent.exists()
    assert new.send(8, b"x")[0] == 403


def test_an_open_stream_of_the_output_ends_when_the_job_is_deleted(launch: Launch) -> None:
    studio = launch()
    script = Sender(studio)
    script.send(0, b"printed\n")
    script.end()
    with studio.get(script.path, stream=True) as answer:
        pieces = iter(lambda: answer.raw.read1(65_536), b"")
        assert next(pieces) == b"printed\n"
        assert studio.request("DELETE", f"/api/jobs/{script.job_id}").status_code == 200
        assert b"".join(pieces).decode() == TRAILER
