#!/usr/bin/env python3
"""Goal: names of nodes may change their addresses while all runs; a node that stands still for long evicts nobody, and when
it goes on again it is soon as good as the others, without a storm.
Method: three daemons in network namespaces; a table of hosts of our own."""
import os
import sys
import tempfile
import time
import unittest

from faults import equal, listing, wait_until
from nodes import Node
import world

FROZEN_S = float(os.environ.get("MUSTER_FROZEN_S", "40"))
NAMES = ["one.muster.test", "two.muster.test", "three.muster.test"]
LINKED_S = 60
folder = ""
places = iter(range(1, 90))


def small(number, name, peers, switch_places):
    """A node at an address of its own that is known by its name alone."""
    address = f"{world.NETWORK}{next(places)}"
    node = Node(number, os.path.join(folder, f"{name}-{address}"), {number: address})
    node.peers = peers
    switch_places.append(node.place)
    return node


def write_hosts(table):
    with open(os.path.join(folder, "hosts"), "w", encoding="ascii") as file:
        file.write("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in table.items()))


class Scenes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clients = world.Place(world.CLIENTS, own=True)

    def make(self, count, by_name):
        joined = [self.clients]
        nodes = [small(number, "node", NAMES, joined) for number in range(count)]
        if not by_name:
            for node in nodes:
                node.peers = [each.address for each in nodes]
        self.switch = world.Switch(joined, 0)
        self.addCleanup(lambda: [node.crash() for node in nodes if node.up()])
        self.addCleanup(self.switch.end)
        return nodes

    def until(self, seconds, condition, what):
        took = wait_until(seconds, condition)
        self.assertIsNotNone(took, f"{what} did not come true within {seconds} s")
        return took

    def begin(self, nodes):
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_listening(60)

    def test_names_that_change_while_all_runs(self):
        """The third and the fourth node are the same name at two addresses, one after the other."""
        nodes = self.make(4, by_name=True)
        table = dict(zip(NAMES, (node.address for node in nodes[:2])))
        write_hosts(table)
        self.begin(nodes[:2])
        self.until(LINKED_S, lambda: equal(nodes[:2]), "two of three names")
        self.assertEqual(nodes[0].ask("PUT", "/v1/services/named/instances/a", {})[0], 201)
        write_hosts({**table, NAMES[2]: nodes[2].address})
        self.begin(nodes[2:3])
        took = self.until(LINKED_S, lambda: equal(nodes[:3]), "the third name")
        self.assertEqual(nodes[2].stop(), 0)
        write_hosts({**table, NAMES[2]: nodes[3].address})
        self.begin(nodes[3:])
        moved = self.until(LINKED_S, lambda: equal([*nodes[:2], nodes[3]]), "the name at its new address")
        self.assertEqual(listing(nodes[3]), {("named", "a"): "UP"})
        print(f"a name appeared: linked after {took:.1f} s; it moved: after {moved:.1f} s", file=sys.stderr)

    def test_a_node_that_stands_still_for_long(self):
        nodes = self.make(3, by_name=False)
        self.begin(nodes)
        self.until(LINKED_S, lambda: equal(nodes), "the cluster")
        paths = [f"/v1/services/held/instances/i{number}" for number in range(60)]
        for number, path in enumerate(paths):
            lease = {"lease": {"interval_s": 2, "duration_s": 6}}
            self.assertEqual(nodes[number % 3].ask("PUT", path + "?w=2", lease)[0], 201)
        self.until(LINKED_S, lambda: equal(nodes), "all registered")
        frozen, awake = nodes[0], nodes[1:]
        frozen.freeze()
        try:
            end, bad, added = time.monotonic() + FROZEN_S, [], 0
            while time.monotonic() < end:
                for number, path in enumerate(paths):  # those of the frozen node have moved to the others
                    bad += [(path, status) for status in [awake[number % 2].ask("PUT", path + "/renew")[0]] if status != 204]
                bad += [len(shown) for shown in map(listing, awake) if len(shown) != len(paths) + added]
                self.assertEqual(awake[0].ask("PUT", f"/v1/services/new/instances/i{added}", {})[0], 201)
                added += 1
                self.until(10, lambda: equal(awake), "the others")  # whatever the frozen one does
                time.sleep(1)
        finally:
            frozen.thaw()
        before = self.switch.carried
        self.assertGreaterEqual(len(listing(frozen)), len(paths), "the first answer after the pause")
        took = self.until(10, lambda: equal(nodes), "all nodes equal")
        self.assertEqual(bad, [])
        for path in paths:
            self.assertEqual(frozen.ask("PUT", path + "/renew")[0], 204)
        for node in nodes:
            self.assertEqual(len(listing(node)), len(paths) + added)
            self.assertNotIn("expired", str(node.ask("GET", "/v1/events?service=held")[2]))
        packets = self.switch.carried - before
        self.assertLess(packets, 5000, "packets, those of this test included")
        print(f"frozen for {FROZEN_S:.0f} s: equal {took:.1f} s later, {packets} packets", file=sys.stderr)


def main():
    global folder
    if not os.environ.get("MUSTERD"):
        raise SystemExit("Set MUSTERD to the musterd program to test, for example build/release/bin/musterd.")
    sys.setswitchinterval(0.001)
    folder = tempfile.mkdtemp(prefix="muster-cluster-")
    try:
        world.enter(folder, 256)
        write_hosts({})
        world.run("mount", "--bind", os.path.join(folder, "hosts"), "/etc/hosts")
        unittest.main(verbosity=2)
    except world.Impossible as problem:
        print(f"This machine cannot run it: {problem}", file=sys.stderr)
        sys.exit(3)
    finally:
        world.leave(folder)


if __name__ == "__main__":
    main()
