"""The project's checks, each in its own environment. `nox --list` shows them."""

from __future__ import annotations

import re
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.sessions = ["lint", "types", "tests-3.11"]

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = ("linux", "darwin", "win32")
CONSTRAINED = ("-c", "constraints.txt", "-r", "requirements-dev.txt")
CONSTRAINTS_HEADER = """\
# The exact versions that CI installs, for Linux, macOS and Windows and each Python that is supported.
# Made by: nox -s constraints
"""


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and layers."""
    session.install(*CONSTRAINED)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, for each platform."""
    session.install(*CONSTRAINED)
    for platform in PLATFORMS:
        session.run("mypy", "--platform", platform, "--cache-dir", f".mypy_cache/{platform}", "arkor_dash")


@nox.session
def audit(session: nox.Session) -> None:
    """Check the constrained packages for known vulnerabilities, if the data about them can be reached."""
    session.install("pip-audit")
    session.run("python", ".ci/audit")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests that need no browser, with coverage."""
    session.install(*CONSTRAINED, "-r", "requirements-transformers.txt")
    session.run("pytest", "--ignore=tests/browser", "--cov", "--cov-report=", *session.posargs)
    session.run("coverage", "report", "--format=total")


@nox.session
def browser(session: nox.Session) -> None:
    """Run the tests in a real browser: Debian's headless Chromium, Playwright's, or an installed one."""
    session.install(*CONSTRAINED)
    session.run("pytest", "tests/browser", *session.posargs)


@nox.session
def newest_streamlit(session: nox.Session) -> None:
    """Run all tests with the newest Streamlit, whatever version the requirements name."""
    session.install("-r", "requirements-dev.txt", "-r", "requirements-transformers.txt")
    session.install("--upgrade", "streamlit[auth]")
    session.run("pytest", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Run all benchmarks, which takes about half an hour, or those named after `--`."""
    session.install(*CONSTRAINED)
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def constraints(session: nox.Session) -> None:
    """Renew constraints.txt with the newest versions that the requirements allow."""
    session.install("uv")
    command = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHONS[0], "--upgrade")
    plain = ("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links")
    files = ("requirements-dev.txt", "requirements-transformers.txt")
    resolved = session.run(*command, *plain, *files, silent=True)
    lines = [line for line in str(resolved).splitlines() if re.match(r"[\w.-]+==", line)]
    Path("constraints.txt").write_text(CONSTRAINTS_HEADER + "\n".join(lines) + "\n", encoding="utf-8")


@nox.session
def wheels(session: nox.Session) -> None:
    """Build the wheels of the dashboard and of the SDK into dist/."""
    for source in (".", "./distributions/sdk"):
        session.run("python", "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "dist", source)


@nox.session(venv_backend="none")
def release_notes(session: nox.Session) -> None:
    """Print the changelog's section of a version: `nox -s release_notes -- v0.1.0`."""
    print(section(Path("CHANGELOG.md").read_text(encoding="utf-8"), session.posargs[0].removeprefix("v")))


def section(changelog: str, version: str) -> str:
    """The text below the heading `## VERSION`, up to the next one.

    Raises: ValueError: there is no such heading.
    """
    found = re.search(
        rf"^## {re.escape(version)}(?![\w.])[^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None:
        raise ValueError(f"CHANGELOG.md should have a section `## {version}`, but has none")
    return found[1].strip()
