"""Real little HTTP servers that answer, or misbehave, by script."""

from .scripted import Answer, ScriptedServer, Seen, chunked, head, json_answer, sse, sse_answer

__all__ = ["Answer", "ScriptedServer", "Seen", "chunked", "head", "json_answer", "sse", "sse_answer"]
