"""The names that the dashboard is served under."""

from __future__ import annotations

import socket

import pytest

from arkor_dash.access.hosts import HostNames, own_names

RUN_HERE = ["localhost", "localhost:8501", "LOCALHOST:8501", "app.localhost", "127.0.0.1:8501", "[::1]:8501"]
ON_THE_NETWORK = ["192.0.2.7:8501", "[2001:db8::7]:8501", "[::ffff:192.0.2.7]"]
REBOUND = ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example:8501"]
STRANGE = [
    "",
    ":8501",
    "[::1",
    "localhost:port",
    "localhost@evil.example",
    "localhost/x",
    "localhost?x",
    "evil.example@localhost",
    "a b",
    "*",
    ".",
]


@pytest.mark.parametrize("host", RUN_HERE + ON_THE_NETWORK)
def test_addresses_and_loopback_names_are_served(host: str) -> None:
    assert HostNames([]).serve(host)


@pytest.mark.parametrize("host", REBOUND + STRANGE)
def test_a_name_that_someone_else_can_own_is_not_served(host: str) -> None:
    assert not HostNames([]).serve(host)


def test_this_machine_s_own_names_are_served() -> None:
    name = socket.gethostname()
    assert HostNames([]).serve(f"{name}:8501")
    assert HostNames([]).serve(name.upper())
    assert f"{name.partition('.')[0].lower()}.local" in own_names()


def test_the_names_in_the_settings_are_served() -> None:
    hosts = HostNames([" Dash.Example.org. ", "*.example.net"])
    assert hosts.serve("dash.example.org:443")
    assert hosts.serve("DASH.EXAMPLE.ORG.")
    assert hosts.serve("team.example.net")
    assert not hosts.serve("example.net")
    assert not hosts.serve("evilexample.net")
    assert not HostNames(["*example.net"]).serve("evilexample.net")
    assert not hosts.serve("x.dash.example.org")


@pytest.mark.parametrize("host", ["evil.example", "localhost"])
def test_an_asterisk_stands_for_all_names(host: str) -> None:
    assert HostNames(["*"]).serve(host)
    assert not HostNames(["*"]).serve("")


def test_the_apps_of_streamlit_community_cloud_are_served() -> None:
    assert HostNames([]).serve("my-dashboard.streamlit.app")
    assert not HostNames([]).serve("streamlit.app.evil.example")
    assert HostNames([], "/mount/src/repository/streamlit_app.py").serve("dash.example.org")
    assert not HostNames([], "/home/ada/streamlit_app.py").serve("dash.example.org")
