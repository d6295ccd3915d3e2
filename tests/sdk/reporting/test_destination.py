"""The warning of a script that finds no Studio to report to."""

from __future__ import annotations

import pytest

from arkor_dash.sdk.reporting.destination import find_destination

SECRET = "cAnArY"


def test_the_warning_shows_the_given_address_without_its_secret_parts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = f"http://key:{SECRET}@127.0.0.1:1/base?token={SECRET}#{SECRET}"
    assert find_destination("mine", {}, url, "token") is None
    warning = capsys.readouterr().err
    assert "Not reporting: the Studio at http://…@127.0.0.1:1/base?…: " in warning
    assert SECRET not in warning
