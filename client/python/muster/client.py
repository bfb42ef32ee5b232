"""The client: what a program holds, one for all its services."""
from __future__ import annotations

import atexit
import os
import random
import signal
import threading
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from .address import choose
from .balance import Balancer
from .cache import Cache
from .caller import Caller
from .clock import Clock
from .errors import LimitReached, SettingError
from .finder import Finder
from .listing import Endpoint, Listing
from .nodes import Nodes
from .registration import FINAL, Registration
from .settings import REGISTRATIONS_MAX, Settings, instance_key, service_key
from .transport import HttpTransport


class Client:
    """Safe to use from any thread. `close` it, or use it in a `with` block; a program that just ends cancels, too."""

    def __init__(self, settings: Optional[Settings] = None, *, transport: Any = None, clock: Optional[Clock] = None,
                 chance: Optional[random.Random] = None, **options: Any):
        """Settings as an object, or as options: `Client(nodes=["http://10.0.0.1:8761"], cache_dir="/var/cache/shop")`."""
        if settings is not None and options:
            raise SettingError(f"give settings, or options ({', '.join(options)}), not both")
        try:
            self.settings = settings or Settings(**options)
        except TypeError as error:
            raise SettingError(f"{error}; see client/README.md for the settings") from error
        self.clock = clock or Clock()
        self._chance = chance or random.Random()
        self.nodes = Nodes(self.settings, self.clock, self._chance)
        self.cache = Cache(self.settings.cache_dir)
        self._caller = Caller(self.settings, self.nodes, transport or HttpTransport(), self.clock)
        self._finder = Finder(self.settings, self._caller, self.cache, self.clock, self._chance)
        self._lock = threading.RLock()  # guards what follows
        self._registrations: Dict[Tuple[str, str], Registration] = {}
        self._balancers: Dict[str, Balancer] = {}
        self._last_incarnation = 0
        self._closed = False
        atexit.register(self._at_exit)

    # ------------------------------------------------------------------------------------ registering

    def register(self, service: str, instance: str, port: Optional[int] = None, *, address: Optional[str] = None,
                 zone: Optional[str] = None, metadata: Optional[Mapping[str, str]] = None, status: str = "STARTING",
                 interval_s: Optional[int] = None, duration_s: Optional[int] = None, wait: bool = True,
                 **fields: Any) -> Registration:
        """Registers and keeps it so; `up()` of what is returned says that callers may come. `fields` are further ones
        of the API. Waits for an answer, `ready_timeout_ms` at most: without one the task goes on trying."""
        lease = {name: value for name, value in (("interval_s", interval_s), ("duration_s", duration_s)) if value is not None}
        given = {"port": port, "address": address, "zone": zone, "metadata": dict(metadata or {}), "lease": lease, **fields}
        key = service_key(service), instance_key(instance)
        with self._lock:
            if self._closed:
                raise LimitReached("this client is closed; make a new one to register")
            before = self._registrations.get(key)
            if before is not None and before.state not in FINAL:
                raise SettingError(f"{instance} of {service} is registered by this client; cancel it first, or set its status")
            if before is None and len(self._registrations) >= REGISTRATIONS_MAX:
                self._registrations = {k: one for k, one in self._registrations.items() if one.state not in FINAL}
                if len(self._registrations) >= REGISTRATIONS_MAX:
                    raise LimitReached(f"a client keeps at most {REGISTRATIONS_MAX} registrations; use a second client")
            self._last_incarnation = max(self.clock.wall(), self._last_incarnation + 1, 1)
            made = Registration(self.settings, self._caller, self.clock, self._chance, *key, given, status, self._last_incarnation)
            self._registrations[key] = made
        self._finder.start()
        made.start()
        if wait:
            made.wait()
        return made

    def registration(self, service: str, instance: str) -> Registration:
        with self._lock:
            found = self._registrations.get((service_key(service), instance_key(instance)))
        if found is None:
            raise SettingError(f"{instance} of {service} is not registered by this client; register it first")
        return found

    def whoami(self, address: Optional[str] = None) -> Tuple[Optional[str], str]:
        """The address that would be registered, and why that one."""
        return choose(address, self.nodes.home)

    # ---------------------------------------------------------------------------------------- finding

    def find(self, service: str) -> Listing:
        """The list of a service as it is known now: from memory, else disk, else the registry."""
        self._finder.start()
        return self._finder.find(service)

    def pick(self, service: str, policy: str = "round_robin", secure: bool = False) -> Endpoint:
        """The endpoint of the next call. Raises NoEndpoint when there is none."""
        listing = self.find(service)
        return self._balancer(listing.service).pick(listing, policy, secure)

    def report(self, service: str, endpoint_id: str, success: bool) -> None:
        """How a call ended; success: it reached the endpoint in time, whatever the application said."""
        listing = self.find(service)
        self._balancer(listing.service).report(listing, endpoint_id, success)

    def ejected(self, service: str) -> List[str]:
        """The ids that `pick` leaves out now."""
        listing = self.find(service)
        return self._balancer(listing.service).ejected(listing)

    def _balancer(self, key: str) -> Balancer:
        with self._lock:
            if key not in self._balancers:
                self._balancers[key] = Balancer(self.settings, self.clock, self._chance)
            return self._balancers[key]

    def stats(self) -> Dict[str, Any]:
        """Counters since the start, and the last errors."""
        names = ("requests", "failures", "not_modified", "polls", "renewals", "registrations")
        return {**{name: self._caller.counted(name) for name in names}, "cache_writes": self.cache.writes,
                "cache_errors": self.cache.errors, "cache_ignored": self.cache.ignored,
                "last_error": self._caller.last_error, "last_cache_error": self.cache.last_error}

    # -------------------------------------------------------------------------------------------- end

    def close(self, drain_ms: Optional[float] = None) -> None:
        """Drains and cancels every registration at the same time, then stops. May be called twice."""
        with self._lock:
            self._closed = True
            registrations = list(self._registrations.values())
        drain = self.settings.drain_ms if drain_ms is None else drain_ms
        for one in registrations:
            one.leave(drain)
        for one in registrations:
            one.cancel(drain)
        self._finder.stop()
        atexit.unregister(self._at_exit)

    def _at_exit(self) -> None:
        self.close(drain_ms=0)

    def close_on_sigterm(self, then: Optional[Callable[[], None]] = None) -> None:
        """From now on SIGTERM closes the client, on a thread of its own so that the program serves while it drains, and
        then calls `then`: by default the signal is raised again, for whom it was before. A second one acts at once.
        To be called on the main thread."""
        before = signal.getsignal(signal.SIGTERM)

        def finish() -> None:
            self.close()
            (then or (lambda: os.kill(os.getpid(), signal.SIGTERM)))()

        def begin(_number: int, _frame: Any) -> None:
            signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)
            threading.Thread(target=finish, name="muster-close", daemon=True).start()
        signal.signal(signal.SIGTERM, begin)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
