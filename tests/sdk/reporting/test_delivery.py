from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from arkor_dash.sdk.reporting.delivery import Delivery, Pace
from arkor_dash.sdk.reporting.outbox import Limits, Outbox
from arkor_dash.sdk.reporting.studio_client import StudioClient, Timeouts
from tests.sdk.trainer_server import TOKEN, TrainerServer
from tests.waiting import wait_until

FAST = Pace(interval_s=0.005, first_wait_s=0.01, longest_wait_s=0.02)
SMALL = Limits(tail_bytes=2_000, head_bytes=1_500)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool.jsonl"


@pytest.fixture
def delivery(server: TrainerServer, spool: Path) -> Iterator[Delivery]:
    delivery = make(server.url, spool)
    yield delivery
    delivery.close(0)


def make(url: str, spool: Path, pace: Pace = FAST, read_s: float = 10) -> Delivery:
    client = StudioClient(url, "job-1", TOKEN, Timeouts(connect_s=10, read_s=read_s))
    delivery = Delivery(client, Outbox(spool, SMALL), pace)
    delivery.start("a name", {"maxSteps": 3})
    return delivery


def put(delivery: Delivery, steps: range) -> None:
    for step in steps:
        delivery.put("training.log", {"step": step})


def test_events_arrive_in_order_after_the_name_and_config(server: TrainerServer, delivery: Delivery) -> None:
    put(delivery, range(1, 3_001))
    delivery.close(20)
    assert server.announced == [{"name": "a name", "config": {"maxSteps": 3}}]
    assert server.sequence == list(range(1, 3_001))
    assert [data["step"] for data in server.of("training.log")] == list(range(1, 3_001))
    assert max(server.batch_sizes) > 1


def test_an_event_is_sent_without_waiting_for_more(server: TrainerServer, spool: Path) -> None:
    delivery = make(server.url, spool, pace=Pace(interval_s=3_600))
    put(delivery, range(1, 2))
    wait_until(lambda: server.sequence == [1])
    delivery.close(20)


def test_a_loss_that_is_not_finite_is_delivered(server: TrainerServer, delivery: Delivery) -> None:
    delivery.put("training.log", {"step": 1, "loss": math.nan, "evalLoss": -math.inf})
    delivery.close(20)
    (data,) = server.of("training.log")
    assert math.isnan(data["loss"])
    assert data["evalLoss"] == -math.inf


@pytest.mark.parametrize("fault", [503, 500, 429, "lose", "hang"])
def test_a_temporary_fault_loses_and_duplicates_no_event(
    server: TrainerServer, spool: Path, fault: int | str
) -> None:
    server.fault, server.faults_left = fault, 3
    delivery = make(server.url, spool, read_s=0.5 if fault == "hang" else 10)
    put(delivery, range(1, 501))
    delivery.close(30)
    assert server.sequence == list(range(1, 501))


def test_a_studio_that_was_down_receives_all_events(
    server: TrainerServer, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = make(server.url, spool)
    put(delivery, range(1, 101))
    wait_until(lambda: len(server.stored) == 100)
    server.close()
    put(delivery, range(101, 1_001))
    wait_until(lambda: "The Studio does not answer" in capsys.readouterr().err)
    assert spool.stat().st_size > 0, "events that do not fit into memory are on disk"
    again = TrainerServer(server.port, server.stored)
    try:
        put(delivery, range(1_001, 1_201))
        delivery.close(20)
        assert [event["data"]["step"] for event in again.stored] == list(range(1, 1_201))
    finally:
        again.close()
    assert "The Studio answers again" in capsys.readouterr().err
    assert not spool.exists()


def test_events_that_the_studio_has_lost_are_sent_again(server: TrainerServer, delivery: Delivery) -> None:
    put(delivery, range(1, 11))
    wait_until(lambda: len(server.stored) == 10)
    del server.stored[4:]
    put(delivery, range(11, 16))
    delivery.close(20)
    assert [data["step"] for data in server.of("training.log")] == list(range(1, 16))


def test_a_gap_that_remains_is_retried_with_back_off(server: TrainerServer, spool: Path) -> None:
    delivery = make(server.url, spool, pace=Pace(interval_s=0.005, first_wait_s=3_600, longest_wait_s=3_600))
    server.store = lambda _: (409, {"acknowledged": 0})  # type: ignore[method-assign]
    put(delivery, range(1, 11))
    wait_until(lambda: server.batch_sizes)
    delivery.close(0.2)
    assert len(server.batch_sizes) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(410, "ended this job"), (401, "token"), (403, "token"), (404, "no job 'job-1'"), (422, "HTTP 422")],
)
def test_a_final_refusal_is_printed_once_and_not_retried(
    server: TrainerServer, spool: Path, capsys: pytest.CaptureFixture[str], fault: int, reason: str
) -> None:
    delivery = make(server.url, spool)
    put(delivery, range(1, 2))
    wait_until(lambda: server.stored)
    server.fault = fault
    put(delivery, range(2, 100))
    text = ""

    def is_printed() -> bool:
        nonlocal text
        text += capsys.readouterr().err
        return reason in text

    wait_until(is_printed)
    before = server.requests
    put(delivery, range(100, 200))
    delivery.close(20)
    assert server.requests == before
    assert text.count("\n") == 1
    assert TOKEN not in text
    assert (
        f"198 of 199 events were not delivered to the Studio. They are in {spool}." in capsys.readouterr().err
    )
    assert [json.loads(line)["seq"] for line in spool.read_text().splitlines()] == list(range(2, 200))


