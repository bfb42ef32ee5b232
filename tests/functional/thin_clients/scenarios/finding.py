"""Goal: a caller always has a list, knows how good it is, and hears of changes by the next poll.
Method: agents read from real daemons that come and go; cache files are written and read by the test, from their description alone."""
import os
import stat
import time

import cluster
from stand_in import instance

from .base import Scenario, file_name, names, ordered, packed, some, unpacked

HOUR_MS = 3_600_000
BIG = "x" * 4000


class Polling(Scenario):
    def test_changes_are_seen_and_unchanged_lists_are_cheap(self):
        """Goal: every change by the next poll, 304 between them. Method: instances come, change and go at a real daemon."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        daemon.put("/v1/services/seen/instances/a", {"port": 1, "metadata": {"weight": "7"}})
        found = agent.ask("find", service="SEEN")
        self.assertEqual((found["service"], found["source"], found["state"], found["missing"]), ("seen", "registry", "fresh", []))
        self.assertEqual(found["instances"], [{"id": "a", "status": "UP", "address": "127.0.0.1", "port": 1, "secure_port": None,
                                               "weight": 7, "metadata": {"weight": "7"}}])
        self.some_polls(agent)
        self.assertGreaterEqual(agent.ask("stats")["not_modified"], 3)
        daemon.put("/v1/services/seen/instances/b", {"port": 2, "status": "STARTING"})
        self.soon_equal(lambda: agent.ids("seen"), ["a", "b"])
        daemon.put("/v1/services/seen/instances/b/status", {"status": "UP"})
        self.soon(lambda: self.assertEqual(agent.ask("pick", service="seen", count=2)["picks"].count("b"), 1))
        daemon.delete("/v1/services/seen/instances/a")
        self.soon_equal(lambda: agent.ids("seen"), ["b"])
        self.assertLess(agent.ask("find", service="seen")["age_ms"], 5000)

    def test_polls_are_spread(self):
        """Goal: clients that start together do not poll together. Method: the times at which a stand-in is asked."""
        node = self.stand_in(spread=some(1))
        agent = self.agent(node, poll_ms=200)
        agent.ask("find", service="spread")
        self.soon(lambda: self.assertGreaterEqual(len(node.asked("GET", "/spread$")), 15))
        times = [one.at for one in node.asked("GET", "/spread$")]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertGreater(sorted(gaps)[len(gaps) // 2], 0.14, gaps)  # a busy machine is late for one, and not for the next
        self.assertGreater(max(gaps) - min(gaps), 0.01, f"no jitter: {gaps}")

    def test_an_unknown_service_is_an_empty_list(self):
        """Goal: nothing registered is an answer, not a failure. Method: a real daemon, and then an instance."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        found = agent.ask("find", service="nobody")
        self.assertEqual((found["state"], found["instances"]), ("fresh", []))
        daemon.put("/v1/services/nobody/instances/a", {})
        self.soon_equal(lambda: agent.ids("nobody"), ["a"])
        self.assertEqual(agent.ask("stats")["failures"], 0)


class WithoutNodes(Scenario):
    def test_all_nodes_gone_after_the_start(self):
        """Goal: the list stays, and tells its age. Method: the only daemon is killed, and started again with what it had."""
        node = self.node()
        for name in ("a", "b"):
            node.put(f"/v1/services/gone/instances/{name}", {"port": 80})
        agent = self.agent(node)
        self.assertEqual(agent.ids("gone"), ["a", "b"])
        node.crash()
        self.soon_equal(lambda: agent.ask("find", service="gone")["state"], "stale")
        found = agent.ask("find", service="gone")
        self.assertEqual((names(found["instances"]), found["source"]), (["a", "b"], "registry"))
        self.assertGreater(found["age_ms"], 300)
        self.assertEqual(sorted(agent.ask("pick", service="gone", count=2)["picks"]), ["a", "b"])
        self.assertTrue(agent.ask("stats")["last_error"])
        node.restart(wipe=True)
        for name in ("a", "b"):
            node.put(f"/v1/services/gone/instances/{name}", {"port": 80})
        self.soon_equal(lambda: agent.ask("find", service="gone")["state"], "fresh")

    def test_all_nodes_gone_before_the_start(self):
        """Goal: ready from disk with the whole registry down. Method: a second process with the files of the first."""
        node = self.node()
        node.put("/v1/services/disk/instances/a", {"port": 80})
        with_list = self.agent(node, cache=self.cache)
        self.assertEqual(with_list.ids("disk"), ["a"])
        with_list.ask("exit")
        self.assertEqual(with_list.end(), 0)
        node.crash()
        silent = self.stand_in()
        silent.manner = "silent"
        agent = self.agent(node, silent, cache=self.cache, ready_timeout_ms=600_000, request_timeout_ms=600_000)
        found = agent.ask("find", service="disk")  # would the disk wait for an answer, this would end as the kit's patience does
        self.assertEqual((names(found["instances"]), found["source"], found["state"]), (["a"], "disk", "cached_only"))
        self.assertTrue(0 <= found["age_ms"] < 60_000, found["age_ms"])
        self.assertEqual(agent.ask("pick", service="disk")["picks"], ["a"])
        silent.stop()
        node.restart(wipe=True)
        node.put("/v1/services/disk/instances/a", {"port": 81})
        self.soon_equal(lambda: agent.ask("find", service="disk")["state"], "fresh")
        self.soon_equal(lambda: agent.ask("find", service="disk")["instances"][0]["port"], 81)

    def test_nothing_known_and_nobody_there(self):
        """Goal: the first look waits for its time, and says that it knows nothing. Method: no node, no file."""
        agent = self.agent(f"http://127.0.0.1:{cluster.free_port()}", ready_timeout_ms=300)
        found = agent.ask("find", service="void")
        self.assertEqual((found["source"], found["state"], found["age_ms"], found["instances"]), ("none", "never", None, []))


