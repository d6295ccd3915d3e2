"""The Studio runs on Linux and macOS. On other systems it can be imported, but prints an error when started."""

from __future__ import annotations

import subprocess
import sys

from .process import ROOT

ON_WINDOWS = """
import os, pkgutil, signal, subprocess, sys
# What the standard library and other packages take from the real system is imported before it is changed.
import asyncio, concurrent.futures.thread, multiprocessing, sqlite3, tempfile, uuid
import anyio._backends._asyncio, platformdirs, sqlalchemy.dialects.sqlite, starlette.applications
import starlette.responses, starlette.middleware, starlette.routing, uvicorn, uvicorn.lifespan.off
import uvicorn.protocols.http.h11_impl, arkor_dash

sys.platform = "win32"
os.O_BINARY = 0
POSIX = {
    os: ["O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "fork", "geteuid", "getpgid", "killpg", "mkfifo", "pread", "pwrite",
         "set_blocking", "setsid", "waitid", "WNOHANG"],
    signal: ["SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGSTOP", "SIGUSR1"],
}
for module, names in POSIX.items():
    for name in names:
        delattr(module, name)
sys.modules.update(fcntl=None, resource=None, pwd=None, grp=None, termios=None)

import arkor_dash.studio
for found in pkgutil.walk_packages(arkor_dash.studio.__path__, "arkor_dash.studio."):
    # The guardian is a script of its own, and Alembic runs the environment of its migrations.
    if not found.name.endswith((".guardian", ".env")):
        __import__(found.name)

from arkor_dash.studio.__main__ import main
sys.exit(main(["--project", "."]))
"""


def test_on_windows_the_studio_can_be_imported_but_not_started() -> None:
    studio = subprocess.run(
        [sys.executable, "-c", ON_WINDOWS], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert studio.stderr.startswith("The Studio did not start: it needs Linux or macOS.")
    assert (studio.returncode, studio.stdout) == (1, "")
