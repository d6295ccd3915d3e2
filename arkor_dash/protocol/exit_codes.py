"""Exit codes, and the signals that they stand for."""

from __future__ import annotations

import signal

SHELL_SIGNALS = 128
"""A shell reports a program that a signal has ended by this number plus that of the signal. Source: POSIX, 2.8.2."""


def shell_code(exit_code: int) -> int:
    """The exit code as a shell reports it: 128 + signal for a child that a signal ended."""
    return SHELL_SIGNALS - exit_code if exit_code < 0 else exit_code


def signal_name(number: int) -> str:
    """`SIGKILL`; "" if there is no such signal on this system."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""
