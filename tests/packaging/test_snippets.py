"""Every Python and console snippet of the documentation runs unchanged.

Some commands can't run in a test as a user runs them. A rule for each says what is checked instead, and why. A
snippet without a rule fails, so that a new one gets a rule.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.notices import without_wait
from tests.studio.process import StudioProcess

from .environments import ROOT, Environment
from .processes import run, running_dashboard
from .snippets import PYTHON, Snippet, all_snippets, is_console, snippets_of

pytestmark = pytest.mark.timeout(900)  # environments are made, and servers started, on a busy machine

SNIPPETS = all_snippets()
SCRIPTS = [each for each in SNIPPETS if each.language in PYTHON]
COMMANDS = sorted({command for each in SNIPPETS if is_console(each) for command in each.commands()})


@dataclass(frozen=True)
class Setting:
    """The place where a command is checked: an environment with every requirement, and an empty folder."""

    environment: Environment
    folder: Path


def installs_a_requirements_file(setting: Setting, name: str) -> None:
    """Runs offline. The packages are links, so pip checks their versions and installs the project."""
    setting.environment.pip("install", "-r", name, "--no-index", "--no-build-isolation")
    code = "import arkor_dash; print(arkor_dash.__file__)"
    done = run([str(setting.environment.python), "-c", code], setting.folder)
    assert Path(done.stdout.strip()).is_relative_to(ROOT)


def opens_the_dashboard(setting: Setting) -> None:
    """Opens it on a free port and without a browser."""
    setting.environment.pip("install", "-r", "requirements.txt", "--no-index", "--no-build-isolation")
    command = [str(setting.environment.python), "-m", "streamlit", "run", "streamlit_app.py"]
    with running_dashboard(command, ROOT, setting.folder):
        pass  # the health check has succeeded


def makes_an_environment(setting: Setting) -> None:
    run([sys.executable, "-m", "venv", ".venv"], setting.folder)
    assert (setting.folder / ".venv" / "bin" / "pip").exists()


def activates_an_environment(setting: Setting) -> None:
    """Creates and activates the environment in one shell, since an activation ends with its shell."""
    make = f"'{sys.executable}' -m venv --without-pip .venv"
    script = f"{make} && . .venv/bin/activate && python -c 'import sys; print(sys.prefix)'"
    done = run(["bash", "-c", script], setting.folder)
    assert Path(done.stdout.strip()) == setting.folder / ".venv"


def is_what_runs_this_test(setting: Setting) -> None:
    """The whole test suite can't run inside one of its tests."""


def takes_half_an_hour(setting: Setting, module: str) -> None:
    """Runs only `--help`. `tests/test_benchmarks.py` and `tests/test_soak.py` run the short ones."""
    assert "usage" in run([sys.executable, "-m", module, "--help"], ROOT).stdout


def installs_a_git_hook(setting: Setting) -> None:
    """Runs in a repository of its own, since it changes the repository that it is called in."""
    shutil.copy(ROOT / ".pre-commit-config.yaml", setting.folder)
    run(["git", "init", "--quiet"], setting.folder)
    command = [sys.executable, "-m", "pre_commit", "install"]
    run(command, setting.folder, PRE_COMMIT_HOME=str(setting.folder / "cache"))
    assert (setting.folder / ".git" / "hooks" / "pre-commit").is_file()


def names_sessions_of_nox(setting: Setting, names: str) -> None:
    """Only looks up the session's name, since a session installs from the network."""
    listed = run([sys.executable, "-m", "nox", "--list"], ROOT).stdout
    known = set(re.findall(r"^[*-] (\S+)", listed, re.MULTILINE))
    assert set(names.split()) <= known


RULES: dict[str, Callable[..., None]] = {
    r"pip install -r (requirements[\w-]*\.txt)": installs_a_requirements_file,
    r"streamlit run streamlit_app\.py": opens_the_dashboard,
    r"python -m venv \.venv": makes_an_environment,
    r"\. \.venv/bin/activate": activates_an_environment,
    r"pytest": is_what_runs_this_test,
    r"python -m (benchmarks[.\w]*)(?: .*)?": takes_half_an_hour,
    r"pre-commit install": installs_a_git_hook,
    r"nox -s ([\w. -]+)": names_sessions_of_nox,
}


@pytest.mark.parametrize("snippet", SCRIPTS, ids=lambda snippet: snippet.place)
def test_a_python_snippet_runs_as_it_stands(
    snippet: Snippet, dashboard: Environment, studio: StudioProcess, tmp_path: Path
) -> None:
    if "create_arkor(" in snippet.text:
        runs_as_a_project(snippet, dashboard, tmp_path)
    elif "init(" in snippet.text:
        runs_as_a_script(snippet, dashboard, studio, tmp_path)
    else:
        pytest.fail(f"{snippet.place}: there is no rule for a snippet that is neither a script nor a project")


def runs_as_a_project(snippet: Snippet, dashboard: Environment, folder: Path) -> None:
    entry = folder / "src" / "arkor" / "index.py"
    entry.parent.mkdir(parents=True)
    entry.write_text(snippet.text, encoding="utf-8")
    done = run([str(dashboard.bin / "arkor-dash"), "start"], folder)
    assert "status=completed" in done.stdout


def runs_as_a_script(snippet: Snippet, dashboard: Environment, studio: StudioProcess, folder: Path) -> None:
    before = {job["id"] for job in studio.get("/api/jobs").json()["jobs"]}
    (folder / "script.py").write_text(snippet.text, encoding="utf-8")
    done = run([str(dashboard.python), "-W", "error", "script.py"], folder)
    assert without_wait(done.stderr) == ""
    (job,) = (job for job in studio.get("/api/jobs").json()["jobs"] if job["id"] not in before)
    assert job["status"] == "completed"
    kept = studio.get(f"/api/jobs/{job['id']}").json()["artifacts"]
    assert [each["name"] for each in kept] == re.findall(r'save_artifact\("(.+?)"\)', snippet.text)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_does_what_the_page_says(command: str, checkout: Environment, tmp_path: Path) -> None:
    matches = [(rule, found) for form, rule in RULES.items() if (found := re.fullmatch(form, command))]
    if len(matches) != 1:
        pytest.fail(f"{command!r} should have one rule in RULES, but has {len(matches)}")
    ((rule, found),) = matches
    rule(Setting(checkout, tmp_path), *found.groups())


@pytest.mark.parametrize("form", RULES)
def test_each_rule_applies_to_a_command(form: str) -> None:
    assert any(re.fullmatch(form, command) for command in COMMANDS)


def test_snippets_are_found_with_their_language_and_commands() -> None:
    text = "# A\n\n```console\n$ a -b  # why\n  output\n$ c && d\n```\n\n- x\n  ```python\n  if 1:\n      2\n  ```\n"
    console, python = snippets_of("page.md", text)
    assert (console.place, list(console.commands())) == ("page.md:3", ["a -b", "c", "d"])
    assert (python.language, python.text) == ("python", "if 1:\n    2\n")
    assert SCRIPTS
    assert COMMANDS
