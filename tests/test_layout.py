"""The layers of the package, and the README."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_layer_imports_only_what_lies_below_it():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_readme_names_every_setting_and_no_other():
    files = ("settings/load.py", "sdk/recorder/choice.py")
    read = [(ROOT / "arkor_dash" / name).read_text(encoding="utf-8") for name in files]
    names = set(re.findall(r'"(ARKOR_[A-Z_]+)"', "".join(read)))
    table = "\n".join(line for line in README.splitlines() if line.startswith("| `ARKOR_"))
    assert names
    assert set(re.findall(r"`(ARKOR_[A-Z_]+)`", table)) == names


def test_the_readme_stays_short_and_its_links_lead_somewhere():
    assert len(README.splitlines()) < 120
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
