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
    assert used <= css_variables().keys() | {"--arkor-mono", "--arkor-row"}


def test_the_page_defines_every_colour_as_a_variable():
    assert all(f"{name}: {value};" in _STYLE_SHEET for name, value in css_variables().items())


def test_no_rule_has_a_has_within_a_has():
    """Browsers drop such a rule. Source: Selectors Level 4, section 4.5."""
    without_comments = re.sub(r"/\*.*?\*/", "", RULES, flags=re.DOTALL)
    for selector in re.findall(r"[^{}]*\{", without_comments):
        depths = [0]
        for word in re.findall(r":has\(|\(|\)", selector):
            if word == ":has(":
                assert True not in depths, selector
            depths = depths[:-1] if word == ")" else [*depths, word == ":has("]
