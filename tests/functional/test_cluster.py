#!/usr/bin/env python3
"""Goal: several nodes are one registry: whoever writes, renews, drains or cancels at one node has done it at all of them.
Method: three real nodes on loopback with the same peer list; clients that use any node."""
import signal
import statistics
import threading
import time
import unittest

import cluster
import musterd
from eureka import an_instance, lease, read, register
from musterd import eventually

CREATED = (200, 201)
SHORT = {"lease": {"interval_s": 1, "duration_s": 3}}
NO_HOLD = "[self_preservation]\nenabled = false\n"


class Together(unittest.TestCase):
    """One cluster for all tests, which therefore use services of their own."""

    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster.Cluster(config=NO_HOLD)
        cls.cluster.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.cluster.__exit__(None, None, None)

    def test_a_write_at_any_node_is_soon_seen_at_all(self):
        delays = []
        readers = [node.connect() for node in self.cluster]
        for number in range(45):
            path = f"/v1/services/seen/instances/i{number}"
            writer = readers[number % len(readers)]
            self.assertIn(writer.exchange("PUT", path, {}, {}).status, CREATED)
            began = time.monotonic()
            for reader in readers:
                eventually(10, lambda reader=reader: self.assertEqual(reader.exchange("GET", path).status, 200), path)
            delays.append(time.monotonic() - began)
        for reader in readers:
            reader.close()
        self.assertLess(statistics.median(delays), 0.1, sorted(delays)[-5:])
        self.assertLess(max(delays), 5, "the rest is for a busy machine")

    def test_all_nodes_show_the_same(self):
        for number, node in enumerate(self.cluster):
            node.put(f"/v1/services/same/instances/n{number}", {"port": 80 + number, "metadata": {"a": "b"}})
            register(node, "SAME", f"e{number}", leaseInfo=lease(30, 90))
        self.cluster.wait_equal()
        lists = [node.get("/v1/services/same") for node in self.cluster]
        self.assertEqual({len(one.json()["instances"]) for one in lists}, {6})
        self.assertEqual(len({one.headers["etag"] for one in lists}), 1, "a tag is of content alone")
        tag = lists[0].headers["etag"]
        for node in self.cluster:
            self.assertEqual(node.get("/v1/services/same", if_none_match=tag).status, 304)
            apps = node.get("/eureka/apps", accept="application/json").json()["applications"]
            same = next(app for app in apps["application"] if app["name"] == "SAME")
            self.assertEqual(sorted(one["instanceId"] for one in same["instance"]), ["e0", "e1", "e2", "n0", "n1", "n2"])
        hashes = {node.get("/eureka/apps", accept="application/json").json()["applications"]["apps__hashcode"]
                  for node in self.cluster}
        self.assertEqual(len(hashes), 1, hashes)

    def test_status_names_the_other_nodes(self):
        for node in self.cluster:
            page = node.get("/eureka/status", accept="application/json").json()["applicationStats"]
            others = {f"http://{other.address}/eureka/" for other in self.cluster if other is not node}
            for field in ("registered-replicas", "available-replicas"):
                self.assertEqual(set(filter(None, page[field].split(","))), others, field)
            self.assertEqual(page["unavailable-replicas"], "")

    def test_w_2_is_granted(self):
        for number, node in enumerate(self.cluster):
            path = f"/v1/services/two/instances/i{number}"
            reply = node.put(path + "?w=2", {})
            self.assertIn(reply.status, CREATED)
            self.assertEqual(reply.headers["muster-acknowledged"], "w=2")
            self.assertEqual(node.put(path + "/drain?w=2", {"reason": "test"}).headers["muster-acknowledged"], "w=2")
            self.assertEqual(node.delete(path + "?w=2").headers["muster-acknowledged"], "w=2")

    def test_heartbeats_at_any_node_keep_a_lease(self):
        self.cluster[0].put("/v1/services/round/instances/native", SHORT)
        register(self.cluster[1], "ROUND", "eureka", leaseInfo=lease(1, 3))
        self.cluster.wait_equal()
        end, turn = time.monotonic() + 8, 0
        while time.monotonic() < end:
            node = self.cluster[turn % 3]
            turn += 1
            self.assertLess(node.put("/v1/services/round/instances/native/renew").status, 300)
            self.assertEqual(node.put("/eureka/apps/ROUND/eureka").status, 200)
            for each in self.cluster:
                self.assertEqual(each.ids("round"), ["eureka", "native"])
            time.sleep(0.7)  # the interval of the client itself
        self.assertEqual([node.causes("round", "expired") for node in self.cluster], [[], [], []])

    def test_a_lease_that_is_not_renewed_ends_at_all_nodes(self):
        began = time.monotonic()
        self.cluster[0].put("/v1/services/ends/instances/a", SHORT)
        for node in self.cluster:
            eventually(10, lambda node=node: self.assertEqual(node.ids("ends"), ["a"]), "there")
        for node in self.cluster:
            eventually(15, lambda node=node: self.assertEqual(node.ids("ends"), []), "the end")
        self.assertGreaterEqual(time.monotonic() - began, 2.9)
        for node in self.cluster:
            self.assertEqual(node.put("/v1/services/ends/instances/a/renew").status, 404)

    def test_a_drain_is_set_at_one_node_and_lifted_at_another(self):
        path = "/v1/services/drained/instances/a"
        self.cluster[0].put(path, {})
        statuses, stop = set(), threading.Event()

        def watch():
            while not stop.is_set():
                for node in self.cluster:
                    reply = node.get(path)
                    statuses.add(reply.json()["status"] if reply.status == 200 else reply.status)
        self.cluster.wait_equal()
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.assertLess(self.cluster[1].put(path + "/drain", {"reason": "disk", "ttl_s": 600}).status, 300)
            for node in self.cluster:
                eventually(10, lambda node=node: self.assertEqual(node.get(path).json()["status"], "OUT_OF_SERVICE"))
                self.assertEqual(node.get(path).json()["override"]["reason"], "disk")
            self.assertLess(self.cluster[2].delete(path + "/drain").status, 300)
            for node in self.cluster:
                eventually(10, lambda node=node: self.assertEqual(node.get(path).json()["status"], "UP"))
        finally:
            stop.set()
            watcher.join()
        self.assertEqual(statuses, {"UP", "OUT_OF_SERVICE"}, "and nothing in between")

    def test_a_cancel_beats_a_late_write_at_a_node_that_stood_still(self):
        native = {"incarnation": 1000, "port": 1}
        for number in range(3):
            other, late = self.cluster[number], self.cluster[(number + 1) % 3]
            path = f"/v1/services/late/instances/n{number}"
            other.put(path, native)
            body = an_instance("LATE", f"e{number}")
            other.post("/eureka/apps/LATE", body)
            self.cluster.wait_equal()
            with late.connect() as first, late.connect() as second, late.frozen():
                self.assertLess(other.delete(path).status, 300)
                self.assertEqual(other.delete(f"/eureka/apps/LATE/e{number}").status, 200)
                first.send("PUT", path, {}, dict(native, port=2))
                second.send("POST", "/eureka/apps/LATE", {}, body)
                third = self.cluster[(number + 2) % 3]
                eventually(10, lambda third=third: self.assertEqual(third.ids("late"), []), "the cancel at the third")
                self.resume_and_read(late, first, second)
        self.cluster.wait_equal()
        for node in self.cluster:
            self.assertEqual(node.ids("late"), [])
        time.sleep(1)  # two beacons: what comes back late would have come back
        for node in self.cluster:
            self.assertEqual(node.ids("late"), [])
            self.assertIsNone(read(node, "LATE", "e0"))

    def test_a_cancel_keeps_late_writes_out_at_every_node(self):
        path, native, body = "/v1/services/fenced/instances/n", {"incarnation": 1000}, an_instance("FENCED", "e")
        self.cluster[0].put(path, native)
        self.cluster[0].post("/eureka/apps/FENCED", body)
        self.cluster.wait_equal()
        self.cluster[0].delete(path)
        self.cluster[0].delete("/eureka/apps/FENCED/e")
        for node in self.cluster:
            eventually(10, lambda node=node: self.assertEqual(node.ids("fenced"), []), "the cancel")
            self.assertEqual(node.put(path, native).status, 410)
            self.assertEqual(node.post("/eureka/apps/FENCED", body).status, 404, node.address)
            self.assertEqual(node.ids("fenced"), [])

    def resume_and_read(self, node, *connections):
        node.signal(signal.SIGCONT)
        for connection in connections:
            connection.read()