def test_events_left_at_the_deadline_are_kept_in_a_file(
    server: TrainerServer, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fault = "hang"
    delivery = make(server.url, spool, read_s=0.5)
    put(delivery, range(1, 51))
    delivery.close(0.05)
    assert (
        f"50 of 50 events were not delivered to the Studio. They are in {spool}." in capsys.readouterr().err
    )
    assert len(spool.read_text().splitlines()) == 50


def test_events_after_the_end_cause_one_warning_and_lose_no_kept_event(
    server: TrainerServer, spool: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.fault = "hang"
    delivery = make(server.url, spool, read_s=0.5)
    put(delivery, range(1, 51))
    delivery.close(0.05)
    capsys.readouterr()
    put(delivery, range(51, 501))
    assert len(spool.read_text().splitlines()) == 50
    assert capsys.readouterr().err == (
        "training.log was reported after the end of the run. This event and later ones are dropped.\n"
    )


def test_a_body_that_is_too_large_for_the_studio_is_sent_in_parts(
    server: TrainerServer, delivery: Delivery
) -> None:
    server.most_events = 7
    put(delivery, range(1, 201))
    delivery.close(20)
    assert server.sequence == list(range(1, 201))
    assert max(server.batch_sizes) <= 7


def test_retry_after_is_honoured(server: TrainerServer, spool: Path) -> None:
    server.fault, server.retry_after = 503, "3600"
    delivery = make(server.url, spool)
    put(delivery, range(1, 2))
    wait_until(lambda: server.requests == 1)
    delivery.close(0.3)
    assert server.requests == 1


def test_a_name_that_the_studio_refuses_does_not_stop_the_events(server: TrainerServer, spool: Path) -> None:
    server.fault, server.faults_left = 400, 1
    delivery = make(server.url, spool)
    put(delivery, range(1, 11))
    delivery.close(20)
    assert server.sequence == list(range(1, 11))


@pytest.mark.parametrize(
    "answer", [{}, {"acknowledged": "1"}, {"acknowledged": True}, {"acknowledged": -1}, []]
)
def test_an_answer_without_an_acknowledgement_is_retried(
    server: TrainerServer, delivery: Delivery, answer: object
) -> None:
    real, answers = server.store, iter([(200, answer)])
    server.store = lambda events: next(answers, None) or real(events)  # type: ignore
    put(delivery, range(1, 11))
    delivery.close(20)
    assert server.sequence == list(range(1, 11))


def test_a_proxy_in_the_environment_is_ignored(
    server: TrainerServer, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    put(delivery, range(1, 11))
    delivery.close(20)
    assert server.sequence == list(range(1, 11))


def test_many_threads_can_report_at_once(server: TrainerServer, delivery: Delivery) -> None:
    threads = [
        threading.Thread(target=put, args=(delivery, range(worker * 1_000, worker * 1_000 + 300)))
        for worker in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    delivery.close(20)
    assert server.sequence == list(range(1, 2_401))
    steps = [data["step"] for data in server.of("training.log")]
    for worker in range(8):
        own = [step for step in steps if step // 1_000 == worker]
        assert own == sorted(own)
        assert len(own) == 300
