"""Choosing among the endpoints of one service: by weight, without those whose calls fail."""
from __future__ import annotations

import random
import threading
from typing import Dict, List, Sequence, Set

from .clock import Clock
from .errors import NoEndpoint, SettingError
from .listing import Endpoint, Listing
from .settings import Settings

DOUBLINGS_MAX = 30
POLICIES = ("round_robin", "random")


class _Calls:
    def __init__(self) -> None:
        self.failures, self.ejections, self.until = 0, 0, 0.0
        self.number = 0  # of the ejection: greater began later


class Balancer:
    """Safe to use from any thread. What it remembers is of ids that are listed."""

    def __init__(self, settings: Settings, clock: Clock, chance: random.Random):
        self._settings, self._clock, self._chance = settings, clock, chance
        self._lock = threading.Lock()
        self._credit: Dict[str, int] = {}
        self._calls: Dict[str, _Calls] = {}
        self._number = 0

    def pick(self, listing: Listing, policy: str = "round_robin", secure: bool = False) -> Endpoint:
        if policy not in POLICIES:
            raise SettingError(f"{policy!r} is no policy; give one of {', '.join(POLICIES)}")
        candidates = [one for one in listing.endpoints if one.callable(secure)]
        if not candidates:
            raise NoEndpoint(_why_none(listing, secure))
        with self._lock:
            self._prune(listing)
            out = self._ejected(candidates)
            usable = [one for one in candidates if one.id not in out]
            if policy == "random":
                return self._chance.choices(usable, [one.weight for one in usable])[0]
            return self._smooth(usable)

    def report(self, listing: Listing, endpoint_id: str, success: bool) -> None:
        """How a call ended; success: it reached the endpoint in time."""
        with self._lock:
            if not any(one.id == endpoint_id for one in listing.endpoints):
                return
            if success:
                kept = self._calls.get(endpoint_id)
                if kept is not None and kept.until <= self._clock.now():
                    del self._calls[endpoint_id]
                return
            kept = self._calls.setdefault(endpoint_id, _Calls())
            if kept.until > self._clock.now():
                return  # of calls that had begun before
            kept.failures += 1
            if kept.failures >= (1 if kept.ejections else self._settings.eject_after):
                kept.failures = 0
                kept.ejections = min(kept.ejections + 1, DOUBLINGS_MAX)
                length = min(self._settings.eject_ms * 2 ** (kept.ejections - 1), self._settings.eject_max_ms)
                kept.until = self._clock.now() + length * self._chance.uniform(0.8, 1.2)
                self._number += 1
                kept.number = self._number

    def ejected(self, listing: Listing, secure: bool = False) -> List[str]:
        """The ids that are left out now, sorted."""
        with self._lock:
            return sorted(self._ejected([one for one in listing.endpoints if one.callable(secure)]))

    def _ejected(self, candidates: Sequence[Endpoint]) -> Set[str]:
        now = self._clock.now()
        out = [(self._calls[one.id].number, one.id) for one in candidates
               if one.id in self._calls and self._calls[one.id].until > now]
        most = len(candidates) // 2
        return {name for _, name in sorted(out, reverse=True)[:most]}

    def _prune(self, listing: Listing) -> None:
        if len(self._credit) + len(self._calls) > len(listing.endpoints):
            listed = {one.id for one in listing.endpoints}
            self._credit = {name: credit for name, credit in self._credit.items() if name in listed}
            self._calls = {name: kept for name, kept in self._calls.items() if name in listed}

    def _smooth(self, usable: Sequence[Endpoint]) -> Endpoint:
        """Smooth weighted round robin: of weights 5, 1, 1 the turns are a a b a c a a."""
        total = 0
        best = usable[0]
        for one in usable:
            total += one.weight
            self._credit[one.id] = self._credit.get(one.id, 0) + one.weight
            if self._credit[one.id] > self._credit[best.id]:
                best = one
        self._credit[best.id] -= total
        return best


def _why_none(listing: Listing, secure: bool) -> str:
    if not listing.endpoints:
        why = "no node has answered yet; check the nodes" if listing.state == "never" else "it has no instances; start some"
    elif not listing.up:
        why = f"none of its {len(listing.endpoints)} instances is UP; see GET /v1/services/{listing.service}"
    else:
        why = f"none of its UP instances has an address and a {'secure_port' if secure else 'port'}; register them with one"
    return f"nothing to pick of {listing.service}: {why}"
