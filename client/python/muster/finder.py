"""Finding: one thread polls the services that were asked for, learns of nodes, and writes the cache."""
from __future__ import annotations

import logging
import random
import threading
from typing import Any, Dict, Optional, Tuple
from urllib.parse import quote

from .cache import NODES_FILE, Cache
from .caller import Answer, Caller
from .clock import Clock
from .errors import LimitReached, MusterError, Refused, Unavailable
from .listing import Endpoint, Listing, endpoints_of
from .nodes import Nodes
from .settings import SERVICES_MAX, Settings, service_key
from .view import View

EVENTS_LIMIT = 1000
REST_MS = 60_000  # the longest sleep when nothing is due
LOG = logging.getLogger("muster")


class Finder:
    """`step` runs on its thread alone; `find` on any."""

    def __init__(self, settings: Settings, caller: Caller, cache: Cache, clock: Clock, chance: random.Random):
        self._settings, self._caller, self._cache = settings, caller, cache
        self._clock, self._chance = clock, chance
        self._nodes: Nodes = caller.nodes
        self._changed = threading.Condition()  # guards what follows
        self._views: Dict[str, View] = {}
        self._due: Dict[str, float] = {}
        self._stopped, self._nudged = False, False
        self._thread: Optional[threading.Thread] = None
        self._peers_due: Optional[float] = None  # until some node has answered
        self._nodes_dirty, self._nodes_written = False, float("-inf")
        stored = cache.read(NODES_FILE, "nodes")
        if stored is not None and isinstance(stored.get("nodes"), list):
            self._nodes.learn(stored["nodes"])
        caller.heard = self._heard

    # ------------------------------------------------------------------------------------- any thread

    def find(self, service: str) -> Listing:
        """What is known now. The first look at a service waits when nothing is, for `ready_timeout_ms` at most."""
        key = service_key(service)
        with self._changed:
            view = self._views.get(key)
            if view is None:
                view = self._begin(key)
            if not view.has_list:
                left = view.began + self._settings.ready_timeout_ms - self._clock.now()
                self._changed.wait_for(lambda: view.has_list or self._stopped, max(left, 0) / 1000)
            return view.listing(self._clock.now())

    def _begin(self, key: str) -> View:
        if len(self._views) >= SERVICES_MAX:
            raise LimitReached(f"a client finds at most {SERVICES_MAX} services; use a second client")
        view = View(key, self._settings.poll_ms, self._settings.hold_ms, self._clock.now())
        view.read(self._cache, self._clock.now(), self._clock.wall())
        self._views[key], self._due[key] = view, self._clock.now()
        self._nudge()
        return view

    def start(self) -> None:
        with self._changed:
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="muster-finder", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(2 * self._settings.request_timeout_ms / 1000)

    def _heard(self) -> None:
        if self._peers_due is None:
            with self._changed:
                if self._peers_due is None:
                    self._peers_due = self._clock.now()
                    self._nudge()

    def _nudge(self) -> None:
        self._nudged = True
        self._changed.notify_all()

    # ------------------------------------------------------------------------------------- its thread

    def _run(self) -> None:
        while True:
            try:
                delay = self.step()
            except Exception:  # pylint: disable=broad-except
                LOG.exception("muster: the finder failed; it goes on with the next poll")
                delay = self._settings.poll_ms
            with self._changed:
                if not self._nudged and not self._stopped:
                    self._changed.wait(delay / 1000)
                self._nudged = False
                if self._stopped:
                    break
        self._flush(final=True)

    def step(self) -> float:
        """Does what is due; returns after how many milliseconds something is again."""
        now = self._clock.now()
        with self._changed:
            in_turn = sorted(self._due.items(), key=lambda item: item[1])
        for key, due in in_turn:
            if due <= now and not self._stopped:
                self._due[key] = now + self._settings.poll_ms * self._chance.uniform(0.8, 1.2)
                self.poll(key)
        if self._peers_due is not None and self._peers_due <= now and not self._stopped:
            self._look_at_peers()
        next_write = self._flush()
        with self._changed:
            dues = [*self._due.values(), next_write] + ([self._peers_due] if self._peers_due is not None else [])
        return max(min([*dues, self._clock.now() + REST_MS]) - self._clock.now(), 0)

    def poll(self, key: str) -> None:
        view = self._views[key]
        try:
            answer, endpoints = self._ask(view, view.tag)
        except (Unavailable, Refused) as error:
            LOG.debug("muster: %s keeps its list: %s", key, error)
            return
        self._caller.count("polls")
        if answer.status == 304:
            self._caller.count("not_modified")
        kept = self._settle(view, answer, endpoints)
        before = len(view.missing)
        with self._changed:
            if kept:
                view.keep(endpoints, self._clock.now())
            else:
                view.take(endpoints, self._clock.now())
            self._changed.notify_all()
        if bool(view.missing) != bool(before):
            LOG.warning("muster: %s", f"{len(view.missing)} instances of {key} are kept although the registry lacks them and does not say why"
                        if view.missing else f"nothing of {key} is missing any more")

    def _settle(self, view: View, answer: Answer, endpoints: Dict[str, Endpoint]) -> bool:
        """Whether what the answer lacks is kept. Changes `endpoints` to those of another node where that knows better."""
        view.tag = answer.headers.get("etag", "") if answer.status != 404 else ""
        if not view.sharp(endpoints):
            return False
        self._forget(view, answer.node, endpoints)
        if not view.sharp(endpoints):
            return False
        try:
            other, better = self._ask(view, "", without={answer.node}, attempts=1)
        except (Unavailable, Refused):
            return True
        if view.sharp(better):
            self._forget(view, other.node, endpoints)
            return view.sharp(endpoints)
        LOG.warning("muster: %s lacks what %s has of %s", answer.node, other.node, view.service)
        self._nodes.failed(answer.node)
        view.tag = other.headers.get("etag", "") if other.status != 404 else ""
        endpoints.clear()
        endpoints.update(better)
        return False

    def _ask(self, view: View, tag: str, **how: Any) -> Tuple[Answer, Dict[str, Endpoint]]:
        found: Dict[str, Endpoint] = {}

        def check(answer: Answer) -> Optional[str]:
            try:
                if answer.status == 200:
                    found.update(endpoints_of(answer.document))
            except ValueError as error:
                return f"{answer.node}: {error}"
            return None
        answer = self._caller.ask("GET", "/v1/services/" + quote(view.service, safe=""), tag=tag, kinds=("unknown-service",),
                                  check=check, **how)
        return answer, dict(view.answered) if answer.status == 304 else found

    def _forget(self, view: View, node: str, endpoints: Dict[str, Endpoint]) -> None:
        try:
            name = quote(view.service, safe="")
            events = self._caller.ask("GET", f"/v1/events?service={name}&limit={EVENTS_LIMIT}", only=node)
        except MusterError:
            return
        with self._changed:
            view.forget(events.document, endpoints)

    def _look_at_peers(self) -> None:
        period = self._settings.peers_ms
        try:
            answer = self._caller.ask("GET", "/v1/peers")
            found = answer.document.get("nodes") if isinstance(answer.document, dict) else None
            if isinstance(found, list) and found:
                self._nodes_dirty |= self._nodes.learn([*found, answer.node])
        except MusterError:
            period = self._settings.poll_ms
        self._peers_due = self._clock.now() + period * self._chance.uniform(0.8, 1.2)

    def _flush(self, final: bool = False) -> float:
        """Writes what may be written now; returns when there is something again."""
        now, next_write = self._clock.now(), float("inf")
        with self._changed:
            views = list(self._views.values())
        for view in views:
            due = view.write_due(now)
            if due is not None and (due <= now or final):
                view.write(self._cache, now, self._clock.wall())
                due = view.write_due(now)
            if due is not None:
                next_write = min(next_write, due)
        if self._nodes_dirty and (now >= self._nodes_written + 1000 or final):
            self._nodes_written = now
            self._nodes_dirty = not self._cache.write(NODES_FILE, "nodes", {"nodes": self._nodes.learnt})
        return min(next_write, self._nodes_written + 1000) if self._nodes_dirty else next_write
