"""The summaries of the metrics that the list of jobs shows, fetched once for all viewers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from arkor_dash.errors import UNEXPECTED_ERROR, ArkorDashError
from arkor_dash.protocol.metric_summaries import NAMES_ASKED, MetricSummary, Summaries
from arkor_dash.sources import Source

from .notifier import changes
from .tracebacks import release_frames

log = logging.getLogger(__name__)

REQUESTS = 10
"""The most requests of a fetch. An address can name any metrics, so a viewer could ask for any number."""
MAX_AGE_S = 4.5
"""The age at which summaries are fetched again. It is shorter than the time between two redraws of the list."""


@dataclass(frozen=True, slots=True)
class SummaryView:
    """What the latest fetches have returned. `error` is the reason why the latest one failed, or None.

    `names` are the names of all metrics. After a failure, everything is as the last success left it.
    """

    names: Sequence[str] = ()
    summaries: Summaries = field(default_factory=dict)
    error: str | None = None


class SummaryPoller:
    """Fetches summaries on demand, in the background, and with one request at a time. Thread-safe.

    Nothing is fetched while nobody asks. Args: monotonic: a clock in seconds.
    """

    def __init__(self, source: Source, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._view = SummaryView()
        self._asked_at: dict[str, float] = {}
        self._fetched: Mapping[str, float] = {}
        """By name: when the latest fetch of it has begun. "" stands for the list of names."""
        self._in_flight = False

    def view(self, metrics: Collection[str], wait_s: float) -> SummaryView:
        """The names of all metrics, and the summaries of these. Waits up to `wait_s` for what was never fetched."""
        asked = set(list(metrics)[:NAMES_ASKED]) | {""}
        with self._changed:
            now = self._monotonic()
            self._asked_at |= dict.fromkeys(asked, now)

            def was_fetched() -> bool:
                missing = not asked <= self._fetched.keys()
                is_old = missing or any(now - self._fetched[name] >= MAX_AGE_S for name in asked)
                if is_old and not self._in_flight:
                    self._start(now)
                return not missing

            self._changed.wait_for(was_fetched, wait_s)
            return self._view

    def _start(self, now: float) -> None:
        """Begin to fetch what was asked for lately, the newest first."""
        self._asked_at = {name: at for name, at in self._asked_at.items() if now - at < 2 * MAX_AGE_S}
        latest = sorted(self._asked_at.items(), key=lambda entry: entry[1], reverse=True)
        names = [name for name, _ in latest if name][: REQUESTS * NAMES_ASKED]
        self._in_flight = True
        threading.Thread(target=self._fetch, args=(names, now), name="summaries", daemon=True).start()

    def _fetch(self, names: Sequence[str], now: float) -> None:
        # Every path ends with `_in_flight` unset. Otherwise no other fetch would start.
        view = SummaryView(self._view.names, self._view.summaries)
        try:
            summaries = self._source.summaries
            if summaries is not None:
                found: dict[str, Mapping[str, MetricSummary]] = {}
                for first in range(0, len(names), NAMES_ASKED):
                    found |= summaries.read(names[first : first + NAMES_ASKED])
                view = SummaryView(summaries.names(), found)
        except ArkorDashError as error:
            release_frames(error)
            view = SummaryView(view.names, view.summaries, str(error))
        except Exception as error:
            log.exception("The summaries of metrics could not be fetched")
            release_frames(error)
            view = SummaryView(view.names, view.summaries, UNEXPECTED_ERROR)
        with self._changed:
            self._in_flight = False
            if view != self._view:
                self._view = view
            self._fetched = dict.fromkeys(("", *names), now)
            self._changed.notify_all()
        changes.notify()
