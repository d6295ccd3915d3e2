"""The objects that garbage collections skip."""

from __future__ import annotations

import subprocess
import sys


def test_a_garbage_collection_skips_the_objects_that_the_pages_import():
    code = "import gc, arkor_dash.ui; print(gc.get_freeze_count() > 50_000 and len(gc.get_objects()) < 5_000)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "True\n", done.stderr
