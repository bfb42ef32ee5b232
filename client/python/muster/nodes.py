"""Which node is asked: the order of a client, quarantine, and the nodes that others told of."""
from __future__ import annotations

import hashlib
import random
import threading
from typing import Collection, Dict, Iterable, List, Optional

from .clock import Clock
from .errors import SettingError
from .settings import NODES_MAX, Settings, node_url

RETRY_AFTER_MAX_S = 300
DOUBLINGS_MAX = 30  # far above every maximum, and no number grows without end


class _Quarantine:
    def __init__(self) -> None:
        self.failures, self.since, self.until = 0, float("-inf"), 0.0
        self.asked_until = 0.0  # a delay that the node itself wants
        self.tried = False      # it is over, and one request is on its way to see; the others wait for what comes of that


class Nodes:
    """Safe to use from any thread."""

    def __init__(self, settings: Settings, clock: Clock, chance: random.Random):
        self._settings, self._clock, self._chance = settings, clock, chance
        self._lock = threading.Lock()
        self._quarantine: Dict[str, _Quarantine] = {}
        self._learnt: List[str] = []
        self._order: List[str] = []
        self._arrange()

    def _arrange(self) -> None:
        def rank(url: str) -> str:
            return hashlib.sha256(f"{self._settings.client_id} {url}".encode()).hexdigest()
        self._order = sorted({*self._settings.nodes, *self._learnt}, key=rank, reverse=True)
        self._quarantine = {url: kept for url, kept in self._quarantine.items() if url in self._order}

    def learn(self, urls: Iterable[object], teller: Optional[str] = None) -> bool:
        """Takes these and the node that said so in place of those learnt before, unless none of them is a URL; True when that
        changed something."""
        found: List[str] = []
        for url in urls:
            try:
                found.append(node_url(str(url)))
            except SettingError:
                continue
        if not found:
            return False
        found = list(dict.fromkeys([teller, *found] if teller else found))[:NODES_MAX]
        with self._lock:
            if set(found) == set(self._learnt):
                return False
            self._learnt = found
            self._arrange()
            return True

    def next(self, tried: Collection[str] = ()) -> Optional[str]:
        """The node that a request goes to, or None when those that are left asked for a delay. The request must be sent, and
        what came of it told by `failed` or `succeeded`."""
        with self._lock:
            url = self._first(tried)
            kept = self._quarantine.get(url) if url is not None else None
            if kept is not None and kept.until <= self._clock.now():
                kept.tried = True
            return url

    @property
    def current(self) -> Optional[str]:
        """What `next` would say; changes nothing."""
        with self._lock:
            return self._first(())

    def _first(self, tried: Collection[str]) -> Optional[str]:
        now = self._clock.now()
        waiting = []
        for place, url in enumerate(self._order):
            if url in tried:
                continue
            kept = self._quarantine.get(url)
            if kept is None or (kept.until <= now and not kept.tried):
                return url
            if kept.asked_until <= now:
                waiting.append((kept.until, place))
        return self._order[min(waiting)[1]] if waiting else None

    def asks_for_delay(self, url: str) -> bool:
        """Whether this node asked for a delay that is not over."""
        with self._lock:
            kept = self._quarantine.get(url)
            return kept is not None and kept.asked_until > self._clock.now()

    def failed(self, url: str, sent: float, retry_after: Optional[str] = None) -> None:
        """A request that was sent then has failed; `retry_after` is the header of a 429 or 503. Requests that were under way
        together when a node began to fail are one failure."""
        with self._lock:
            if url not in self._order:
                return  # forgotten while it was asked
            now = self._clock.now()
            kept = self._quarantine.setdefault(url, _Quarantine())
            if sent >= kept.since:
                kept.failures = min(kept.failures + 1, DOUBLINGS_MAX)
                length = min(self._settings.quarantine_ms * 2 ** (kept.failures - 1), self._settings.quarantine_max_ms)
                kept.since, kept.tried = now, False
                kept.until = max(now + length * self._chance.uniform(0.5, 1), kept.asked_until)
            asked = asked_delay(retry_after)
            if asked:
                kept.asked_until = max(now + asked * self._chance.uniform(1, 1.2), kept.asked_until)
                kept.until = max(kept.until, kept.asked_until)

    def succeeded(self, url: str) -> None:
        """Ends the quarantine, but for one that the node asked for: the answer is to an earlier request then."""
        with self._lock:
            kept = self._quarantine.get(url)
            if kept is not None and kept.asked_until <= self._clock.now():
                del self._quarantine[url]

    @property
    def home(self) -> str:
        with self._lock:
            return self._order[0]

    @property
    def order(self) -> List[str]:
        with self._lock:
            return list(self._order)

    @property
    def learnt(self) -> List[str]:
        with self._lock:
            return sorted(self._learnt)

    @property
    def quarantined(self) -> Dict[str, float]:
        """How many milliseconds each has left."""
        with self._lock:
            now = self._clock.now()
            return {url: kept.until - now for url, kept in self._quarantine.items() if kept.until > now}


def asked_delay(text: Optional[str]) -> float:
    """Milliseconds of a Retry-After in seconds; 0 for a date and other texts."""
    text = (text or "").strip()
    if not (text.isascii() and text.isdigit()):
        return 0
    return 1000 * (min(int(text), RETRY_AFTER_MAX_S) if len(text) < 10 else RETRY_AFTER_MAX_S)
