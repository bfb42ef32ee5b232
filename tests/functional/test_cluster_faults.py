#!/usr/bin/env python3
"""Goal: nodes crash, start again, lose their disk, and are updated one by one, and no client notices: nobody is lost, no
list is empty or too short, no renewal is told that its instance is unknown.
Method: real nodes that are killed by SIGKILL, snapshot files that are damaged, a disk that is full; clients that go on to
another node when one does not answer."""
import os
import threading
import time
import unittest

import cluster
import http_exchange
import musterd
from musterd import eventually

SHORT = {"lease": {"interval_s": 1, "duration_s": 3}}
LONG = {"lease": {"interval_s": 10, "duration_s": 30}}
READY = "state=READY"


class Crashes(unittest.TestCase):
    def test_clients_of_a_node_that_crashes_go_on_at_another(self):
        names = [f"i{number}" for number in range(20)]
        with cluster.Cluster() as nodes:
            for name in names:
                nodes[0].put(f"/v1/services/moving/instances/{name}?w=2", SHORT)
            nodes.wait_equal()
            nodes[0].crash()
            end, turn = time.monotonic() + 9, 0
            while time.monotonic() < end:
                turn += 1
                for number, name in enumerate(names):
                    reply = nodes[1 + number % 2].put(f"/v1/services/moving/instances/{name}/renew")
                    self.assertLess(reply.status, 300, (name, turn))
                for node in nodes.up:
                    self.assertEqual(node.ids("moving"), sorted(names))
                time.sleep(0.8)  # the interval of the clients
            nodes[0].restart()
            nodes.wait_linked()
            nodes.wait_equal()
            self.assertEqual(nodes[0].ids("moving"), sorted(names))

    def test_status_and_peers_tell_that_a_node_is_gone_and_w_2_that_nobody_is_there(self):
        with cluster.Cluster(2) as nodes:
            here, other = nodes
            gone = f"http://{other.address}/eureka/"
            other.crash()

            def unavailable():
                page = here.get("/eureka/status", accept="application/json").json()["applicationStats"]
                self.assertEqual(page["unavailable-replicas"].strip(","), gone)
                self.assertEqual(page["available-replicas"].strip(","), "")
            eventually(20, unavailable, "the replica being unavailable")
            self.assertTrue(here.entry(other.address)["reason"])
            began = time.monotonic()
            reply = here.put("/v1/services/alone/instances/a?w=2", {})
            self.assertEqual(reply.status, 201)
            self.assertRegex(reply.headers["muster-acknowledged"], "^w=1; requested=2; reason=.")
            self.assertLess(time.monotonic() - began, 5)

    def test_drains_work_with_one_node_of_three(self):
        path = "/v1/services/last/instances/a"
        with cluster.Cluster() as nodes:
            nodes[0].put(path + "?w=2", {})
            nodes.wait_equal()
            nodes[1].crash()
            nodes[2].crash()
            self.assertLess(nodes[0].put(path + "/drain", {"reason": "x", "ttl_s": 600}).status, 300)
            self.assertEqual(nodes[0].get(path).json()["status"], "OUT_OF_SERVICE")
            self.assertLess(nodes[0].delete(path + "/drain").status, 300)
            self.assertEqual(nodes[0].get(path).json()["status"], "UP")
            self.assertLess(nodes[0].put(path + "/drain", {"reason": "x", "ttl_s": 600}).status, 300)
            nodes.together(cluster.Node.restart, [nodes[1], nodes[2]])
            nodes.wait_linked()
            for node in nodes:
                eventually(20, lambda node=node: self.assertEqual(node.get(path).json()["status"], "OUT_OF_SERVICE"))


def snapshots(node):
    """Paths of the snapshot files, the newest first."""
    folder = node.data_dir
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder), reverse=True)
            if name.startswith("snapshot-") and not name.endswith(".damaged")]


def change_byte(path):
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 0x10]))