class Holds(unittest.TestCase):
    def test_forty_of_a_hundred_that_fail_together_stay_listed_at_all_nodes(self):
        names = [f"i{number:02}" for number in range(100)]
        with cluster.Cluster() as nodes:
            for number, name in enumerate(names):
                body = {"address": f"10.1.{number % 2}.{number}", "lease": {"interval_s": 1, "duration_s": 4}}
                nodes[number % 3].put(f"/v1/services/split/instances/{name}", body)
            nodes.wait_equal()
            self.renew_for(8, nodes, names[:60])  # twice the lease of the others
            self.assertTrue(any(node.get("/v1/self-preservation").json()["holds"] for node in nodes), "a hold is shown")
            self.renew_for(6, nodes, names)

            def released():
                for node in nodes:
                    self.assertEqual(node.get("/v1/self-preservation").json()["holds"], [])
                self.renew_for(0.5, nodes, names)
            eventually(30, released, "the end of the hold")
            self.assertEqual([node.causes("split", "expired") for node in nodes], [[], [], []])

    def renew_for(self, seconds, nodes, names):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for turn, node in enumerate(nodes):
                mine = [{"service": "split", "id": name} for name in names if int(name[1:]) % 3 == turn]
                results = node.post("/v1/renew", {"instances": mine}).json()["results"]
                self.assertEqual({one["result"] for one in results}, {"renewed"})
                self.assertEqual(len(node.ids("split")), 100)
            time.sleep(0.4)  # the interval of the clients


if __name__ == "__main__":
    musterd.main()
