"""What the collector is spared."""

from __future__ import annotations

import subprocess
import sys


def test_a_collection_passes_over_what_the_pages_have_imported():
    code = "import gc, arkor_dash.ui; print(gc.get_freeze_count() > 50_000 and len(gc.get_objects()) < 5_000)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr
