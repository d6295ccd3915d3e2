"""The faults of the soak's Studio: their kinds, their probabilities, and how often each happened."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tests.servers import Answer, head, json_answer

T = TypeVar("T")

NEVER = threading.Event()
"""Never set. Waiting for it with a limit is a pause. An answer that is held until it is set never ends."""

REPLACEMENTS: dict[str, tuple[int, Callable[[], Answer]]] = {
    "503": (2, lambda: json_answer({"error": "later"}, "503 Service Unavailable")),
    "503 with Retry-After": (2, lambda: json_answer({}, "503 Service Unavailable", Retry_After="2")),
    "429 with Retry-After": (2, lambda: json_answer({}, "429 Too Many Requests", Retry_After="3")),
    "502 as a web page": (
        1,
        lambda: Answer([head("502 Bad Gateway", Content_Type="text/html", Content_Length="2"), b"<p"]),
    ),
    "200 as a web page": (1, lambda: Answer([head(Content_Type="text/html", Content_Length="2"), b"<p"])),
    "closed without an answer": (1, lambda: Answer([])),
    "reset without an answer": (1, lambda: Answer([], reset=True)),
    "no answer": (1, lambda: Answer([], hold=NEVER)),
    "410": (1, lambda: json_answer({"error": "Gone"}, "410 Gone")),
}
"""Faults in place of a stream: the weight of each, and its answer."""
STREAM_WEIGHTS = {"stream": 40, **{kind: often for kind, (often, _) in REPLACEMENTS.items()}}
BREAK_WEIGHTS = {
    "reset": 4,
    "clean close": 4,
    "cut in a frame": 4,
    "cut in a character": 4,
    "cut between CR and LF": 4,
    "stalled mid-stream": 1,
}
"""How a stream breaks."""
RESUME_WEIGHTS = {"as asked": 6, "ids ignored": 1, "events sent again": 2}
AGAIN_WEIGHTS = {"once": 60, "events doubled on a live connection": 1}
"""Whether a few events are sent again after an event."""
ENCODING_WEIGHTS = {"chunked": 5, "unchunked": 2, "gzip, chunked": 2, "gzip, unchunked": 1}
LIST_WEIGHTS = {"fine": 40, "fault": 1}
PAGE_WEIGHTS = {"fine": 3, "fault": 1}
TROUBLE_WEIGHTS = {"restart": 2, "another": 1, "away": 2, "denial": 2}
"""What happens to the whole Studio: it restarts, another one starts, it denies the streams, or can't be reached."""


class FaultRandom:
    """A thread-safe random generator that also counts the faults and the answers of the server."""

    def __init__(self, seed: int) -> None:
        self.faults: Counter[str] = Counter()
        self.served: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def choose(self, weights: Mapping[str, int]) -> str:
        with self._lock:
            return self._random.choices(list(weights), list(weights.values()))[0]

    def one_of(self, things: Sequence[T]) -> T:
        with self._lock:
            return self._random.choice(things)

    def number(self, low: int, high: int) -> int:
        """An integer from `low` to `high`, both included."""
        with self._lock:
            return self._random.randint(low, high)

    def seconds(self, low: float, high: float) -> float:
        with self._lock:
            return self._random.uniform(low, high)

    def count_fault(self, kind: str) -> None:
        with self._lock:
            self.faults[kind] += 1

    def count_served(self, what: str) -> None:
        with self._lock:
            self.served[what] += 1