def cut(path):
    os.truncate(path, os.path.getsize(path) // 2)


class Restarts(unittest.TestCase):
    def test_all_nodes_crash_at_once_and_the_registry_is_back(self):
        names = [f"i{number}" for number in range(50)]
        with cluster.Cluster(config=cluster.SNAPSHOTS) as nodes:
            for number, name in enumerate(names):
                nodes[number % 3].put(f"/v1/services/kept/instances/{name}", LONG)
            nodes[0].put("/v1/services/kept/instances/i0/drain", {"reason": "disk"})
            nodes.wait_equal()
            for node in nodes:
                self.snapshot_has(node, b"i49", b"disk")
            nodes.together(cluster.Node.crash)
            watchers = [Impatient(node, "kept", names) for node in nodes]
            nodes.together(lambda node: node.restart())
            for watcher in watchers:
                watcher.stop()
                self.assertEqual(watcher.wrong, [])
            nodes.wait_equal()
            for node in nodes:
                self.assertEqual(node.ids("kept"), sorted(names))
                self.assertEqual(node.get("/v1/services/kept/instances/i0").json()["status"], "OUT_OF_SERVICE")

    def snapshot_has(self, node, *texts):
        def written():
            files = snapshots(node)
            self.assertTrue(files)
            with open(files[0], "rb") as file:
                content = file.read()
            for text in texts:
                self.assertIn(text, content)
        eventually(30, written, "the snapshot")

    def test_a_node_without_its_data_gets_all_from_the_others(self):
        with cluster.Cluster(config=cluster.SNAPSHOTS) as nodes:
            for number in range(50):
                nodes[0].put(f"/v1/services/kept/instances/i{number}", LONG)
            nodes.wait_equal()
            nodes[0].crash()
            watcher = Impatient(nodes[0], "kept", [f"i{number}" for number in range(50)])
            nodes[0].restart(wipe=True)
            watcher.stop()
            self.assertEqual(watcher.wrong, [])
            nodes.wait_equal()


class Impatient:
    """Reads and renews at a node while it starts. What it gets before the node is READY must not mislead a client."""

    def __init__(self, node, service, names):
        self.node, self.service, self.names = node, service, names
        self.wrong, self.stopped = [], threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def _run(self):
        while not self.stopped.is_set():
            try:
                self._look()
            except (OSError, http_exchange.Closed):
                self.stopped.wait(0.002)

    def _look(self):
        for path in (f"/v1/services/{self.service}", f"/eureka/apps/{self.service.upper()}"):
            reply = self.node.get(path, accept="application/json")
            if reply.status == 200:
                body = reply.json()
                found = body["instances"] if "instances" in body else body["application"]["instance"]
                if len(found) != len(self.names):
                    self.wrong.append((path, len(found)))
            elif reply.status != 503:
                self.wrong.append((path, reply.status))
        for path in (f"/v1/services/{self.service}/instances/{self.names[0]}/renew",
                     f"/eureka/apps/{self.service.upper()}/{self.names[1]}"):
            status = self.node.put(path).status
            if status not in (200, 204, 503):
                self.wrong.append((path, status))


class DamagedDisks(unittest.TestCase):
    def setUp(self):
        self.node = cluster.Node(cluster.free_port(), config=cluster.SNAPSHOTS)
        self.addCleanup(self.node.clean)
        self.addCleanup(self.node.kill)
        self.node.start()
        for number in range(2):  # one generation with one instance, one with both
            self.node.put(f"/v1/services/kept/instances/i{number}", LONG)
            known = set(snapshots(self.node))
            eventually(30, lambda known=known: self.assertTrue(set(snapshots(self.node)) - known), "another snapshot")
        eventually(30, lambda: self.assertEqual(len(snapshots(self.node)), 2), "two generations")
        self.node.crash()

    def test_a_changed_byte_in_the_newest_snapshot(self):
        self.falls_back(change_byte)

    def test_the_newest_snapshot_cut_off(self):
        self.falls_back(cut)

    def falls_back(self, damage):
        newest, older = snapshots(self.node)
        damage(newest)
        self.node.restart()
        self.node.wait_for_log(rf"warning .*{os.path.basename(newest)}: is damaged")
        self.node.wait_for_log(rf"restored file=\S*{os.path.basename(older)}")
        self.assertEqual(self.node.ids("kept"), ["i0"])
        self.assertLess(self.node.put("/v1/services/kept/instances/i0/renew").status, 300)
        self.node.stop()

    def test_both_snapshots_damaged(self):
        for path in snapshots(self.node):
            cut(path)
        self.node.restart(wait_ready=False)
        self.node.wait_for_log("warning .*no snapshot can be used")
        self.node.wait_for_log("state=WARMING")
        self.assertEqual(self.node.get("/healthz").status, 200)
        self.assertEqual(self.node.get("/readyz").status, 503)
        self.assertEqual(self.node.get("/v1/services/kept").status, 503)
        self.assertEqual(self.node.get("/eureka/apps").status, 503)
        for path in ("/v1/services/kept/instances/i0/renew", "/eureka/apps/KEPT/i0"):
            self.assertEqual(self.node.put(path).status, 404, "there is nobody to ask: clients are to register again")
        self.assertEqual(self.node.put("/v1/services/kept/instances/i0", LONG).status, 201, "writes are taken at once")
        self.assertLess(self.node.put("/v1/services/kept/instances/i0/renew").status, 300)
        self.node.stop()


class FullDisk(unittest.TestCase):
    def test_a_full_disk_stops_nothing_and_is_told_once(self):
        with cluster.small_disk(cluster.free_port(), 1, cluster.SNAPSHOTS) as node:
            eventually(30, lambda: self.assertTrue(os.listdir(node.inside("data"))), "the data directory")
            self.fill(node.inside("data/ballast"))
            for number in range(100):
                reply = node.put(f"/v1/services/full/instances/i{number}", {"metadata": {"text": "x" * 4000}})
                self.assertEqual(reply.status, 201)
            node.wait_for_log(r"error .*(No space left|full)")
            for _ in range(10):  # as many periods of the snapshot
                self.assertEqual(len(node.ids("full")), 100)
                self.assertLess(node.put("/v1/services/full/instances/i1/renew").status, 300)
                time.sleep(0.1)
            errors = [line for line in node.lines if " error " in line]
            self.assertEqual(len(errors), 1, errors)
            os.unlink(node.inside("data/ballast"))
            node.put("/v1/services/full/instances/more", {})
            node.wait_for_log("snapshots can be written again")

    def fill(self, path):
        """To the last byte."""
        with open(path, "wb", buffering=0) as file, self.assertRaises(OSError):
            while file.write(b"x" * 65536):
                pass


class Client:
    """One instance, with the habits of a good client: it renews on time, reads, and asks the next node when one does not
    answer or is not ready. What no node granted is a failure."""

    def __init__(self, nodes, name, service="rolled"):
        self.nodes, self.name, self.service = list(nodes), name, service
        self.failed, self.lists, self.done = [], [], 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.path = f"/v1/services/{service}/instances/{name}"

    def start(self):
        self.thread.start()
        return self

    def stop(self):
        self.stopped.set()
        self.thread.join()

    def ask(self, method, target, body=None):
        """Two rounds over all nodes: one node may just have gone down, and the next may have come back a moment later."""
        answers = []
        for _ in range(2 * len(self.nodes)):
            try:
                reply = self.nodes[0].request(method, target, {}, body)
                if reply.status != 503:
                    return reply
                answers.append((self.nodes[0].address, reply.status))
            except (OSError, http_exchange.Closed) as problem:
                answers.append((self.nodes[0].address, str(problem)))
            self.nodes.append(self.nodes.pop(0))
        self.failed.append((method, target, answers))
        return None

    def _run(self):
        self.ask("PUT", self.path, SHORT)
        while not self.stopped.wait(0.1):
            renewed = self.ask("PUT", self.path + "/renew")
            if renewed and renewed.status >= 300:
                self.failed.append(("renew", self.nodes[0].address, renewed.status))
            for path in (f"/v1/services/{self.service}", "/v1/services/steady"):
                found = self.ask("GET", path)
                if found:
                    self.lists.append((path, self.nodes[0].address, found.status,
                                       len(found.json().get("instances", []))))
            self.done += 3


class Rolling(unittest.TestCase):
    def test_three_nodes_are_updated_one_by_one_and_no_client_notices(self):
        with cluster.Cluster(config=cluster.SNAPSHOTS) as nodes:
            for number in range(300):
                nodes[number % 3].put(f"/v1/services/steady/instances/i{number}", {})
            nodes.wait_equal()
            clients = [Client(list(nodes)[turn:] + list(nodes)[:turn], f"c{turn}-{copy}").start()
                       for turn in range(3) for copy in range(2)]
            try:
                for node in nodes:
                    eventually(30, lambda node=node: self.assertEqual(len(node.ids("rolled")), 6), "all clients")
                began = {id(client): len(client.lists) for client in clients}
                for node in nodes:
                    node.stop()
                    node.process.stderr.close()
                    node.restart()
                    nodes.wait_linked()
                    nodes.wait_equal()
            finally:
                for client in clients:
                    client.stop()
            for client in clients:
                self.assertEqual(client.failed, [])
                self.assertGreaterEqual(client.done, 15)
                for path, address, status, count in client.lists[began[id(client)]:]:
                    want = 300 if path.endswith("steady") else 6
                    self.assertEqual((status, count), (200, want), (path, address))
            for node in nodes:
                self.assertEqual(node.causes("rolled", "expired"), [])


if __name__ == "__main__":
    musterd.main()
