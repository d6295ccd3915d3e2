"""One page of a job is drawn at a time."""

from __future__ import annotations

from threading import Lock

DRAWING = Lock()
"""Held while a page is drawn, which takes ten milliseconds.

Streamlit draws for each viewer in a thread of its own, and wakes its event loop with each element. Each time the
thread lets go of the interpreter, and then waits for all others: of fifty viewers none gets anything, while a core is
busy with changing threads. Drawn in turn, all get theirs.
"""
