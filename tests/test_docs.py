"""README and docs agree with the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "arkor_dash"
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = {
    init.parent.relative_to(PACKAGE).as_posix(): init
    for init in PACKAGE.rglob("__init__.py")
    if init.parent != PACKAGE and init.parent.name != "versions"  # the layout of Alembic
}


def sentence(folder: str) -> str:
    """The first line of the folder's docstring."""
    docstring = ast.get_docstring(ast.parse(FOLDERS[folder].read_text(encoding="utf-8")))
    assert docstring, f"arkor_dash/{folder}/__init__.py has no docstring"
    return docstring.splitlines()[0]


def test_the_architecture_page_lists_every_folder_with_its_sentence():
    listed = dict(re.findall(r"^\| `([a-z/]+)/` \| (.+) \|$", ARCHITECTURE, re.MULTILINE))

    assert listed == {folder: sentence(folder) for folder in FOLDERS}


def test_the_readme_lists_every_top_folder_with_its_sentence():
    block = README.split("## How the code is laid out")[1].split("```")[1]
    listed = dict(re.findall(r"^(\w+)/ +(.+)$", block, re.MULTILINE))

    assert listed == {folder: sentence(folder) for folder in FOLDERS if "/" not in folder}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([a-z_/]+\.(?:py|js))`", ARCHITECTURE))))
def test_the_architecture_page_names_files_that_exist(path: str):
    assert (PACKAGE / path).is_file()


def test_the_architecture_page_is_one_page():
    assert len(ARCHITECTURE.splitlines()) < 130
