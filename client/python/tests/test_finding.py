"""Goal: what an answer makes of a list. Method: the finder's steps are called by hand, nodes are scripts."""
import os
import random
import tempfile
import unittest

from .support import A, B, Script, parts, problem

from muster.cache import Cache, file_name, pack, unpack
from muster.errors import LimitReached
from muster.finder import Finder
from muster.judgement import explained, sharp
from muster.view import View


def documents(*names, **more):
    return [{"id": name, "status": "UP", "address": "10.0.0.1", "port": 80, "metadata": {}, "lease": {"duration_s": 90}, **more} for name in names]


class FinderTest(unittest.TestCase):
    def setUp(self):
        self.lists, self.events = {}, []
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.make()

    def make(self, **options):
        settings, self.clock, caller = parts(Script(self.answer), **{"nodes": [A, B], "poll_ms": 1000, "ready_timeout_ms": 0, **options})
        self.home, self.other = caller.nodes.order
        self.caller = caller
        self.cache = Cache(self.folder.name)
        self.finder = Finder(settings, caller, self.cache, self.clock, random.Random(1))

    def answer(self, _method, url, _document):
        node = A if url.startswith(A) else B
        if "/v1/events" in url:
            return 200, {"events": self.events if node == self.home else []}
        if "/v1/peers" in url:
            return 200, {"nodes": []}
        found = self.lists.get(node, self.lists.get("all"))
        return problem(404, "unknown-service") if found is None else (200, {"instances": found})

    def poll(self, after_ms=1000.0):
        self.clock.time += after_ms
        self.finder.poll("s")
        return self.look()

    def look(self):
        listing = self.finder.find("s")
        return [one.id for one in listing.endpoints], list(listing.missing)

    def begin(self, *names):
        self.lists["all"] = documents(*names)
        self.finder.find("s")
        self.assertEqual(self.poll(), (sorted(names), []))

    def test_an_empty_list_is_kept_for_a_lease_of_being_said(self):
        self.begin("a", "b")
        self.lists["all"] = None
        for _ in range(90):
            self.assertEqual(self.poll(), (["a", "b"], ["a", "b"]))
        self.assertEqual(self.poll(), ([], []))

    def test_a_long_pause_counts_as_two_polls(self):
        self.begin("a")
        self.lists["all"] = []
        self.poll()
        for _ in range(44):
            self.assertEqual(self.poll(after_ms=3_600_000)[0], ["a"])
        self.assertEqual(self.poll(after_ms=3_600_000)[0], [])

    def test_a_cancel_is_believed_and_an_expiry_is_not(self):
        self.begin("a", "b", "c")
        self.lists["all"] = []
        self.events = [{"id": "a", "cause": "cancelled"}, {"id": "b", "cause": "expired"}, {"id": "c", "cause": "hold_released"}]
        self.assertEqual(self.poll(), (["b"], ["b"]))

    def test_another_node_that_has_them_is_believed(self):
        self.begin("a", "b", "c")
        self.lists[self.home] = []
        self.assertEqual(self.poll(), (["a", "b", "c"], []))
        self.assertIn(self.home, self.caller.nodes.quarantined)

    def test_services_are_limited(self):
        for number in range(256):
            self.finder.find(f"s{number}")
        with self.assertRaises(LimitReached):
            self.finder.find("one-more")

    def test_a_second_process_begins_with_the_file(self):
        self.begin("a", "b")
        self.finder.step()
        self.make()
        self.clock.date += 60_000
        listing = self.finder.find("s")
        self.assertEqual(([one.id for one in listing.endpoints], listing.source, listing.state), (["a", "b"], "disk", "cached_only"))
        self.assertGreaterEqual(listing.age_ms, 60_000)

    def test_writes_are_a_second_apart(self):
        self.begin("a")
        self.finder.step()
        writes = self.cache.writes
        for name in "bcdefghij":
            self.lists["all"] = documents("a", name)
            self.poll(after_ms=10)
            self.finder.step()
        self.assertEqual(self.cache.writes, writes)
        self.clock.time += 1000
        self.finder.step()
        self.assertEqual(self.cache.writes, writes + 1)


class JudgementTest(unittest.TestCase):
    def test_sharp(self):
        def asked(known, answered, missing="", old=False):
            return sharp(set(known), set(answered), set(missing), old)
        for known, answered, wanted in (("", "", False), ("", "a", False), ("a", "", True), ("ab", "a", False), ("abc", "z", True),
                                        ("ab", "z", False), ("abcdef", "abc", False), ("abcdef", "ab", True), ("abcde", "ab", True)):
            self.assertEqual(asked(known, answered), wanted, (known, answered))
        self.assertTrue(asked("abcdefgh", "abcdefg", missing="h"))
        self.assertFalse(asked("abcdefgh", "z", old=True))
        self.assertTrue(asked("abcdefgh", "", old=True))

    def test_the_latest_event_counts(self):
        events = {"events": [{"id": "a", "cause": "cancelled"}, {"id": "a", "cause": "registered"}, {"id": "b", "cause": "registered"},
                             {"id": "b", "cause": "cancelled"}, {"id": "c", "cause": "cancelled"}, "nonsense", {}]}
        self.assertEqual(explained(events, {"a", "b"}), {"b"})
        for nonsense in (None, [], {"events": 5}, {"events": [5]}):
            self.assertEqual(explained(nonsense, {"a"}), set())


class CacheTest(unittest.TestCase):
    def test_any_flipped_byte_and_any_cut_is_noticed(self):
        whole = pack("service", {"service": "s", "instances": documents("a")})
        self.assertEqual(unpack(whole, "service")["service"], "s")
        body = whole.index(b"\n") + 1
        for at in range(body, len(whole)):
            for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:]):
                with self.assertRaises(ValueError):
                    unpack(damaged, "service")
        with self.assertRaises(ValueError):
            unpack(whole, "nodes")

    def test_names_of_files(self):
        self.assertEqual(file_name("orders"), "service-orders-1c168adb00d208e4.jsonl")
        self.assertLess(len(file_name("x:" * 127)), 120)

    def test_a_file_of_another_service_is_ignored(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, file_name("s")), "wb") as file:
                file.write(pack("service", {"service": "t", "instances": []}))
            cache, view = Cache(folder), View("s", 1000, 0, 0)
            view.read(cache, 0, 0)
            self.assertEqual((view.has_list, cache.ignored), (False, 1))


if __name__ == "__main__":
    unittest.main()
