"""The users whose programs listen on a port of this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""The TCP sockets of this machine, on Linux. Source: proc_pid_net(5)."""
_LISTENING = "0A"  # include/net/tcp_states.h
_ROOT = 0


def listening_users(port: int) -> frozenset[int]:
    """The ids of the users whose programs listen on `port`; empty if the system does not say."""
    found = set()
    for table in TABLES:
        try:
            lines = table.read_text(encoding="ascii").splitlines()[1:]
        except (OSError, UnicodeDecodeError):
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 7 and fields[3] == _LISTENING and fields[1].endswith(f":{port:04X}"):
                found.add(int(fields[7]))
    return frozenset(found)


def is_foreign(users: frozenset[int]) -> bool:
    """Whether one of the users is neither this one nor root, who can read every token anyway."""
    if sys.platform == "win32":
        return False  # `listening_users` knows none there
    return bool(users) and not users <= {os.geteuid(), _ROOT}
