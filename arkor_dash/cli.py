"""The command `arkor-dash`: opens the dashboard, or runs a command of the SDK or the Studio."""

from __future__ import annotations

import importlib.util
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from arkor_dash import __version__

_PACKAGE = Path(__file__).parent
_PROJECT_COMMANDS = ("build", "start", "manifest")
USAGE = """\
usage: arkor-dash [OPTION ...]
       arkor-dash build | start | manifest [ENTRY]
       arkor-dash studio --project DIR [OPTION ...]

Without a command, open the dashboard. It shows the project of the working directory, or a sample.
The options are those of `streamlit run`, such as --server.port=8080 or --server.headless=true.

commands:
  build     take a snapshot of the project's src/arkor/
  start     train, in this terminal
  manifest  print the name of the project's trainer as JSON
  studio    run a Studio without the dashboard

options:
  -h, --help  show this text
  --version   show the version
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name (default: `sys.argv[1:]`). Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    match given:
        case ["-h" | "--help", *_]:
            print(USAGE, end="")
            return 0
        case ["--version", *_]:
            print(f"arkor-dash {__version__}")
            return 0
        case [command, *_] if command in _PROJECT_COMMANDS:
            from arkor_dash.sdk import commands  # noqa: PLC0415  # each command imports only what it needs

            return commands.main(given)
        case ["studio", *options]:
            from arkor_dash.studio import __main__ as studio  # noqa: PLC0415

            return studio.main(options)
        case [command, *_] if not command.startswith("-"):
            print(f"arkor-dash: there is no command {command!r}\n\n{USAGE}", end="", file=sys.stderr)
            return 2
        case _:
            return open_dashboard(given)


def open_dashboard(options: Sequence[str]) -> int:
    """Run the app as `python -m streamlit run` does, in this process and working directory.

    Streamlit reads `.streamlit/config.toml` beside the app too, wherever the working directory is.
    """
    if importlib.util.find_spec("streamlit") is None:
        print("arkor-dash: the dashboard needs Streamlit: pip install arkor-dash", file=sys.stderr)
        return 1
    sys.argv = ["streamlit", "run", str(app_script()), *options]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
    return 0


def app_script() -> Path:
    """The app's entry script: inside the package in a wheel, else at the top level of the repository."""
    packaged = _PACKAGE / "app" / "streamlit_app.py"
    return packaged if packaged.is_file() else _PACKAGE.parent / "streamlit_app.py"
