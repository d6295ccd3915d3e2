"""Memory that is free goes back to the system."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, psutil
from arkor_dash.live.free_memory import give_back_free_memory

blocks = [bytes(2_000) for _ in range(50_000)]
blocks = blocks[-1:]  # lies above all others
before = psutil.Process().memory_info().rss
give_back_free_memory()
given = before - psutil.Process().memory_info().rss
print(given if hasattr(ctypes.CDLL(None), "malloc_trim") else "none")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps free memory")
def test_what_lies_below_used_memory_is_given_back() -> None:
    """In a process of its own, whose memory nothing else uses."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True
    )
    given = done.stdout.strip()
    if given == "none":
        pytest.skip("this C library keeps no free memory")
    assert int(given) > 50_000_000
