"""Runs the topology of compose.yaml as processes, walks the steps of README.md, prints what happened, and exits by the result."""
import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import endings
import prometheus
import topology
from load import Load
from processes import Processes, eventually, free_network
from steps import Steps

CALLS_PER_SECOND = 50
AWAY_CALLS_MAX = 3 * CALLS_PER_SECOND  # a restart of the shop takes less than three seconds, also on a busy machine
HEAD = f"{'step':34} {'calls':>6} {'failed':>7} {'no shop':>8} {'repeated':>9} {'p99':>8} {'slowest':>9}"


def say(text):
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


BEGAN = time.monotonic()


class Walk:
    """One run: its steps, their counts, and the promises that were not kept."""

    def __init__(self, processes, load):
        self.processes, self.load = processes, load
        self.steps = Steps(processes, load, say)
        self.rows, self.broken = [], []
        self.broken_off = False  # a step ended early and left things as they were: the next ones would tell nothing

    def step(self, name, what, away=False, repeated=False, fails=False):
        """`away`: the shop itself restarts, so that for a moment nobody listens. `repeated`: calls may have to be. `fails`: pages must
        fail, which shows that failures are counted."""
        if self.broken_off:
            say(f"---- {name}: left out")
            return
        say(f"---- {name}")
        self.load.next_step()
        try:
            what()
        except (AssertionError, OSError, KeyError, subprocess.TimeoutExpired) as error:
            self.broken_off = True
            self.breaks(name, str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}")
        counts = self.load.next_step()
        self.rows.append((name, counts))
        reasons = ", ".join(f"{reason} ({count})" for reason, count in counts.reasons.items())
        if bool(counts.failed) != fails or counts.away > (AWAY_CALLS_MAX if away else 0):
            self.breaks(name, f"user calls failed: {reasons}" if reasons else "no user call failed, though it had to")
        if counts.repeated and not repeated:
            self.breaks(name, f"{counts.repeated} calls had to be repeated")
        if not counts.calls:
            self.breaks(name, "there were no user calls")

    def breaks(self, name, why):
        say(f"NOT KEPT: {why}")
        self.broken.append(f"{name}: {why}")

    def all(self, screenshot, with_prometheus):
        steps = self.steps
        self.step("nothing happens", steps.nothing_happens)
        if screenshot:
            import browser  # pylint: disable=import-outside-toplevel  # where there is one
            self.step("a browser looks at the page", lambda: browser.look(self.processes.place.url("shop"), screenshot, say))
        self.step("kill a node", steps.kill_a_node)
        self.step("kill all nodes, restart shop", steps.kill_all_and_restart_the_shop, away=True)
        self.step("cut one off", steps.cut_one_off)
        self.step("drain one, take it back", steps.drain_one)
        self.step("scale prices: 3, 5, 2, 3", steps.scale)
        self.step("kill one of prices", steps.kill_an_instance, repeated=True)
        self.step("roll all three nodes", steps.roll)
        if not self.broken_off and steps.shop()["failed"]:
            self.breaks("all steps", f"the shop counts {steps.shop()['failed']} failed pages")
        if with_prometheus:
            self.step("Prometheus finds all", lambda: (prometheus.check(self.processes, say), steps.after_calls(CALLS_PER_SECOND)))
        self.step("kill all of orders: must fail", steps.kill_all_of_a_service, repeated=True, fails=True)

    def table(self):
        print(f"\n{HEAD}")
        for name, counts in self.rows:
            print(f"{name:34} {counts.calls:6} {counts.failed:7} {counts.away:8} {counts.repeated:9} {counts.p99_ms():5.0f} ms "
                  f"{counts.slowest_ms():6.0f} ms")


def options():
    parser = argparse.ArgumentParser(prog="deploy/compose/demo", description=__doc__)
    parser.add_argument("--processes", action="store_true", required=True, help="run it as processes of this machine")
    parser.add_argument("--stay", action="store_true", help="do not walk; run until Ctrl-C, for a person to look at")
    parser.add_argument("--screenshot", metavar="FILE", help="look at the page in chromium, too, and keep what it shows")
    parser.add_argument("--logs", metavar="FOLDER", help="keep the logs of all processes there")
    return parser.parse_args()


def run(asked, folder):
    services = topology.read()
    place = topology.Place(services, folder, free_network())
    processes = Processes(place)
    with_prometheus = shutil.which("prometheus") is not None
    if not with_prometheus:
        say("Prometheus is left out: it is not installed (package prometheus).")
    broken = []
    try:
        processes.up(say, left_out=() if with_prometheus else ("prometheus",))
        say(f"everything runs; the page is {place.url('shop')}")
        if asked.stay:
            for (name, number), process in processes.running.items():
                print(f"{name}-{number:<3} {place.url(name, number):28} process {process.pid}")
            print("Ctrl-C stops everything and leaves nothing behind.", flush=True)
            signal.pause()
        with Load(place.address("shop", 1), services["shop"].port, CALLS_PER_SECOND) as load:
            walk = Walk(processes, load)
            eventually(30, lambda: load.counted() > CALLS_PER_SECOND, "user calls")
            walk.all(asked.screenshot, with_prometheus)
        walk.table()
        broken = walk.broken
    finally:
        processes.stop_all()
    broken += [f"{name}-{number} ended with {code} after SIGTERM" for (name, number), code in processes.exits if code]
    return broken


def main():
    asked = options()
    endings.install()
    folder = None
    try:
        with endings.held():
            folder = tempfile.mkdtemp(prefix="muster-demo-")
        broken = run(asked, folder)
    finally:
        if folder:
            if asked.logs and os.path.isdir(os.path.join(folder, "logs")):
                shutil.copytree(os.path.join(folder, "logs"), asked.logs, dirs_exist_ok=True)
            shutil.rmtree(folder)
    print()
    for one in broken:
        print(f"NOT KEPT  {one}")
    print(f"{len(broken)} promises were not kept." if broken else "Every promise was kept: no user call failed but where it had to.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
