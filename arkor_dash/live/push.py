"""Pages that are drawn when there is something new to see, and not by a timer.

A drawing leaves behind what it was made from. The server looks, many times a second, whether that has changed, and
if so says a word over a websocket of its own to the browser, which then asks Streamlit for the next drawing. So a
page to which nothing happens costs nothing, and one to which something does is drawn at once.
"""

from __future__ import annotations

import logging
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

import anyio
from anyio.abc import TaskGroup
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

log = logging.getLogger(__name__)

PATH = "arkor/wake"
LOOK_S = 0.05
AGAIN_S = 2.0
"""After which a browser that has not asked for the drawing is told once more."""
HELLO_S = 10.0
PACES_S = (0.3, 0.7, 1.1, 2.2, 4.4, 8.8)
"""How often a page may be drawn."""
SHARE_S = 0.013
"""What a drawing may take of the interpreter's time: the 7 ms that it does, and as much again for short queues."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    look: Callable[[], object]
    saw: object
    at: float
    due_at: float


class Watch:
    """One drawing of one viewer, which the viewer's session keeps alive. Drawn by one thread, looked at by another.

    `token` is what the browser names it by, and a secret between the two. `kind` is what is drawn, and `every_s` how
    often it is looked whether it is to be drawn again.
    """

    def __init__(
        self, kind: str, every_s: float = LOOK_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = secrets.token_urlsafe(16)
        self.kind = kind
        self.every_s = every_s
        self._clock = clock
        self._drawing = _Drawing(lambda: None, None, clock(), math.inf)

    def drawn(self, look: Callable[[], object], saw: object, due_in_s: float = math.inf) -> None:
        """The page was drawn.

        Args: look: tells what it depends on, and is called by the server's loop: quick, and without Streamlit.
            saw: what `look` returned before the drawing began. due_in_s: after which time alone changes the page.
        """
        now = self._clock()
        self._drawing = _Drawing(look, saw, now, now + due_in_s)

    def drawn_at(self) -> float:
        """By the clock, in seconds."""
        return self._drawing.at

    def is_stale(self) -> bool:
        """Whether the page would look otherwise, were it drawn now."""
        drawing = self._drawing
        return self._clock() >= drawing.due_at or drawing.look() != drawing.saw


_watches: WeakValueDictionary[str, Watch] = WeakValueDictionary()
_listening: Counter[str] = Counter()


def watch(kind: str, every_s: float = LOOK_S) -> Watch:
    """A drawing that a browser can be told of, for as long as the answer is kept."""
    made = Watch(kind, every_s)
    _watches[made.token] = made
    return made


def pace_s(viewers: int) -> float:
    """Seconds between two drawings of the same page, of which Streamlit makes one for each viewer, one at a time."""
    return next((pace for pace in PACES_S if pace >= SHARE_S * viewers), PACES_S[-1])


def route(base_path: str = "") -> WebSocketRoute:
    """Where browsers listen. They say their token, hear `heard`, and then `draw` each time that they should ask."""
    return WebSocketRoute(f"{f'/{base_path}'.rstrip('/')}/{PATH}", _listen)


async def _listen(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        with anyio.fail_after(HELLO_S):
            told = _watches.get(await websocket.receive_text())
        if told is None:
            await websocket.close()
            return
        await websocket.send_text("heard")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_tell, websocket, told)
            await _gone(websocket, tasks)
    except (WebSocketDisconnect, TimeoutError, KeyError):  # gone, silent, or nothing that we would say
        return


async def _gone(websocket: WebSocket, tasks: TaskGroup) -> None:
    """Wait until the browser has left."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass
    tasks.cancel_scope.cancel()


async def _tell(websocket: WebSocket, watched: Watch) -> None:
    told_at = -math.inf
    _listening[watched.kind] += 1
    try:
        while True:
            await anyio.sleep(watched.every_s)
            now = time.monotonic()
            asked = told_at <= watched.drawn_at() or now - told_at >= AGAIN_S
            if asked and now - watched.drawn_at() >= pace_s(_listening[watched.kind]) and watched.is_stale():
                await websocket.send_text("draw")
                told_at = now
    except WebSocketDisconnect:
        return
    finally:
        _listening[watched.kind] -= 1
