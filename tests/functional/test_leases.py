#!/usr/bin/env python3
"""Goal: who stops renewing leaves on time, and nothing else makes anybody leave: no pause of the node, no clock that is set.
Method: real sockets and short leases. How exact a lease is, the simulator shows; here bounds are wide, for a busy machine,
but nobody may leave early."""
import os
import signal
import tempfile
import threading
import time
import unittest

import musterd
from eureka import ids, lease, read, register

LATE_S = 10  # how much later than due is still the machine's fault
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
NO_HOLD = "[self_preservation]\nenabled = false\n"


def gone_after(daemon, app, instance_id, total):
    """Seconds until the instance is not shown any more."""
    began = time.monotonic()

    def absent():
        if read(daemon, app, instance_id) is not None:
            raise AssertionError("still there")
    musterd.eventually(total, absent, f"{instance_id} leaving")
    return time.monotonic() - began


class Keeper:
    """Renews instances in the background until it is stopped; remembers every answer that was not 200."""

    def __init__(self, daemon, app, instance_ids, interval=0.3):
        self.daemon, self.paths, self.interval = daemon, [f"/eureka/apps/{app}/{one}" for one in instance_ids], interval
        self.stopped, self.bad = threading.Event(), []
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        with self.daemon.connect(timeout=60) as connection:
            while not self.stopped.wait(self.interval):
                for path in self.paths:
                    reply = connection.exchange("PUT", path)
                    if reply.status != 200:
                        self.bad.append((path, reply.status))


class Leases(unittest.TestCase):
    def test_without_a_renewal_it_leaves_after_one_lease(self):
        with musterd.Daemon() as daemon:
            for number, seconds in enumerate((1, 2, 3)):
                began = time.monotonic()
                register(daemon, "LEASE", f"i{number}", leaseInfo=lease(1, seconds))
                due = max(seconds, 2)  # a lease is at least two intervals when both are given
                gone_after(daemon, "LEASE", f"i{number}", due + LATE_S)
                self.assertGreaterEqual(time.monotonic() - began, due - 0.01)
                self.assertEqual(daemon.put(f"/eureka/apps/LEASE/i{number}").status, 404)
            began = time.monotonic()
            daemon.put("/v1/services/lease/instances/n", {"lease": {"duration_s": 1}})
            gone_after(daemon, "LEASE", "n", 1 + LATE_S)
            self.assertGreaterEqual(time.monotonic() - began, 0.99)

    def test_a_renewal_gives_one_lease_not_two(self):
        with musterd.Daemon() as daemon:
            register(daemon, "LEASE", "renewed", leaseInfo=lease(1, 3))
            self.assertEqual(daemon.put("/eureka/apps/LEASE/renewed").status, 200)
            waited = gone_after(daemon, "LEASE", "renewed", 3 + LATE_S)
            self.assertGreaterEqual(waited, 2.9)
            self.assertLess(waited, 5.5, "two leases, as other servers give, would be 6 s")

    def test_who_renews_stays(self):
        with musterd.Daemon() as daemon:
            register(daemon, "LEASE", "kept", leaseInfo=lease(1, 5))
            with Keeper(daemon, "LEASE", ["kept"]) as keeper:
                register(daemon, "LEASE", "clock", leaseInfo=lease(4, 12))
                gone_after(daemon, "LEASE", "clock", 12 + LATE_S)
                self.assertIsNotNone(read(daemon, "LEASE", "kept"))
            self.assertEqual(keeper.bad, [])

    def test_one_of_two_that_dies_leaves_and_nothing_is_held(self):
        with musterd.Daemon() as daemon:
            for name in ("alive", "dead"):
                register(daemon, "TWO", name, leaseInfo=lease(1, 3))
            with Keeper(daemon, "TWO", ["alive"]):
                gone_after(daemon, "TWO", "dead", 3 + LATE_S)
                self.assertEqual(daemon.get("/v1/self-preservation").json()["holds"], [])
                self.assertEqual(ids(daemon, "TWO"), ["alive"])

    def test_a_late_instance_is_marked_before_it_leaves(self):
        with musterd.Daemon() as daemon:
            daemon.put("/v1/services/late/instances/a", {"lease": {"interval_s": 1, "duration_s": 20}})

            def late():
                shown = daemon.get("/v1/services/late/instances/a").json()
                self.assertEqual((shown["lease"]["state"], shown["status"]), ("late", "UP"))
            musterd.eventually(10, late, "late")
            daemon.put("/v1/services/late/instances/a/renew")
            self.assertEqual(daemon.get("/v1/services/late/instances/a").json()["lease"]["state"], "ok")


