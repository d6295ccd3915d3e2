"""Nothing in tests and benchmarks waits without a limit, so that a fault shows as a failure and never as a hang."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = "# has a limit: "
"""Marks a line whose wait has a limit that the call doesn't show. The rest of the comment names the limit."""

WAITS = {"wait", "join", "get", "recv", "result", "acquire", "exception", "readline"}
"""Methods that wait without a limit when they are called without an argument."""
ALWAYS_NEED_A_TIMEOUT = {"communicate", "run", "check_call", "check_output", "call"}
"""`Popen.communicate` and the functions of `subprocess`, whose other arguments are no limit."""


def unlimited_waits(source: str) -> list[int]:
    """The numbers of the lines that wait without a limit."""
    lines = source.splitlines()
    uses_queues = re.search(r"^(import|from) (queue|multiprocessing)\b|Queue\(", source, re.MULTILINE)
    found = []
    for node in _unlimited(ast.parse(source)):
        text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        reads_a_value = ".get()" in text and not uses_queues
        if ALLOWED not in text and not reads_a_value:
            found.append(node.lineno)
    return sorted(set(found))


def _unlimited(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and _name(node.func) in {"wait_for", "timeout"}:
        return  # asyncio's own limits: what they wrap ends with them
    if isinstance(node, ast.Call) and _waits(node):
        yield node
    if isinstance(node, ast.withitem) and _name(getattr(node.context_expr, "func", None)) == "Popen":
        yield node.context_expr  # at its end, the block waits for the process
    for child in ast.iter_child_nodes(node):
        yield from _unlimited(child)


def _waits(call: ast.Call) -> bool:
    name = _name(call.func)
    timeouts = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    if any(keyword.arg is None for keyword in call.keywords):  # **options may hold one
        return False
    if timeouts:
        return all(isinstance(value, ast.Constant) and value.value is None for value in timeouts)
    if name in ALWAYS_NEED_A_TIMEOUT:
        module = _name(getattr(call.func, "value", None))
        return name == "communicate" or module == "subprocess"
    return name in WAITS and isinstance(call.func, ast.Attribute) and not call.args and not call.keywords


def _name(node: ast.AST | None) -> str:
    return getattr(node, "attr", None) or getattr(node, "id", None) or ""


def test_nothing_waits_without_a_limit() -> None:
    files = [path for folder in ("tests", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {str(path.relative_to(ROOT)): unlimited_waits(path.read_text(encoding="utf-8")) for path in files}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "thread.join()",
        "event.wait()",
        "process.wait(timeout=None)",
        "process.communicate(data)",
        "process.stdout.readline()",
        "lines = queue.SimpleQueue().get()",
        "subprocess.run(command, check=True)",
        "future.result()",
        "with subprocess.Popen(command) as process: pass",
        "async def f(): await news.wait()",
    ],
)
def test_a_wait_without_a_limit_is_found(line: str) -> None:
    assert unlimited_waits(line) == [1]


@pytest.mark.parametrize(
    "line",
    [
        "thread.join(20)",
        "event.wait(timeout=1)",
        "', '.join(names)",
        "registry.acquire('job_1')",
        "fields.get('name')",
        "subprocess.run(command, timeout=60)",
        "asyncio.run(main())",
        "async def f(): await asyncio.wait_for(news.wait(), 5)",
        "request.readline()  # has a limit: the socket's timeout",
    ],
)
def test_a_wait_with_a_limit_is_not(line: str) -> None:
    assert unlimited_waits(line) == []
