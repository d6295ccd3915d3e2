"""The tests that the archive of every store must pass, whichever database it uses."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from arkor_dash.columns.stretch import unpack
from arkor_dash.studio.errors import UnknownJobError
from arkor_dash.studio.storage import stretches
from arkor_dash.studio.storage.records import StretchPage
from arkor_dash.studio.storage.store import Store

from .store_contract import AT, completed, log, logs, seqs


class ArchiveContract:
    """Needs the fixture `store`, an empty `Store`."""

    @pytest.fixture
    def job(self, store: Store) -> str:
        store.create_job("job_a", "a", AT)
        return "job_a"

    def test_stretches_are_served_from_the_first_event_on_and_the_rest_is_not(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 4)
        sent = [log(seq, f'{{"step": {seq}, "loss": {seq}.5}}') for seq in range(1, 11)]
        store.append(job, sent)
        while store.archive.compact(job):
            pass
        page = store.archive.stretches_after(job, 0)
        assert (page.reached, page.last_seq) == (8, 10)
        found = [event for each in page.stretches for event in unpack(each).events()]
        assert found == [(each.name, each.data) for each in sent[:8]]
        assert len(store.archive.stretches_after(job, 0, max_bytes=1).stretches) == 1
        assert store.archive.stretches_after(job, 4).reached == 8
        for nowhere in (3, 8, 10, 10**18):
            assert store.archive.stretches_after(job, nowhere) == StretchPage((), nowhere, 10)
        with pytest.raises(UnknownJobError):
            store.archive.stretches_after("job_b", 0)
        assert not store.archive.compact("job_b")

    def test_events_are_compacted_once_there_are_enough_or_their_job_has_ended(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 4)
        monkeypatch.setattr(stretches, "LEAST_EVENTS", 2)
        store.create_job("job_b", "b", AT)
        store.append(job, logs(1, 3))
        store.append("job_b", [completed(1)])
        assert (store.archive.compactable(), store.archive.compact(job)) == ([], False)
        store.append(job, [log(4)])
        assert (store.archive.compactable(), store.archive.compact(job)) == ([job], True)
        assert (store.archive.compactable(), store.archive.compact(job)) == ([], False)
        store.append(job, [log(5), completed(6)])
        assert (store.archive.compactable(), store.archive.compact(job)) == ([job], True)
        assert (store.archive.compactable(), store.archive.compact("job_b")) == ([], False)
        assert seqs(store.events_after(job, 0)) == [1, 2, 3, 4, 5, 6]

    def test_large_events_are_compacted_a_few_at_a_time(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 8)
        monkeypatch.setattr(stretches, "STRETCH_CHARACTERS", 2_500)
        store.append(job, [log(seq, f'{{"x": "{"y" * 1_000}"}}') for seq in range(1, 9)])
        store.append(job, [log(9, f'{{"x": "{"y" * 9_000}"}}'), *logs(10, 18)])
        while store.archive.compact(job):
            pass
        page = store.archive.stretches_after(job, 0)
        assert [len(unpack(each)) for each in page.stretches] == [2, 2, 2, 2, 1, 8]

    def test_threads_that_compact_the_same_events_lose_and_double_none(
        self, store: Store, job: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stretches, "STRETCH_EVENTS", 10)
        writing = threading.Event()

        def compact(_: int) -> None:
            while store.archive.compact(job) or not writing.is_set():
                pass

        def read(_: int) -> list[int]:
            received: list[int] = []
            while len(received) < 300:
                received += seqs(store.events_after(job, len(received), limit=7))
            return received

        with ThreadPoolExecutor(6) as pool:
            working = [pool.submit(compact, each) for each in range(3)]
            reading = [pool.submit(read, each) for each in range(2)]
            try:
                for first in range(1, 301, 3):
                    store.append(job, logs(first, first + 2))
            finally:
                writing.set()
            assert [each.result(60) for each in reading] == [list(range(1, 301))] * 2
            for each in working:
                each.result(60)
        assert seqs(store.events_after(job, 0)) == list(range(1, 301))
        assert store.archive.stretches_after(job, 0).reached == 300
