"""`streamlit run` sends small messages at once."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.app import launch, stop
from tests.waiting import wait_until

REPORT = """
import json, os, pathlib, socket, threading

def options():
    for name in os.listdir("/dev/fd"):
        try:
            each = socket.socket(fileno=os.dup(int(name)))
            with each:
                yield each.getpeername()[1], each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        except (OSError, IndexError):  # it is no connection
            continue

def report(wait=threading.Event().wait):
    while not wait(0.05):
        pathlib.Path(f"{FILE}.new").write_text(json.dumps(dict(options())))
        os.replace(f"{FILE}.new", FILE)

threading.Thread(target=report, daemon=True).start()
"""
"""What a Python process runs at its start: it writes TCP_NODELAY of each connection, by the peer's port, to FILE."""


def test_a_connection_to_the_dashboard_does_not_wait_for_acknowledgements(tmp_path: Path) -> None:
    report = tmp_path / "connections.json"
    (tmp_path / "sitecustomize.py").write_text(f"FILE = {str(report)!r}\n{REPORT}", encoding="utf-8")
    settings = {
        "ARKOR_DASH_SOURCE": "recordings",
        "ARKOR_DASH_RECORDINGS_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH")))),
    }
    app = launch(tmp_path / "app", settings)
    try:
        address = urlsplit(app.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as client:
            port = str(client.getsockname()[1])
            wait_until(lambda: port in json.loads(report.read_text()), what="the accepted connection")
            assert json.loads(report.read_text())[port] != 0
    finally:
        stop(app)
