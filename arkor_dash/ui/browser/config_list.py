"""The values of a config, or of an environment, which can be searched and copied."""

from __future__ import annotations

from collections.abc import Sequence

from .component import register

SEARCHED_FROM = 16
"""The number of values from which on there is a search field."""
_HTML = """
<div class="arkor-config">
  <div class="arkor-config-tools">
    <input type="search" placeholder="Search" autocomplete="off" spellcheck="false" />
    <span class="arkor-note" role="status"></span>
  </div>
  <div class="arkor-config-values" role="region" tabindex="0">
    <dl class="arkor-facts"></dl>
  </div>
</div>
"""
_config = register("config", _HTML, "copy")


def show_config(values: Sequence[tuple[str, str]], json_text: str, *, key: str, noun: str = "config") -> None:
    """Show names and values of a `noun`. `json_text` is what the button copies; there is no button if it is ""."""
    _config(key=key, data={"noun": noun, "values": values, "json": json_text, "searched_from": SEARCHED_FROM})
