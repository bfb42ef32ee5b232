"""Registering: the life of one instance, kept alive by a task of its own."""
from __future__ import annotations

import logging
import random
import threading
from typing import Any, Dict, Optional
from urllib.parse import quote

from .address import choose
from .caller import Answer, Caller
from .clock import Clock
from .errors import MusterError, Refused, SettingError, Unavailable
from .settings import STATUSES, Settings

FINAL = ("refused", "replaced", "cancelled")
FORGOTTEN = ("unknown-instance", "cancelled")
BACKOFF_DOUBLINGS_MAX = 16
LOG = logging.getLogger("muster")


class Registration:
    """`step` runs on the task alone, so that nothing overtakes a cancel; everything else on any thread."""

    def __init__(self, settings: Settings, caller: Caller, clock: Clock, chance: random.Random,
                 service: str, instance: str, fields: Dict[str, Any], status: str, incarnation: int):
        self.service, self.instance = service, instance
        self._settings, self._caller, self._clock, self._chance = settings, caller, clock, chance
        self._fields = dict(fields)
        self._path = f"/v1/services/{quote(service, safe='')}/instances/{quote(instance, safe='')}"
        self._changed = threading.Condition()  # guards what follows
        self._life = "registering"
        self._wanted, self._acknowledged = checked(status), None  # type: str, Optional[str]
        self._incarnation: Optional[int] = incarnation
        self._answered = False       # any PUT of this life
        self._interval_ms = 30_000.0
        self._next_beat, self._failures = 0.0, 0
        self._leave_at: Optional[float] = None
        self._stop_by: Optional[float] = None
        self._ended, self._woken, self._taken = False, False, False
        self._renewals, self._error, self._address = 0, None, None  # type: int, Optional[str], Optional[str]

    # ------------------------------------------------------------------------------------- any thread

    @property
    def state(self) -> str:
        with self._changed:
            return "cancelled" if self._leave_at is not None else self._life

    @property
    def status(self) -> str:
        """The status that is wanted."""
        return self._wanted

    @property
    def acknowledged(self) -> Optional[str]:
        """The last status that a node took."""
        return self._acknowledged

    @property
    def incarnation(self) -> Optional[int]:
        return self._incarnation

    @property
    def address(self) -> Optional[str]:
        """As the node recorded it."""
        return self._address

    @property
    def renewals(self) -> int:
        return self._renewals

    @property
    def error(self) -> Optional[str]:
        return self._error

    def set_status(self, status: str) -> None:
        """What the instance says of itself from now on; the task sends it until a node has taken it."""
        with self._changed:
            self._wanted = checked(status)
            self._wake()

    def up(self) -> None:
        """Ready: callers may come."""
        self.set_status("UP")

    def wait(self, timeout_ms: Optional[float] = None) -> str:
        """Waits until it is not `registering` any more, `ready_timeout_ms` at most; returns the state."""
        wanted = self._settings.ready_timeout_ms if timeout_ms is None else timeout_ms
        with self._changed:
            self._changed.wait_for(lambda: self._life != "registering", wanted / 1000)
        return self.state

    def leave(self, drain_ms: Optional[float] = None) -> None:
        """Begins to leave: OUT_OF_SERVICE for `drain_ms`, then the cancel. Does not wait."""
        drain = self._settings.drain_ms if drain_ms is None else drain_ms
        with self._changed:
            if self._leave_at is None and self._life not in FINAL:
                self._leave_at = self._clock.now() + max(drain, 0)
                if drain > 0:
                    self._wanted = "OUT_OF_SERVICE"
            elif self._leave_at is not None:
                self._leave_at = min(self._leave_at, self._clock.now() + max(drain, 0))
            self._wake()

    def cancel(self, drain_ms: Optional[float] = None) -> bool:
        """Leaves, and waits until that is done; whether a node took it."""
        self.leave(drain_ms)
        drain = self._settings.drain_ms if drain_ms is None else drain_ms
        longest = drain + self._settings.stop_timeout_ms + self._settings.request_timeout_ms
        with self._changed:
            self._changed.wait_for(lambda: self._ended, longest / 1000)
            return self._taken

    def _wake(self) -> None:
        self._woken = True
        self._changed.notify_all()

    # --------------------------------------------------------------------------------------- the task

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"muster-{self.service}", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                delay = self.step()
            except Exception:  # pylint: disable=broad-except
                LOG.exception("muster: the task of %s failed; it goes on", self.instance)
                delay = self._settings.retry_ms
            with self._changed:
                if delay is None:
                    break
                if not self._woken:
                    self._changed.wait(delay / 1000)
                self._woken = False
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def step(self) -> Optional[float]:
        """Sends what is due; returns after how many milliseconds something is again, None when this life is over."""
        now = self._clock.now()
        with self._changed:
            if self._life in FINAL:
                return None
            leave_at, registered = self._leave_at, self._life == "registered"
        try:
            if leave_at is not None and (now >= leave_at or not registered):
                return self._delete()
            if not registered:
                self._register()
            elif self._wanted != self._acknowledged:
                self._send_status()
            elif now >= self._next_beat:
                self._renew()
            self._failures = 0
        except Unavailable as error:
            return self._later(error)
        except Refused as error:
            self._finish({409: "replaced", 410: "cancelled"}.get(error.status, "refused"), error)
            return None
        return self._delay()

    def _delay(self) -> float:
        with self._changed:
            if self._life != "registered" or self._wanted != self._acknowledged:
                return 0
            due = self._next_beat if self._leave_at is None else min(self._next_beat, self._leave_at)
            return max(due - self._clock.now(), 0)

    def _later(self, error: MusterError) -> float:
        with self._changed:
            self._error = str(error)
            wait = min(self._settings.retry_ms * 2 ** self._failures, self._interval_ms / 3)
            self._failures = min(self._failures + 1, BACKOFF_DOUBLINGS_MAX)
            return wait * self._chance.uniform(0.5, 1)

    def _finish(self, life: str, error: Optional[MusterError] = None) -> None:
        with self._changed:
            self._life = life
            if error is not None:
                self._error = str(error)
                LOG.warning("muster: %s of %s is %s: %s", self.instance, self.service, life, error)
            self._changed.notify_all()

    def _leaving(self) -> bool:
        return self._leave_at is not None

    def _register(self) -> None:
        status = self._wanted
        document = {**self._fields, "status": status}
        if document.get("address") is None:
            document["address"], _ = choose(None, self._caller.nodes.home)
        if self._incarnation is not None:
            document["incarnation"] = self._incarnation
        try:
            answer = self._caller.ask("PUT", self._path, document, check=instance_in, give_up=self._leaving)
        except Refused as error:
            if error.status not in (409, 410) or self._answered or self._incarnation is None:
                raise
            self._incarnation = None  # the clock has stepped back: the node numbers this life
            return
        self._caller.count("registrations")
        with self._changed:
            self._answered, self._life, self._acknowledged = True, "registered", status
            self._address = answer.document.get("address")
            if self._incarnation is None:
                self._incarnation = answer.document.get("incarnation")
            self._interval_ms = 1000.0 * answer.document["lease"]["interval_s"]
            self._plan()
            self._changed.notify_all()

    def _send_status(self) -> None:
        status = self._wanted
        document: Dict[str, Any] = {"status": status}
        if self._incarnation is not None:
            document["incarnation"] = self._incarnation
        answer = self._caller.ask("PUT", self._path + "/status", document, kinds=FORGOTTEN)
        self._renewed(answer, status)

    def _renew(self) -> None:
        answer = self._caller.ask("PUT", self._path + "/renew" + self._fence(), kinds=FORGOTTEN)
        self._renewed(answer, self._acknowledged)

    def _renewed(self, answer: Answer, status: Optional[str]) -> None:
        with self._changed:
            if answer.status >= 400:
                self._life = "registering"  # the answer to a PUT of this incarnation decides
                return
            self._acknowledged = status
            self._renewals += 1
            self._plan()
        self._caller.count("renewals")

    def _fence(self) -> str:
        """So that this life alone is renewed and cancelled."""
        return f"?incarnation={self._incarnation}" if self._incarnation is not None else ""

    def _plan(self) -> None:
        self._next_beat = self._clock.now() + self._interval_ms * self._chance.uniform(0.7, 1)

    def _delete(self) -> Optional[float]:
        if self._stop_by is None:
            self._stop_by = self._clock.now() + self._settings.stop_timeout_ms
        try:
            self._caller.ask("DELETE", self._path + self._fence(), deadline=self._stop_by,
                             kinds=("unknown-instance", "stale-incarnation", "cancelled"))
        except Unavailable as error:
            delay = self._later(error)
            if self._clock.now() + delay < self._stop_by:
                return delay
            self._finish("cancelled", error)
            return None
        self._taken = True
        self._finish("cancelled")
        return None


def checked(status: str) -> str:
    if status not in STATUSES:
        raise SettingError(f"{status!r} is no status; give one of {', '.join(STATUSES)}")
    return status


def instance_in(answer: Answer) -> Optional[str]:
    """What is wrong with the answer to a registration."""
    if answer.status >= 400:
        return None
    document = answer.document
    lease = document.get("lease") if isinstance(document, dict) else None
    interval = lease.get("interval_s") if isinstance(lease, dict) else None
    if not isinstance(interval, int) or interval < 1:
        return f"{answer.node}: the answer to a registration has no lease.interval_s"
    return None
