#!/usr/bin/env python3
"""Goal: the list of peers may be the same on all nodes, carelessly written, and change at any time; strangers are refused, and
/v1/peers says why.
Method: real nodes whose lists name themselves, doubles and names; lists that change in a file and by SIGHUP."""
import os
import signal
import tempfile
import unittest

import cluster
import musterd
from musterd import eventually

SECRET = "a secret of sixteen"


def lists(peers, more=""):
    return "[cluster]\npeers = [" + ", ".join(f'"{peer}"' for peer in peers) + f"]\n{more}"


class Nodes(unittest.TestCase):
    """Nodes that one test makes, and that are gone with it."""

    def node(self, *options, **more):
        node = cluster.Node(cluster.free_port(), *options, **more)
        self.addCleanup(node.clean)
        self.addCleanup(node.kill)
        return node

    def stop(self, *nodes):
        for node in nodes:
            node.stop()
            node.check_log()

    def linked(self, count, *nodes):
        for node in nodes:
            eventually(cluster.LINKED_SECONDS, lambda node=node: node.linked_to(count), "the links")

    def one_registry(self, *nodes):
        for number, node in enumerate(nodes):
            node.put(f"/v1/services/one/instances/i{number}", {})
        for node in nodes:
            eventually(20, lambda node=node: self.assertEqual(len(node.ids("one")), len(nodes)), "one registry")


class Lists(Nodes):
    def test_the_same_careless_list_on_all_nodes(self):
        nodes = [self.node() for _ in range(3)]
        first, second, third = (node.port for node in nodes)
        careless = [f"127.0.0.1:{first}", f"http://localhost:{first}/eureka/", f"localhost:{second}",
                    f"http://127.0.0.1:{second}", f"http://127.0.0.1:{second}/", f"http://LOCALHOST:{third}/",
                    f"127.0.0.1:{third}"]
        for node in nodes:
            node.options = [word for peer in careless for word in ("--peer", peer)]
            node.start(wait_ready=False)
        self.linked(2, *nodes)
        self.one_registry(*nodes)
        for node in nodes:
            eventually(30, lambda node=node: self.shows(node, careless), "what came of each entry")
        self.stop(*nodes)

    def shows(self, node, careless):
        """Its own entries as its own, all others as connected. An entry is known to be so once it was dialed."""
        found = node.peers()
        self.assertEqual(found["expected"], 2)
        self.assertEqual([one["address"] for one in found["addresses"]], careless)
        states = [one["state"] for one in found["addresses"]]
        own = sum(f":{node.port}" in peer for peer in careless)
        self.assertEqual((states.count("ourselves"), states.count("connected")), (own, len(careless) - own), found)

    def test_what_is_no_address_is_shown_and_stops_nothing(self):
        first = self.node().start()
        second = self.node(peers=[first.address, "no.such.host.invalid:1"]).start(wait_ready=False)
        self.linked(1, second)
        wrong = second.entry("no.such.host.invalid:1")
        eventually(30, lambda: self.assertTrue(second.entry("no.such.host.invalid:1").get("reason")), "a reason")
        self.assertIn(wrong["state"], ("unresolved", "connecting"))
        self.stop(first, second)

    def test_a_file_of_peers_that_changes_adds_and_removes_a_node(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "peers")
            nodes = [self.node() for _ in range(3)]

            def write(members):
                with open(path + ".new", "w", encoding="utf-8") as file:
                    file.write("# the nodes\n" + "".join(f"{node.address}\n" for node in members))
                os.replace(path + ".new", path)
            write(nodes[:2])
            for node in nodes:
                node.config = f'[cluster]\npeers_file = "{path}"\n'
            for node in nodes[:2]:
                node.start(wait_ready=False)
            self.linked(1, *nodes[:2])
            nodes[0].put("/v1/services/file/instances/a", {})
            write(nodes)
            nodes[2].start()
            self.linked(2, *nodes)
            self.assertEqual(nodes[2].ids("file"), ["a"])
            os.unlink(path)  # the list that is known goes on
            nodes[0].wait_for_log("warning .*cannot be read")
            self.linked(2, *nodes)
            write(nodes[:2])
            for node in nodes[:2]:
                eventually(30, lambda node=node: self.assertEqual(node.peers()["expected"], 1), "the shorter list")
            self.stop(*nodes)

    def test_sighup_with_other_peers(self):
        first, second = self.node(), self.node()
        first.config, second.config = lists([]), lists([])
        first.start()
        second.start()
        first.put("/v1/services/met/instances/a", {})
        second.put("/v1/services/met/instances/b", {})
        for node in (first, second):
            node.write_config(lists([first.address, second.address]))
            node.signal(signal.SIGHUP)
        self.linked(1, first, second)
        for node in (first, second):
            eventually(20, lambda node=node: self.assertEqual(node.ids("met"), ["a", "b"]), "both registries in one")
        for node in (first, second):
            node.write_config(lists([]))
            node.signal(signal.SIGHUP)
        self.linked(0, first, second)
        second.put("/v1/services/met/instances/c", {})
        self.assertEqual((first.ids("met"), second.ids("met")), (["a", "b"], ["a", "b", "c"]), "two registries again")
        self.stop(first, second)


class Strangers(Nodes):
    def refused(self, one, other, *reasons):
        """Both serve, each alone, and each says why."""
        first, second = self.node(), self.node()
        for node, more in ((first, one), (second, other)):
            node.config = lists([first.address, second.address], more)
            node.start(wait_ready=False)
        for node, peer in ((first, second), (second, first)):
            eventually(30, lambda node=node: node.linked_to(0), "being alone")

            def shown(node=node, peer=peer):
                entry = node.entry(peer.address)
                self.assertEqual(entry["state"], "refused", entry)
                self.assertTrue(any(reason in entry["reason"] for reason in reasons), entry)
            eventually(30, shown, "the reason")
        first.put("/v1/services/mine/instances/a", {})
        self.assertEqual(second.ids("mine"), [])
        text = str(first.peers()) + str(first.get("/v1/node").json()) + first.log_tail(1000)
        self.assertNotIn(SECRET, text)
        self.stop(first, second)

    def test_another_cluster_is_refused(self):
        self.refused('id = "blue"\n', 'id = "green"\n', "cluster")

    def test_another_secret_is_refused(self):
        self.refused(f'secret = "{SECRET}"\n', f'secret = "{SECRET[::-1]}"\n', "cluster.secret")

    def test_one_without_the_secret_is_refused(self):
        self.refused(f'secret = "{SECRET}"\n', "", "cluster.secret")

    def test_the_same_secret_links(self):
        with cluster.Cluster(2, config=f'[cluster]\nsecret = "{SECRET}"\n') as nodes:
            self.one_registry(*nodes)


if __name__ == "__main__":
    musterd.main()
