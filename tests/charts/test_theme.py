"""The colours that the charts, the style sheet and Streamlit's configuration share."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from arkor_dash.charts.theme import (
    DARK,
    LIGHT,
    PAGE_COLOURS,
    RUN_COLOURS,
    TERMINAL_COLOURS,
    css_variables,
)

ROOT = Path(__file__).parents[2]


def test_streamlits_configuration_has_the_colours_of_the_page() -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    for which, (name, chart) in enumerate((("light", LIGHT), ("dark", DARK))):
        theme = config[name]
        assert theme["textColor"] == PAGE_COLOURS["text"][which]
        assert theme["borderColor"] == PAGE_COLOURS["line"][which]
        assert theme["linkColor"] == PAGE_COLOURS["teal"][which]
        assert theme["chartCategoricalColors"] == [chart.train, chart.eval, chart.quiet]


def test_css_variables_have_a_light_and_a_dark_form() -> None:
    variables = css_variables()
    assert variables["--arkor-text"] == "light-dark(#1c2b2b, #e3ecec)"
    assert variables["--arkor-run-0"] == "light-dark(#0f766e, #2dd4bf)"
    assert variables["--arkor-train"] == f"light-dark({LIGHT.train}, {DARK.train})"
    assert len(variables) == len(PAGE_COLOURS) + len(RUN_COLOURS) + len(TERMINAL_COLOURS) + 3
    form = re.compile(r"light-dark\(#[0-9a-f]{6}, #[0-9a-f]{6}\)")
    assert all(form.fullmatch(value) for value in variables.values())


def test_the_style_sheet_has_no_colour_of_its_own() -> None:
    style = (ROOT / "arkor_dash/ui/assets/style.css").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", style) == []
    used = set(re.findall(r"var\((--arkor-[a-z0-9-]+)\)", style))
    assert used - set(css_variables()) <= {"--arkor-mono", "--arkor-row"}
