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
            caller.nodes.failed(home, self.clock.time)
            self.assertTrue(least <= caller.nodes.quarantined[home] <= most)
        caller.nodes.succeeded(home)
        caller.nodes.failed(home, self.clock.time)
        self.assertLessEqual(caller.nodes.quarantined[home], 100)

    def test_requests_that_were_under_way_together_are_one_failure(self):
        caller = self.make(lambda *_: None, quarantine_ms=100, quarantine_max_ms=60_000)
        home, sent = caller.nodes.home, self.clock.time
        self.clock.time += 1000
        for _ in range(20):
            caller.nodes.failed(home, sent)
        self.assertLessEqual(caller.nodes.quarantined[home], 100)

    def test_after_a_quarantine_one_request_goes_back_first(self):
        caller = self.make(lambda *_: None, quarantine_ms=100)
        home, other = caller.nodes.order[:2]
        caller.nodes.failed(home, self.clock.time)
        self.clock.time += 100
        self.assertEqual(caller.nodes.current, home, "looking changes nothing")
        self.assertEqual([caller.nodes.next(), caller.nodes.next()], [home, other])
        self.assertEqual(caller.nodes.next(caller.nodes.order[1:]), home, "unless there is no other")
        caller.nodes.failed(home, self.clock.time)
        self.assertEqual(caller.nodes.next(), other)
        self.clock.time += 200
        self.assertEqual([caller.nodes.next(), caller.nodes.next()], [home, other])
        caller.nodes.succeeded(home)
        self.assertEqual([caller.nodes.next(), caller.nodes.next()], [home, home])

    def test_a_request_that_is_not_sent_does_not_hold_the_way_back(self):
        caller = self.make(lambda *_: (200, {}), quarantine_ms=100)
        caller.nodes.failed(caller.nodes.home, self.clock.time)
        self.clock.time += 100
        for how in ({"deadline": self.clock.time}, {"give_up": lambda: True}):
            with self.assertRaises(Unavailable):
                caller.ask("GET", "/x", **how)
        self.assertEqual(caller.ask("GET", "/x").node, caller.nodes.home)

    def test_all_in_quarantine_the_one_that_ends_first_is_asked(self):
        caller = self.make(lambda *_: None)
        for url, failures in zip(caller.nodes.order, (3, 1, 2)):
            for _ in range(failures):
                caller.nodes.failed(url, self.clock.time)
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
        with self.assertRaises(Unavailable):
            caller.ask("GET", "/x", only=caller.nodes.home)
        self.assertEqual(len(self.script.asked), 3, "nor where one node alone would do")
        caller.nodes.succeeded(caller.nodes.home)
        self.assertTrue(caller.nodes.asks_for_delay(caller.nodes.home), "an answer to an earlier request")
        self.clock.time += 7000 * 1.2
        self.assertIsNotNone(caller.nodes.next())

    def test_which_delays_are_asked_for(self):
        caller = self.make(lambda *_: (self.status, {}, {"Retry-After": self.text}), quarantine_ms=1)
        for self.status, self.text, wanted in ((429, "7", 7000), (503, " 7 ", 7000), (500, "7", 0), (408, "7", 0), (404, "7", 0),
                                               (503, "0", 0), (503, "-1", 0), (503, "1.5", 0), (503, "\u0661", 0), (503, "soon", 0),
                                               (503, "9" * 5000, 300_000)):
            home = caller.nodes.home
            with self.assertRaises(Unavailable):
                caller.ask("GET", "/x", only=home)
            self.assertTrue(wanted <= caller.nodes.quarantined[home] <= max(wanted * 1.2, 60_000), self.text)
            self.assertEqual(caller.nodes.asks_for_delay(home), wanted > 0, (self.status, self.text))
            self.clock.time += 400_000

    def test_what_is_an_answer(self):
        answers = {"/ok": (200, {}), "/gone": problem(404, "unknown-instance"), "/proxy": (404, b"<html>"),
                   "/wrong": problem(400, "invalid-field", field="port"), "/busy": (429, {}), "/older": problem(400, "invalid-parameter"),
                   "/moved": (302, {}), "/text": (200, b"hello"), "/unasked": (304, None)}
        caller = self.make(lambda _m, url, _d: answers["/" + url.rsplit("/", 1)[1]])
        self.assertEqual(caller.ask("GET", "/ok").status, 200)
        self.assertEqual(caller.ask("GET", "/gone", kinds=("unknown-instance",)).kind, "unknown-instance")
        with self.assertRaises(Refused) as raised:
            caller.ask("GET", "/wrong")
        self.assertEqual(raised.exception.field, "port")
        self.assertEqual(caller.nodes.quarantined, {})
        for path in ("/proxy", "/busy", "/older", "/moved", "/text", "/unasked"):
            with self.assertRaises(Unavailable, msg=path):
                caller.ask("GET", path)

    def test_learnt_nodes_are_bounded_and_configured_ones_stay(self):
        caller = self.make(lambda *_: None)
        caller.nodes.learn([f"http://n{number}:1" for number in range(200)] + ["nonsense", 5])
        self.assertEqual(len(caller.nodes.learnt), 64)
        self.assertTrue({A, B, C} <= set(caller.nodes.order))
        for none in ([], ["nonsense", 5, "ftp://x"]):
            self.assertFalse(caller.nodes.learn(none, A))
        self.assertEqual(len(caller.nodes.learnt), 64)
        caller.nodes.learn([f"http://m{number}:1" for number in range(200)], A)
        self.assertEqual((len(caller.nodes.learnt), A in caller.nodes.learnt), (64, True))


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
