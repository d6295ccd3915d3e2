"""The audit of the constrained packages tells a finding from data that can't be reached."""

from __future__ import annotations

import runpy

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


def test_data_that_do_not_arrive_in_time_are_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    audit = runpy.run_path(str(ROOT / ".ci" / "audit"))["main"]
    audit.__globals__["LIMIT_S"] = 0.01
    assert audit() == 0
    assert (
        capsys.readouterr().out == "audit: skipped, the data about known vulnerabilities can't be reached\n"
    )
