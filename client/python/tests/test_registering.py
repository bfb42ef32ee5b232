"""Goal: what a registration sends when. Method: its steps are called by hand, the node is a script."""
import random
import unittest

from .support import Script, parts, problem

from muster.client import Client
from muster.errors import LimitReached, SettingError
from muster.registration import Registration

HOLDS = 200, {"incarnation": 5, "address": "10.0.0.1", "lease": {"interval_s": 10, "duration_s": 30}}


class RegistrationTest(unittest.TestCase):
    def make(self, answer=lambda *_: HOLDS, **options):
        self.script = Script(answer)
        settings, self.clock, caller = parts(self.script, **options)
        return Registration(settings, caller, self.clock, random.Random(1), "s", "i/1", {"port": 80, "address": "10.0.0.1"}, "STARTING", 7)

    def sent(self):
        return [(method, url.split("/instances/", 1)[1]) for method, url, _ in self.script.asked]

    def test_it_registers_beats_and_leaves(self):
        one = self.make()
        delay = one.step()
        self.assertEqual(self.script.asked[0][2], {"port": 80, "address": "10.0.0.1", "status": "STARTING", "incarnation": 7})
        self.assertTrue(7000 <= delay <= 10_000, delay)
        self.clock.time += delay
        one.step()
        one.up()
        one.step()
        self.assertEqual(one.acknowledged, "UP")
        one.leave(0)
        self.assertIsNone(one.step())
        self.assertEqual(self.sent(), [("PUT", "i%2F1"), ("PUT", "i%2F1/renew?incarnation=7"), ("PUT", "i%2F1/status"),
                                       ("DELETE", "i%2F1?incarnation=7")])
        self.assertEqual(one.state, "cancelled")
        self.assertIsNone(one.step())

    def test_a_drain_goes_on_with_heartbeats_until_its_time(self):
        one = self.make()
        one.step()
        one.leave(25_000)
        self.assertEqual(one.state, "cancelled")
        for _ in range(10):
            delay = one.step()
            if delay is None:
                break
            self.clock.time += delay
        kinds = [path.rsplit("/", 1)[-1].partition("?")[0] if "/" in path else method for method, path in self.sent()]
        self.assertEqual((kinds[:2], kinds[-1]), (["PUT", "status"], "DELETE"))
        self.assertGreaterEqual(kinds.count("renew"), 2)

    def test_unknown_is_registered_again_with_the_same_incarnation(self):
        for kind in ("unknown-instance", "cancelled"):
            answers = {"renew": problem(404 if kind == "unknown-instance" else 410, kind)}
            one = self.make(lambda _m, url, _d, answers=answers: answers.get(url.rsplit("/", 1)[1].partition("?")[0], HOLDS))
            self.clock.time += one.step()
            self.assertEqual(one.step(), 0)
            one.step()
            self.assertEqual([document["incarnation"] for _, _, document in self.script.asked if document], [7, 7])
            self.assertEqual(one.state, "registered")

    def test_cancelled_by_others_is_final(self):
        one = self.make(lambda _m, _u, document: problem(410, "cancelled") if self.gone else HOLDS)
        self.gone = False
        self.clock.time += one.step()
        self.gone = True
        one.step()
        self.assertIsNone(one.step())
        self.assertEqual(one.state, "cancelled")

    def test_a_clock_behind_the_last_life_lets_the_node_number_this_one(self):
        one = self.make(lambda _m, _u, document: problem(409, "stale-incarnation") if document and "incarnation" in document else HOLDS)
        self.assertEqual(one.step(), 0)
        one.step()
        self.assertEqual((one.state, one.incarnation), ("registered", 5))

    def test_silence_is_answered_by_growing_pauses(self):
        one = self.make(lambda *_: None, retry_ms=100)
        pauses = [one.step() for _ in range(20)]
        for number, pause in enumerate(pauses):
            most = min(100 * 2 ** number, 10_000)
            self.assertTrue(most / 2 <= pause <= most, pauses)

    def test_a_cancel_that_nobody_takes_ends_in_time(self):
        one = self.make(lambda *_: None, stop_timeout_ms=2000)
        one.step()
        one.leave(0)
        began = self.clock.time
        while True:
            delay = one.step()
            if delay is None:
                break
            self.clock.time += delay
        self.assertLessEqual(self.clock.time - began, 2000)
        self.assertEqual(one.state, "cancelled")
        self.assertIn("no node answered", one.error)


class ClientTest(unittest.TestCase):
    def client(self):
        made = Client(nodes=["http://192.0.2.1:1"], transport=Script(lambda *_: HOLDS), drain_ms=0)
        self.addCleanup(made.close)
        return made

    def test_lives_and_limits(self):
        client = self.client()
        first = client.register("s", "i")
        with self.assertRaises(SettingError):
            client.register("S", "i")
        first.cancel(0)
        self.assertGreater(client.register("s", "i").incarnation, first.incarnation)
        for number in range(63):
            client.register("s", f"n{number}", wait=False)
        with self.assertRaises(LimitReached):
            client.register("s", "one-more")
        client.close()
        with self.assertRaises(LimitReached):
            client.register("s", "late")
        with self.assertRaises(SettingError):
            Client(nonsense=5)


if __name__ == "__main__":
    unittest.main()