class Files(Scenario):
    def written(self, service):
        return os.path.join(self.cache, file_name(service))

    def test_a_file_is_as_described(self):
        """Goal: what one language writes another reads. Method: name, mode, checksum and content by the test's own reader."""
        service = "Some Service:" + "y" * 80
        node = self.stand_in(**{service.lower(): some(2)})
        agent = self.agent(node, cache=self.cache)
        agent.ask("find", service=service)
        document = self.soon(lambda: unpacked(self.written(service.lower()), "service"))
        self.assertEqual((document["service"], names(document["instances"])), (service.lower(), ["i0", "i1"]))
        self.assertLess(abs(document["confirmed_at_ms"] - time.time() * 1000), 60_000)
        self.assertTrue(document["etag"])
        self.assertEqual(stat.S_IMODE(os.stat(self.written(service.lower())).st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(os.stat(self.cache).st_mode), 0o700)

    def put(self, service, instances, age_ms=1000.0, text=None):
        os.makedirs(self.cache, exist_ok=True)
        document = {"service": service, "confirmed_at_ms": int(time.time() * 1000 - age_ms), "etag": "", "instances": instances}
        with open(self.written(service), "wb") as file:
            file.write(packed("service", document) if text is None else text(packed("service", document)))

    def dead(self):
        return f"http://127.0.0.1:{cluster.free_port()}"

    def test_a_file_of_another_writer_is_read(self):
        """Goal: the format is that of the page. Method: the test writes the file."""
        self.put("made", some(3, weight=5))
        agent = self.agent(self.dead(), cache=self.cache)
        found = agent.ask("find", service="made")
        self.assertEqual((found["state"], [one["weight"] for one in found["instances"]]), ("cached_only", [5, 5, 5]))
        self.assertTrue(900 < found["age_ms"] < 60_000, found["age_ms"])

    def test_a_damaged_file_is_ignored(self):
        """Goal: no crash, no half list. Method: torn, flipped, foreign, empty and huge-looking files."""
        damages = {"torn": lambda text: text[:-20], "flipped": lambda text: text.replace(b"8001", b"8009"),
                   "empty": lambda _: b"", "foreign": lambda _: b"hello\nworld\n", "nested": lambda _: b"[" * 100_000 + b"\n",
                   "format": lambda text: text.replace(b'"format": 1', b'"format": 2')}
        for name, damage in damages.items():
            self.put(name, some(2), text=damage)
        agent = self.agent(self.dead(), cache=self.cache, ready_timeout_ms=100)
        for name in damages:
            found = agent.ask("find", service=name)
            self.assertEqual((found["state"], found["instances"]), ("never", []), name)
        self.assertEqual(agent.ask("stats")["cache_ignored"], len(damages))

    def test_a_file_from_the_future_has_no_age(self):
        """Goal: after a step of the clock nothing pretends to know the age. Method: a file of an hour ahead."""
        self.put("future", some(1), age_ms=-HOUR_MS)
        agent = self.agent(self.dead(), cache=self.cache)
        found = agent.ask("find", service="future")
        self.assertEqual((found["state"], found["age_ms"], names(found["instances"])), ("cached_only", None, ["i0"]))

    def test_a_file_of_long_ago_gives_way(self):
        """Goal: addresses of yesterday, which may be others' by now, are not kept beside today's. Method: a file of two hours ago, and a
        registry with other instances; the same with one of a second ago."""
        for service, age in (("old", 2 * HOUR_MS), ("young", 1000)):
            self.put(service, some(3), age_ms=age)
        node = self.stand_in(old=[instance("n")], young=[instance("n")])
        agent = self.agent(node, cache=self.cache)
        for service, wanted in (("old", ["n"]), ("young", ["i0", "i1", "i2", "n"])):
            self.soon_equal(lambda service=service: agent.ask("find", service=service)["source"], "registry")
            self.assertEqual(agent.ids(service), wanted)

    def test_a_full_disk_costs_the_file_and_nothing_else(self):
        """Goal: lists go on in memory, the old file stays whole, nothing is left behind, and the file is new once there is room.
        Method: a file system of its own, of 256 KB, that the test fills."""
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        flags = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
        wrapper = ["unshare", *flags, "sh", "-c", 'mount -t tmpfs -o size=256k tmpfs "$0" && exec "$@"', disk]
        node = self.stand_in(full=some(1))
        agent = self.agent(node, cache=disk, wrapper=wrapper)
        self.assertEqual(agent.ids("full"), ["i0"])
        inside = f"/proc/{agent.process.pid}/root{disk}"
        path = os.path.join(inside, file_name("full"))
        self.soon(lambda: unpacked(path, "service"))
        with open(os.path.join(inside, "filler"), "wb", buffering=0) as filler:
            with self.assertRaises(OSError):
                while True:
                    filler.write(b"\0" * 4096)
        node.has("full", *some(2, metadata={"big": BIG}))
        self.soon_equal(lambda: agent.ids("full"), ["i0", "i1"])
        self.soon(lambda: self.assertGreaterEqual(agent.ask("stats")["cache_errors"], 1))
        self.assertTrue(agent.ask("stats")["last_cache_error"])
        self.assertEqual(names(unpacked(path, "service")["instances"]), ["i0"], "the old file is whole")
        os.unlink(os.path.join(inside, "filler"))
        self.soon_equal(lambda: names(unpacked(path, "service")["instances"]), ["i0", "i1"], "the new file")
        self.assertEqual(sorted(name for name in os.listdir(inside)), [file_name("full")])

    def test_what_a_killed_process_left_is_removed(self):
        """Goal: a crash in the middle of a write does not fill the disk for ever. Method: unfinished files of two hours ago and of now."""
        os.makedirs(self.cache)
        left = [f".{file_name('left')}.77.0123abcd", ".nodes.jsonl.77.0123abcd", f".{file_name('left')}.78.0123abcd"]
        for name in left:
            path = os.path.join(self.cache, name)
            with open(path, "wb") as file:
                file.write(b"half")
            if name != left[-1]:
                os.utime(path, (time.time() - 7200, time.time() - 7200))
        agent = self.agent(self.stand_in(left=some(1)), cache=self.cache)
        self.assertEqual(agent.ids("left"), ["i0"])
        self.assertEqual([name for name in left if name in os.listdir(self.cache)], left[-1:], "another process may be writing it")

    def test_a_folder_that_cannot_be_made_costs_the_files_alone(self):
        """Goal: a wrong cache_dir is told, and no reason to fail. Method: a file stands where the folder should be."""
        with open(self.cache, "wb"):
            pass
        agent = self.agent(self.stand_in(there=some(2)), cache=self.cache)
        self.assertEqual(agent.ids("there"), ["i0", "i1"])
        self.soon(lambda: self.assertGreaterEqual(agent.ask("stats")["cache_errors"], 1))


class LearntNodes(Scenario):
    def test_the_other_nodes_are_learnt_and_kept_on_disk(self):
        """Goal: one address is enough, and after a restart the others are known although that one is gone. Method: three real nodes,
        one of them configured; it is killed, and a second process starts with the files of the first."""
        nodes = self.cluster()
        nodes[0].put("/v1/services/learnt/instances/a", {"port": 80})
        everyone = ordered("kit", [f"http://{node.address}" for node in nodes])
        first = self.agent(nodes[0], cache=self.cache)
        self.assertEqual(first.ids("learnt"), ["a"])
        self.soon_equal(lambda: first.ask("nodes")["nodes"], everyone, "the other nodes")
        self.soon(lambda: self.assertEqual(sorted(unpacked(os.path.join(self.cache, "nodes.jsonl"), "nodes")["nodes"]), sorted(everyone)))
        first.ask("exit")
        first.end()
        nodes[0].crash()
        second = self.agent(nodes[0], cache=self.cache)
        self.assertEqual(second.ask("nodes")["nodes"], everyone)
        self.assertEqual(second.ids("learnt"), ["a"])
        told = second.ask("register", service="learnt", instance="b")
        self.assertEqual(told["state"], "registered")
