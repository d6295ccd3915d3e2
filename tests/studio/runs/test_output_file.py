"""The file of a script's output."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from arkor_dash.studio.runs.output_file import OutputFile

THREADS = 8


def test_a_piece_that_several_threads_append_at_the_same_time_is_stored_once(tmp_path: Path) -> None:
    piece, barrier = os.urandom(4_000_000), Barrier(THREADS)

    def append(output: OutputFile) -> int:
        barrier.wait(60)
        return output.append(0, piece)

    with ThreadPoolExecutor(THREADS) as threads:
        for number in range(10):
            path = tmp_path / str(number)
            path.touch()
            assert list(threads.map(append, [OutputFile(path)] * THREADS)) == [len(piece)] * THREADS
            assert path.read_bytes() == piece
