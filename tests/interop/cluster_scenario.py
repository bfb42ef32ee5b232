#!/usr/bin/env python3
"""The same unmodified Eureka clients against three nodes that are killed and started again, one after the other.

    cluster_scenario.py [--clients js,python,...]

Method: as scenario.py, but each client's relay leads to another node first, and on to the next one when that does not answer, as a
balancer in front of them would. What one node is told is looked for at all. Nobody may be lost, or be told to register again.
"""
import collections
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from scenario import READY_S, Failed, Scenario, arguments, play
from servers import CACHE, Musterd, StartFailed, free_port


class Nodes:
    """Three daemons with one list of peers."""

    name = "musterd"

    def __init__(self, directory):
        ports = [free_port() for _ in range(3)]
        peers = [option for port in ports for option in ("--peer", f"http://127.0.0.1:{port}")]
        self.nodes = [Musterd(directory / str(number), port=port, options=peers) for number, port in enumerate(ports)]

    def __enter__(self):
        try:
            for node in self.nodes:
                node.start()
        except StartFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.stop()

    def alive(self):
        return [node for node in self.nodes if node.process is not None]

    @property
    def base(self):
        return self.alive()[0].base


class ClusterScenario(Scenario):
    def register(self):
        self.say("register, each at another node: " + ", ".join(driver.name for driver in self.drivers))
        ports = [node.port for node in self.server.nodes]
        for number, driver in enumerate(self.drivers):
            first = number % len(ports)
            driver.launch(ports[first:] + ports[:first], self.directory)
        for driver in self.drivers:
            driver.wait_ready(READY_S)
            self.expect(f"{driver.name} is registered", lambda driver=driver: self.is_stored(driver, "UP"))

    def is_stored(self, driver, status):
        """At every node that runs."""
        for node in self.server.alive():
            instance = self.stored_at(node, driver)
            if instance != status:
                return f"node {node.port}: {instance}"
        return None

    @staticmethod
    def stored_at(node, driver):
        try:
            with urllib.request.urlopen(f"{node.base}/apps/{driver.app}/{driver.id}", timeout=10) as answer:
                text = answer.read().decode()
        except urllib.error.HTTPError as error:
            return f"answered {error.code}"
        except OSError as error:
            return str(error)
        return text.partition("<status>")[2].partition("<")[0]

    def restart(self):
        for number, node in enumerate(self.server.nodes):
            marks = {driver: driver.tap.mark() for driver in self.drivers}
            self.say(f"node {number} is killed: its clients go on at the others, and nobody is lost")
            node.stop(at_once=True)
            self.all_renew(marks)
            self.find_each_other("UP")
            self.say(f"node {number} starts again and knows everybody")
            node.start()
            for driver in self.drivers:
                self.expect(f"node {number} has {driver.name}", lambda driver=driver: self.is_stored(driver, "UP"))
            for driver in self.drivers:
                self.was_not_told_to_register(driver, driver.tap.since(marks[driver]))

    def all_renew(self, marks):
        """Longer than any lease, and all the time everybody is listed."""
        deadline = time.monotonic() + READY_S
        waiting = list(self.drivers)
        while waiting:
            for driver in self.drivers:
                missing = self.is_stored(driver, "UP")
                if missing:
                    raise Failed(f"{driver.name} was lost: {missing}")
            driver = waiting[0]
            beats = sum(line[0] == "PUT" and line[2] == 200 for line in driver.tap.since(marks[driver]))
            if beats >= 8:
                waiting.pop(0)
                self.checks += 1
            elif time.monotonic() > deadline:
                raise Failed(f"{driver.name} renewed {beats} times in {READY_S} s")
            else:
                time.sleep(0.1)

    def was_not_told_to_register(self, driver, lines):
        refused = [line for line in lines if line[0] == "PUT" and f"/apps/{driver.app}/" in line[1] and line[2] == 404]
        if refused:
            raise Failed(f"{driver.name} was told to register again: {refused[:5]}")
        self.checks += 1

    def check_answers(self):
        for driver in self.drivers:
            # 503 is what a node that starts answers to reads until it has the registry of the others.
            odd = collections.Counter(line for line in driver.tap.since()
                                      if (line[2] >= 500 and line[2] != 503) or 300 <= line[2] < 400)
            if odd:
                raise Failed(f"{driver.name} was answered {odd}")


def main():
    return play(arguments(__doc__).parse_args().clients, CACHE / "cluster-scenario", Nodes, ClusterScenario)


if __name__ == "__main__":
    sys.exit(main())
