"""Goal: which node is asked next, and what counts as its failure. Method: a scripted transport and a clock by hand."""
import unittest

from .support import A, B, C, Script, parts, problem

from muster.errors import Refused, SettingError, Unavailable
from muster.settings import Settings, service_key


class NodesTest(unittest.TestCase):
    def make(self, answer, **options):
        self.script = Script(answer)
        _, self.clock, self.caller = parts(self.script, nodes=[A, B, C], **options)
        return self.caller

    def hosts(self):
        return [url.rsplit("/", 1)[0] for _, url, _ in self.script.asked]

    def test_a_failed_node_is_followed_by_the_next(self):
        caller = self.make(lambda _m, url, _d: (200, {}) if url.startswith(self.order[1]) else (500, {}))
        self.order = caller.nodes.order
        self.assertEqual(caller.ask("GET", "/x").node, self.order[1])
        self.assertEqual(list(caller.nodes.quarantined), [self.order[0]])
        caller.ask("GET", "/x")
        self.assertEqual(self.hosts(), [self.order[0], self.order[1], self.order[1]])

    def test_quarantine_doubles_up_to_its_maximum_and_ends_with_a_success(self):
        caller = self.make(lambda *_: None, quarantine_ms=100, quarantine_max_ms=400)
        home = caller.nodes.home
        for least, most in ((50, 100), (100, 200), (200, 400), (200, 400)):
            caller.nodes.failed(home)
            self.assertTrue(least <= caller.nodes.quarantined[home] <= most)
        caller.nodes.succeeded(home)
        caller.nodes.failed(home)
        self.assertLessEqual(caller.nodes.quarantined[home], 100)

    def test_all_in_quarantine_the_one_that_ends_first_is_asked(self):
        caller = self.make(lambda *_: None)
        for url, failures in zip(caller.nodes.order, (3, 1, 2)):
            for _ in range(failures):
                caller.nodes.failed(url)
        self.assertEqual(caller.nodes.next(), caller.nodes.order[1])

    def test_a_delay_that_was_asked_for_is_kept(self):
        caller = self.make(lambda *_: (503, {}, {"Retry-After": "7"}))
        with self.assertRaises(Unavailable):
            caller.ask("GET", "/x")
        self.assertEqual(len(self.script.asked), 3)
        with self.assertRaises(Unavailable) as raised:
            caller.ask("GET", "/x")
        self.assertEqual(len(self.script.asked), 3, "nothing is sent")
        self.assertIn("quarantine", str(raised.exception))
        self.clock.time += 7000 * 1.2
        self.assertIsNotNone(caller.nodes.next())

    def test_what_is_an_answer(self):
        answers = {"/ok": (200, {}), "/gone": problem(404, "unknown-instance"), "/proxy": (404, b"<html>"),
                   "/wrong": problem(400, "invalid-field", field="port"), "/busy": (429, {}), "/moved": (302, {}), "/text": (200, b"hello"), "/unasked": (304, None)}
        caller = self.make(lambda _m, url, _d: answers["/" + url.rsplit("/", 1)[1]])
        self.assertEqual(caller.ask("GET", "/ok").status, 200)
        self.assertEqual(caller.ask("GET", "/gone", kinds=("unknown-instance",)).kind, "unknown-instance")
        with self.assertRaises(Refused) as raised:
            caller.ask("GET", "/wrong")
        self.assertEqual(raised.exception.field, "port")
        self.assertEqual(caller.nodes.quarantined, {})
        for path in ("/proxy", "/busy", "/moved", "/text", "/unasked"):
            with self.assertRaises(Unavailable, msg=path):
                caller.ask("GET", path)

    def test_learnt_nodes_are_bounded_and_configured_ones_stay(self):
        caller = self.make(lambda *_: None)
        caller.nodes.learn([f"http://n{number}:1" for number in range(200)] + ["nonsense", 5])
        self.assertEqual(len(caller.nodes.learnt), 64)
        self.assertTrue({A, B, C} <= set(caller.nodes.order))
        self.assertFalse(caller.nodes.learn([]))
        self.assertEqual(len(caller.nodes.learnt), 64)


class SettingsTest(unittest.TestCase):
    def test_wrong_settings_are_refused_by_name(self):
        for options, word in (({"nodes": []}, "nodes"), ({"nodes": "http://a"}, "list"), ({"nodes": ["a:1"]}, "http://HOST:PORT"),
                              ({"nodes": ["http://a:b"]}, "URL"), ({"nodes": ["http://a/path"]}, "path"), ({"poll_ms": 0}, "poll_ms"),
                              ({"hold_ms": "x"}, "hold_ms"), ({"drain_ms": -1}, "drain_ms")):
            with self.assertRaises(SettingError, msg=str(options)) as raised:
                Settings(**options)
            self.assertIn(word, str(raised.exception))

    def test_names_of_services(self):
        self.assertEqual(service_key("Orders"), "orders")
        for name in ("", "..", "a/b", "a b ", "a%", "ä", "x" * 256, None):
            with self.assertRaises(SettingError, msg=name):
                service_key(name)


if __name__ == "__main__":
    unittest.main()
