"""Real HTTP servers whose answers and faults a test scripts."""

from .scripted import (
    Answer,
    Request,
    ScriptedServer,
    chunked,
    head,
    html_answer,
    json_answer,
    sse,
    sse_answer,
)

__all__ = [
    "Answer",
    "Request",
    "ScriptedServer",
    "chunked",
    "head",
    "html_answer",
    "json_answer",
    "sse",
    "sse_answer",
]
