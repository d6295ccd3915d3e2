"""The code blocks of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .environments import ROOT

PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    *(f"docs/{each.name}" for each in ROOT.glob("docs/*.md")),
)
PYTHON = {"python", "py", "pycon"}
CONSOLE = {"console", "bash", "sh", "shell", "zsh"}


@dataclass(frozen=True)
class Snippet:
    """A code block: its page and line, its language ("" if none is named), and its text."""

    place: str
    language: str
    text: str

    def commands(self) -> Iterator[str]:
        """The commands behind the prompts, without comments; `a && b` is two."""
        for line in self.text.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                command = re.sub(r"\s+#.*", "", line.removeprefix("$ "))
                yield from (part.strip() for part in command.split("&&"))


def snippets_of(page: str, text: str) -> Iterator[Snippet]:
    """Every code block of a page."""
    for found in re.finditer(r"^([ ]*)```([^\n`]*)\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, found.start()) + 1
        body = re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE)
        yield Snippet(f"{page}:{line}", found[2].strip(), body)


def all_snippets() -> list[Snippet]:
    return [
        snippet for page in PAGES for snippet in snippets_of(page, (ROOT / page).read_text(encoding="utf-8"))
    ]


def is_console(snippet: Snippet) -> bool:
    return snippet.language in CONSOLE or (snippet.language == "" and snippet.text.startswith("$ "))
