"""`streamlit run` does not wait without a need."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.app import launch, stop
from tests.servers.client import open_stream, run_script
from tests.waiting import wait_until

REPORT = """
import contextlib, json, os, pathlib, socket, stat, threading

def options():
    for name in filter(is_socket, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError, IndexError), socket.socket(fileno=os.dup(int(name))) as each:
            yield each.getpeername()[1], each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

def is_socket(name):
    with contextlib.suppress(OSError):
        return stat.S_ISSOCK(os.fstat(int(name)).st_mode)

def report(wait=threading.Event().wait):
    while not wait(0.05):
        pathlib.Path(f"{FILE}.new").write_text(json.dumps(dict(options())))
        os.replace(f"{FILE}.new", FILE)

threading.Thread(target=report, daemon=True).start()
"""
"""What a Python process runs at its start: it writes TCP_NODELAY of each connection, by the peer's port, to FILE."""


def settings(folder: Path) -> dict[str, str]:
    return {"ARKOR_DASH_SOURCE": "recordings", "ARKOR_DASH_RECORDINGS_DIR": str(folder)}


def test_a_connection_to_the_dashboard_does_not_wait_for_acknowledgements(tmp_path: Path) -> None:
    report = tmp_path / "connections.json"
    (tmp_path / "sitecustomize.py").write_text(f"FILE = {str(report)!r}\n{REPORT}", encoding="utf-8")
    python_path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    app = launch(tmp_path / "app", {**settings(tmp_path), "PYTHONPATH": python_path})
    try:
        address = urlsplit(app.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as client:
            port = str(client.getsockname()[1])
            wait_until(
                lambda: report.exists() and port in json.loads(report.read_text()),
                what="the accepted connection",
            )
            assert json.loads(report.read_text())[port] != 0
    finally:
        stop(app)


def test_a_search_in_the_list_of_jobs_begins_with_a_short_pause_in_typing(tmp_path: Path) -> None:
    app = launch(tmp_path / "app", settings(tmp_path))
    try:
        with open_stream(app) as stream:
            sent = run_script(stream, page="jobs")
        fields = [message.delta.new_element.text_input for message in sent]
        assert [field.live_debounce_ms <= 50 for field in fields if field.id] == [True]
    finally:
        stop(app)
