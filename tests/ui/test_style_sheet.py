"""The style sheet's colours."""

from __future__ import annotations

import re
from pathlib import Path

from arkor_dash import ui
from arkor_dash.charts.theme import css_variables
from arkor_dash.ui.shell import _STYLE_SHEET

RULES = (Path(ui.__file__).parent / "assets" / "style.css").read_text(encoding="utf-8")


def test_the_style_sheet_has_no_colour_of_its_own():
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", RULES) == []


def test_every_variable_that_the_style_sheet_uses_is_defined():
    used = set(re.findall(r"var\((--arkor-[\w-]+)", RULES))
    assert used
    assert used <= css_variables().keys() | {"--arkor-mono"}


def test_the_page_defines_every_colour_as_a_variable():
    assert all(f"{name}: {value};" in _STYLE_SHEET for name, value in css_variables().items())
