"""What is known of one service, and what an answer makes of it. No thread, no clock: it is told the time."""
from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from .cache import Cache, file_name
from .judgement import explained, sharp
from .listing import Endpoint, Listing, endpoints_of

HOLD_MAX_MS = 600_000
OLD_MS = 3_600_000      # a list from disk that is older protects itself against an empty answer only
REWRITE_MS = 300_000    # so that the date in the file stays young
WRITES_APART_MS = 1000
FRESH_POLLS = 3


class View:
    """Whoever owns it serialises calls."""

    def __init__(self, service: str, poll_ms: float, hold_ms: float, now: float):
        self.service, self.began = service, now
        self._poll_ms, self._hold_ms = poll_ms, hold_ms
        self.known: Dict[str, Endpoint] = {}
        self.answered: Dict[str, Endpoint] = {}  # the last answer as it was: what a 304 stands for
        self.missing: Dict[str, float] = {}      # how long answers have lacked it
        self.tag = ""
        self.source = "none"
        self._confirmed: Optional[float] = None  # monotonic
        self._disk_age: Optional[float] = None   # at the time of reading
        self._read_at = 0.0
        self._old = False
        self._dirty, self._written = False, float("-inf")
        self._sorted: Optional[Tuple[Endpoint, ...]] = None  # `known`, for readers

    # -------------------------------------------------------------------------------------- answers

    def sharp(self, answer: Dict[str, Endpoint]) -> bool:
        return sharp(self.known.keys(), answer.keys(), self.missing.keys(), self._old)

    def forget(self, events: Any, answer: Dict[str, Endpoint]) -> None:
        """Drops what events say was taken out."""
        for name in explained(events, self.known.keys() - answer.keys()):
            del self.known[name]
            self._sorted = None
            self.missing.pop(name, None)
            self._dirty = True

    def take(self, answer: Dict[str, Endpoint], now: float) -> None:
        """The answer is believed as it is."""
        self._set(answer, {})
        self._confirm(answer, now)

    def keep(self, answer: Dict[str, Endpoint], now: float) -> None:
        """What the answer has is believed, what it lacks is kept for its time."""
        step = 0.0 if self._confirmed is None else min(now - self._confirmed, 2 * self._poll_ms)
        missing = {name: self.missing[name] + step if name in self.missing else 0.0
                   for name in self.known.keys() - answer.keys()}
        missing = {name: time for name, time in missing.items() if time < self._hold(self.known[name])}
        self._set({**answer, **{name: self.known[name] for name in missing}}, missing)
        self._confirm(answer, now)

    def _hold(self, endpoint: Endpoint) -> float:
        return min(self._hold_ms or endpoint.lease_ms, HOLD_MAX_MS)

    def _set(self, known: Dict[str, Endpoint], missing: Dict[str, float]) -> None:
        documents = {name: one.document for name, one in known.items()}
        if documents != {name: one.document for name, one in self.known.items()} or self.source == "none":
            self._dirty = True
        self.known, self.missing, self._sorted = known, missing, None

    def _confirm(self, answer: Dict[str, Endpoint], now: float) -> None:
        self.answered, self._confirmed, self.source, self._old = dict(answer), now, "registry", False

    # ---------------------------------------------------------------------------------------- disk

    def read(self, cache: Cache, now: float, wall: float) -> None:
        document = cache.read(file_name(self.service), "service")
        if document is None:
            return
        try:
            if document.get("service") != self.service:
                raise ValueError("it is of another service")
            endpoints = endpoints_of(document)
        except ValueError as error:
            cache.ignored += 1
            cache.last_error = f"the file of {self.service} is ignored: {error}"
            return
        date = document.get("confirmed_at_ms")
        age = wall - date if isinstance(date, (int, float)) else None
        self._disk_age = age if age is not None and age >= 0 else None
        self._old = self._disk_age is not None and self._disk_age > OLD_MS
        self._read_at, self.source = now, "disk"
        self.known, self.answered, self._sorted = endpoints, dict(endpoints), None
        tag = document.get("etag")
        self.tag = tag if isinstance(tag, str) else ""

    def write_due(self, now: float) -> Optional[float]:
        """When the file is to be written, at the earliest; None: there is nothing new."""
        if self._dirty:
            return self._written + WRITES_APART_MS
        if self._confirmed is not None and self._confirmed > self._written:
            return self._written + REWRITE_MS
        return None

    def write(self, cache: Cache, now: float, wall: float) -> None:
        self._written = now
        age = now - self._confirmed if self._confirmed is not None else 0
        document = {"service": self.service, "confirmed_at_ms": int(wall - age), "etag": "" if self.missing else self.tag,
                    "instances": [one.document for _, one in sorted(self.known.items())]}
        self._dirty = not cache.write(file_name(self.service), "service", document)

    # ------------------------------------------------------------------------------------- readers

    @property
    def has_list(self) -> bool:
        return self.source != "none"

    def listing(self, now: float) -> Listing:
        age: Optional[float] = None
        if self._confirmed is not None:
            age = now - self._confirmed
            state = "fresh" if age <= FRESH_POLLS * self._poll_ms else "stale"
        elif self.source == "disk":
            age = None if self._disk_age is None else self._disk_age + now - self._read_at
            state = "cached_only"
        else:
            state = "never"
        if self._sorted is None:
            self._sorted = tuple(one for _, one in sorted(self.known.items()))
        return Listing(self.service, self._sorted, self.source, state, age, tuple(sorted(self.missing)))
