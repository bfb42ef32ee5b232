#!/usr/bin/env python3
"""The life of a service registry as its clients see it: unmodified Eureka clients against the running daemon.

    scenario.py [--clients js,python,...] [--server musterd|spring]

Method: each client runs in a process of its own behind a relay that notes requests and answers. They register, renew, are taken out
and back, find each other, follow changes, survive a restart of the daemon, and leave. Everything is waited for, with a deadline.
"""
import argparse
import collections
import json
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from drivers import DriverFailed, all_drivers
from servers import CACHE, Musterd, Spring, StartFailed

WITHIN_S = 30
READY_S = 90  # two Java clients starting on a busy machine
GUEST = "GUESTS"


class Failed(Exception):
    """An expectation that was not met in time."""


class Scenario:
    def __init__(self, server, drivers, directory):
        self.server = server
        self.drivers = drivers
        self.directory = directory
        self.checks = 0

    # What the daemon is asked directly.

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.server.base + path, method=method, data=body and body.encode(), headers={
            "Accept": "application/json", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, b""
        except OSError as error:
            return 0, str(error).encode()

    def stored(self, driver):
        status, body = self.call("GET", f"/apps/{driver.app}/{driver.id}")
        return json.loads(body)["instance"] if status == 200 else None

    def expect(self, what, check, within=WITHIN_S):
        """Waits until `check` returns None; what it returns otherwise says what is still missing."""
        deadline = time.monotonic() + within
        while (missing := check()) is not None:
            if time.monotonic() > deadline:
                raise Failed(f"{what}: after {within} s still: {missing}")
            time.sleep(0.05)
        self.checks += 1

    def say(self, text):
        print(f"  {text}", flush=True)

    # The acts.

    def run(self):
        for act in (self.register, self.renew, self.find_each_other, self.operator, self.own_status, self.follow_changes,
                    self.restart, self.leave):
            act()
        self.check_answers()

    def check_answers(self):
        for driver in self.drivers:
            odd = collections.Counter(line for line in driver.tap.since() if line[2] >= 500 or 300 <= line[2] < 400)
            if odd:
                raise Failed(f"{driver.name} was answered {odd}")

    def register(self):
        self.say("register: " + ", ".join(driver.name for driver in self.drivers))
        for driver in self.drivers:
            driver.launch(self.server.port, self.directory)
        for driver in self.drivers:
            driver.wait_ready(READY_S)
            self.expect(f"{driver.name} is registered", lambda driver=driver: self.is_stored(driver, "UP"))

    def is_stored(self, driver, status):
        instance = self.stored(driver)
        if instance is None:
            return "not registered"
        return None if instance["status"] == status and instance["port"]["$"] == driver.port else instance

    def renew(self):
        self.say("renew: every client beyond its first lease")
        for driver in self.drivers:
            mark = driver.tap.mark()

            def renewed(driver=driver, mark=mark):
                beats = [line for line in driver.tap.since(mark) if line[0] == "PUT" and line[2] == 200]
                return None if len(beats) >= 4 else f"{len(beats)} renewals"

            self.expect(f"{driver.name} renews", renewed)
            self.expect(f"{driver.name} is still there", lambda driver=driver: self.is_stored(driver, "UP"))

    def find_each_other(self, status="UP", whom=None):
        self.say(f"find each other, {status}")
        for finder in self.drivers:
            for other in whom or self.drivers:
                if whom and finder.misses_registrations and other.registers_status:
                    continue
                self.expect(f"{finder.name} finds {other.name}", lambda: self.seen(finder, other, status))

    @staticmethod
    def seen(finder, other, status):
        found = finder.find(other.app)
        one = found.get(other.id)
        if one is None:
            return f"{found}"
        language = (one.get("metadata") or {}).get("language")
        return None if one["status"] == status and one["port"] == other.port and language else f"{one}"

    def operator(self):
        self.say("an operator takes each out and back")
        for driver in self.drivers:
            self.demand(self.call("PUT", f"/apps/{driver.app}/{driver.id}/status?value=OUT_OF_SERVICE"), 200)
        self.find_each_other("OUT_OF_SERVICE")
        for driver in self.drivers:
            self.demand(self.call("DELETE", f"/apps/{driver.app}/{driver.id}/status?value=UP"), 200)
        self.find_each_other("UP")

    def own_status(self):
        able = [driver for driver in self.drivers if "status" in driver.can]
        if not able:
            return
        self.say("those that can say that they are down, and up again")
        for status in ("DOWN", "UP"):
            for driver in able:
                driver.ask(f"status {status}")
            self.find_each_other(status, whom=able)

    def follow_changes(self):
        self.say("a guest comes and goes: clients that fetch deltas follow, and never need the whole registry")
        marks = {driver: driver.tap.mark() for driver in self.drivers}
        # Two of its kind, one of which stays a little: a service that is gone is a case of its own for some clients.
        for name in ("one", "two"):
            self.demand(self.call("POST", f"/apps/{GUEST}", json.dumps({"instance": {
                "instanceId": name, "hostName": name, "app": GUEST, "ipAddr": "10.0.0.9", "vipAddress": "guests", "status": "UP",
                "port": {"$": 1234, "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"},
                "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}})), 204)
        self.all_see_guests({"one": "UP", "two": "UP"})
        self.agree_on_hash()
        self.demand(self.call("PUT", f"/apps/{GUEST}/two/status?value=DOWN"), 200)
        self.all_see_guests({"one": "UP", "two": "DOWN"})
        self.demand(self.call("DELETE", f"/apps/{GUEST}/one"), 200)
        self.all_see_guests({"two": "DOWN"})
        self.agree_on_hash()
        self.demand(self.call("DELETE", f"/apps/{GUEST}/two"), 200)
        self.all_see_guests({})
        for driver in self.drivers:
            reads = [line[1].partition("?")[0].rstrip("/") for line in driver.tap.since(marks[driver]) if line[0] == "GET"]
            whole = sum(path.endswith("/apps") for path in reads)
            deltas = sum(path.endswith("/delta") for path in reads)
            if driver.deltas and (whole > driver.whole or not deltas):
                raise Failed(f"{driver.name} fetched the whole registry {whole} times beside {deltas} deltas: its hash differs")
            self.checks += 1

    def all_see_guests(self, wanted):
        for driver in self.drivers:
            def check(driver=driver):
                found = {key: one["status"] for key, one in driver.find(GUEST).items()}
                return None if found == wanted else f"{found}, wanted {wanted}"
            self.expect(f"{driver.name} sees the guests", check)

    def agree_on_hash(self):
        """The hash of the delta counts what the full registry shows."""
        whole = json.loads(self.call("GET", "/apps")[1])["applications"]
        delta = json.loads(self.call("GET", "/apps/delta")[1])["applications"]
        counts = collections.Counter(one["status"] for app in whole["application"] for one in app["instance"])
        counted = "".join(f"{status}_{count}_" for status, count in sorted(counts.items()))
        if not counted == whole["apps__hashcode"] == delta["apps__hashcode"]:
            raise Failed(f"hashes differ: counted {counted}, apps {whole['apps__hashcode']}, delta {delta['apps__hashcode']}")
        self.checks += 1

    def restart(self):
        self.say("the daemon is restarted and remembers nobody: all register again")
        code = self.server.stop()
        if self.server.name == "musterd" and code != 0:
            raise Failed(f"the daemon ended with {code} on SIGTERM, log {self.server.log}")
        shutil.rmtree(self.server.directory / "data", ignore_errors=True)
        marks = {driver: driver.tap.mark() for driver in self.drivers}
        self.server.start()
        for driver in self.drivers:
            self.expect(f"{driver.name} is registered again", lambda driver=driver: self.is_stored(driver, "UP"))
            self.was_told_to_register(driver, driver.tap.since(marks[driver]))
        self.find_each_other("UP")

    def was_told_to_register(self, driver, lines):
        """A heartbeat is answered with 404, and the client registers: in this order."""
        registered = [number for number, (method, _, status) in enumerate(lines) if method == "POST" and status == 204]
        if not registered:
            raise Failed(f"{driver.name} is registered without a registration: {lines[-10:]}")
        beats = [status for method, path, status in lines[:registered[0]]
                 if method == "PUT" and f"/apps/{driver.app}/" in path and "/status" not in path]
        if set(beats) - {404} or not (beats or driver.registers_unasked):
            raise Failed(f"{driver.name}, unknown after the restart, had its heartbeats answered with {beats}: {lines[:10]}")
        self.checks += 1

    def leave(self):
        self.say("leave, one after the other")
        for driver in list(self.drivers):
            code = driver.quit()
            if code != 0:
                raise Failed(f"{driver.name} ended with {code}; its log: {driver.log}")
            self.expect(f"{driver.name} is deregistered", lambda driver=driver: self.stored(driver))
            self.drivers.remove(driver)
            for finder in self.drivers:
                self.expect(f"{finder.name} no longer finds {driver.name}", lambda: finder.find(driver.app) or None)
            driver.tap.close()

    def demand(self, answer, status):
        if answer[0] != status:
            raise Failed(f"answered {answer[0]}, expected {status}: {answer[1][:200]!r}")
        self.checks += 1


def arguments(description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = all_drivers()
    parser.add_argument("--clients", default=",".join(known), help="which of " + ", ".join(known))
    return parser


def play(clients, directory, make_server, kind):
    """Lets these clients live through a scenario of this kind; the exit code."""
    known = all_drivers()
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    server = make_server(directory / "server")
    drivers = [known[name]() for name in clients.split(",")]
    everyone = list(drivers)
    started = time.monotonic()
    try:
        with server:
            scenario = kind(server, drivers, directory)
            scenario.run()
        print(f"  {scenario.checks} checks in {time.monotonic() - started:.0f} s")
        return 0
    except (Failed, DriverFailed, StartFailed) as failure:
        print(f"FAILED: {failure}\n  logs: {directory}", flush=True)
        return 1
    finally:
        for driver in everyone:
            driver.kill()


def main():
    parser = arguments(__doc__)
    parser.add_argument("--server", choices=("musterd", "spring"), default="musterd")
    options = parser.parse_args()
    return play(options.clients, CACHE / "scenario", Musterd if options.server == "musterd" else Spring, Scenario)


if __name__ == "__main__":
    sys.exit(main())
