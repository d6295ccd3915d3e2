"""Real HTTP servers whose answers and faults a test scripts."""

from .scripted import Answer, ScriptedServer, Seen, chunked, head, json_answer, sse, sse_answer

__all__ = ["Answer", "ScriptedServer", "Seen", "chunked", "head", "json_answer", "sse", "sse_answer"]
