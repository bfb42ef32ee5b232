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
        self.failures, self.until, self.asked_for = 0, 0.0, False


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

    def learn(self, urls: Iterable[object]) -> bool:
        """Takes these in place of those learnt before, unless there is none; True when that changed something."""
        found: List[str] = []
        for url in urls:
            try:
                found.append(node_url(str(url)))
            except SettingError:
                continue
        found = list(dict.fromkeys(found))[:NODES_MAX]
        with self._lock:
            if not found or set(found) == set(self._learnt):
                return False
            self._learnt = found
            self._arrange()
            return True

    def next(self, tried: Collection[str] = ()) -> Optional[str]:
        """The node that a request goes to, or None when those that are left asked for a delay."""
        with self._lock:
            now = self._clock.now()
            waiting = []
            for url in self._order:
                if url in tried:
                    continue
                kept = self._quarantine.get(url)
                if kept is None or kept.until <= now:
                    return url
                if not kept.asked_for:
                    waiting.append((kept.until, url))
            return min(waiting)[1] if waiting else None

    def failed(self, url: str, retry_after: Optional[str] = None) -> None:
        with self._lock:
            kept = self._quarantine.setdefault(url, _Quarantine())
            kept.failures = min(kept.failures + 1, DOUBLINGS_MAX)
            length = min(self._settings.quarantine_ms * 2 ** (kept.failures - 1), self._settings.quarantine_max_ms)
            length *= self._chance.uniform(0.5, 1)
            kept.asked_for = retry_after is not None and retry_after.strip().isdigit()
            if kept.asked_for:
                asked = min(int(retry_after or 0), RETRY_AFTER_MAX_S) * 1000
                length = max(length, asked * self._chance.uniform(1, 1.2))
            kept.until = self._clock.now() + length

    def succeeded(self, url: str) -> None:
        with self._lock:
            self._quarantine.pop(url, None)

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