class Pauses(unittest.TestCase):
    def test_a_node_that_stood_still_evicts_nobody(self):
        names = [f"i{number}" for number in range(30)]
        with musterd.Daemon(config=NO_HOLD) as daemon:
            for name in names:
                register(daemon, "PAUSE", name, leaseInfo=lease(1, 4))
            with Keeper(daemon, "PAUSE", names) as keeper:
                for _ in range(2):
                    daemon.signal(signal.SIGSTOP)
                    time.sleep(6)  # the pause itself: longer than every lease
                    daemon.signal(signal.SIGCONT)
                    self.assertEqual(len(ids(daemon, "PAUSE")), len(names))
                musterd.eventually(30, lambda: self.assertEqual(len(ids(daemon, "PAUSE")), len(names)))
            self.assertEqual(keeper.bad, [])
            metrics = daemon.get("/metrics").text
            self.assertRegex(metrics, r"(?m)^muster_evictions_total\{[^}]*expired[^}]*\} 0$")
            for name in names:  # and leases still end
                gone_after(daemon, "PAUSE", name, 4 + LATE_S)


class WallClock(unittest.TestCase):
    def start_with_clock(self, offsets):
        environment = {"LD_PRELOAD": FAKETIME, "DONT_FAKE_MONOTONIC": "1", "FAKETIME_TIMESTAMP_FILE": offsets,
                       "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_RESET": "1",
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
        return musterd.Daemon(config=NO_HOLD, environment=environment)

    def test_setting_the_clock_by_an_hour_evicts_and_keeps_nobody(self):
        with tempfile.NamedTemporaryFile("w", suffix=".faketime") as offsets:
            def set_clock(text):
                offsets.seek(0)
                offsets.truncate()
                offsets.write(text + "\n")
                offsets.flush()
            set_clock("+0")
            names = [f"i{number}" for number in range(10)]
            with self.start_with_clock(offsets.name) as daemon:
                for name in names:
                    register(daemon, "CLOCK", name, leaseInfo=lease(1, 6))
                with Keeper(daemon, "CLOCK", names) as keeper:
                    for offset in ("+3600", "-3600", "+0"):
                        set_clock(offset)
                        register(daemon, "CLOCK", f"new{offset}", leaseInfo=lease(1, 3), lastDirtyTimestamp="1")
                        self.shows_offset(daemon, f"new{offset}", int(offset))
                        gone_after(daemon, "CLOCK", f"new{offset}", 3 + LATE_S)
                        self.assertEqual(ids(daemon, "CLOCK"), sorted(names))
                self.assertEqual(keeper.bad, [])

    def shows_offset(self, daemon, name, offset):
        """The daemon itself must see the clock that was set, or the test shows nothing."""
        stamp = read(daemon, "CLOCK", name)["leaseInfo"]["registrationTimestamp"] / 1000
        self.assertAlmostEqual(stamp - time.time(), offset, delta=60)


class Drains(unittest.TestCase):
    def test_a_drain_outlives_the_instance_and_ends_without_unknown(self):
        with musterd.Daemon() as daemon:
            path = "/v1/services/drained/instances/a"
            body = {"lease": {"interval_s": 1, "duration_s": 3}}
            daemon.put(path, body)
            self.assertLess(daemon.put(path + "/drain", {"reason": "update", "ttl_s": 600}).status, 300)
            self.assertEqual(daemon.put(path, body).json()["status"], "OUT_OF_SERVICE", "registered again")
            daemon.delete(path)
            self.assertEqual(daemon.put(path, body).json()["status"], "OUT_OF_SERVICE", "cancelled and back")
            gone_after(daemon, "DRAINED", "a", 3 + LATE_S)
            self.assertEqual(daemon.put(path, body).json()["status"], "OUT_OF_SERVICE", "expired and back")
            seen = set()
            with Keeper(daemon, "DRAINED", ["a"], 0.1) as keeper, daemon.connect() as watcher:
                for number in range(200):
                    if number == 100:
                        self.assertLess(daemon.delete(path + "/drain").status, 300)
                    reply = watcher.exchange("GET", "/eureka/apps/DRAINED/a", {"Accept": "application/json"})
                    seen.add(reply.json()["instance"]["status"])
            self.assertEqual(seen, {"OUT_OF_SERVICE", "UP"})
            self.assertEqual(keeper.bad, [], "no heartbeat was refused meanwhile")

    def test_a_drain_ends_by_itself(self):
        with musterd.Daemon() as daemon:
            path = "/v1/services/timed/instances/a"
            daemon.put(path, {})
            began = time.monotonic()
            daemon.put(path + "/drain", {"ttl_s": 1})
            musterd.eventually(1 + LATE_S, lambda: self.assertEqual(daemon.get(path).json()["status"], "UP"), "the end")
            self.assertGreaterEqual(time.monotonic() - began, 0.9)


HOLD = """
[self_preservation]
instances_min = 10
failing_min = 5
failing_percent = 15
hold_max_service_s = 5
hold_max_infrastructure_s = 5
"""


class SelfPreservation(unittest.TestCase):
    def holds(self, daemon):
        return daemon.get("/v1/self-preservation").json()["holds"]

    def test_what_fails_together_is_held_shown_and_released(self):
        names = [f"i{number}" for number in range(20)]
        with musterd.Daemon(config=HOLD.replace("= 5\n", "= 600\n").replace("failing_min = 600", "failing_min = 5")) as daemon:
            for name in names:
                register(daemon, "HELD", name, leaseInfo=lease(1, 3))
            with Keeper(daemon, "HELD", names[:10]):
                def held():
                    found = self.holds(daemon)
                    self.assertTrue(found)
                    self.assertTrue(any(one.get("held_count", len(one.get("held", []))) for one in found), found)
                    return found
                found = musterd.eventually(3 + LATE_S, held, "a hold")
                self.assertTrue(found[0]["reason"])
                time.sleep(2)  # beyond the end of every lease: whoever is listed now is held
                self.assertEqual(ids(daemon, "HELD"), sorted(names))
                self.assertEqual(read(daemon, "HELD", "i19")["status"], "UP", "no status is rewritten")
                states = {one["id"]: one["lease"]["state"] for one in daemon.get("/v1/services/held").json()["instances"]}
                self.assertEqual((states["i0"], states["i19"]), ("ok", "held"))
                with Keeper(daemon, "HELD", names[10:]) as keeper:
                    musterd.eventually(30, lambda: self.assertEqual(self.holds(daemon), []), "the end of the hold")
                self.assertEqual(keeper.bad, [])
                self.assertEqual(ids(daemon, "HELD"), sorted(names))

    def test_a_hold_ends(self):
        names = [f"i{number}" for number in range(12)]
        with musterd.Daemon(config=HOLD) as daemon:
            for name in names:
                register(daemon, "ENDS", name, leaseInfo=lease(1, 2))
            musterd.eventually(30, lambda: self.assertTrue(self.holds(daemon)), "a hold")
            musterd.eventually(90, lambda: self.assertEqual(ids(daemon, "ENDS"), []), "eviction at the end of the hold")
            self.assertRegex(daemon.get("/metrics").text, r"(?m)^muster_evictions_total\{[^}]*hold_expired[^}]*\} [1-9]")


if __name__ == "__main__":
    musterd.main()
