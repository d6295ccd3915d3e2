"""The audit of the constrained packages tells a finding from data that can't be reached."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from .environments import ROOT

UNKNOWN = {"name": "torch", "skip_reason": "not found on PyPI"}
FINE = {"name": "requests", "version": "2.34.0", "vulns": []}
HOLED = {"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.8.1", "3.0"]}]}


@pytest.mark.parametrize(
    ("packages", "last", "code"),
    [
        ([FINE, UNKNOWN], "audit: packages: 1, known vulnerabilities: 0", 0),
        ([FINE, HOLED], "audit: packages: 2, known vulnerabilities: 1", 1),
        ([UNKNOWN], "audit: skipped, the data about known vulnerabilities can't be reached", 0),
        ([], "audit: skipped, the data about known vulnerabilities can't be reached", 0),
    ],
)
def test_only_a_known_vulnerability_fails_the_audit(packages: list[object], last: str, code: int) -> None:
    lines, found = runpy.run_path(str(ROOT / ".ci" / "audit"))["verdict"](packages)
    assert (lines[-1], found) == (last, code)
    assert (lines[0] == "jinja2 2.4.1: PYSEC-1, fixed in 2.8.1, 3.0") == (code == 1)


SLOW = ("import time; time.sleep(60)", 0.1, "it took more than 0.1 s")
BROKEN = ("import absent_module", 60.0, "absent_module")


@pytest.mark.parametrize("case", [SLOW, BROKEN])
def test_an_audit_without_a_report_is_skipped_with_the_reason(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: tuple[str, float, str],
) -> None:
    program, limit_s, reason = case
    (tmp_path / "pip_audit.py").write_text(program)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    audit = runpy.run_path(str(ROOT / ".ci" / "audit"))["main"]
    audit.__globals__["LIMIT_S"] = limit_s
    assert audit() == 0
    printed = capsys.readouterr().out
    assert printed.startswith("audit: skipped, pip-audit made no report: ")
    assert reason in printed
