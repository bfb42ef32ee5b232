"""Goal: calls are spread by weight over those that can take them.
Method: endpoints of a stand-in, picked by hundreds and reported on; drains at a real daemon."""
from collections import Counter

from agent import AgentError
from stand_in import instance

from .base import Scenario, some


class Weights(Scenario):
    def test_round_robin_is_smooth(self):
        """Goal: weights 5, 1, 1 give a a b a c a a, again and again. Method: 21 picks."""
        node = self.stand_in(smooth=[instance("a", weight=5), instance("b", weight=1), instance("c", weight=1)])
        picks = self.agent(node).ask("pick", service="smooth", count=21)["picks"]
        self.assertEqual("".join(picks), "aabacaa" * 3)

    def test_random_goes_by_weight(self):
        """Goal: three times the weight, three times the calls. Method: 8000 picks."""
        node = self.stand_in(random=[instance("a", weight=300), instance("b"), instance("c", port=None)])
        counts = Counter(self.agent(node).ask("pick", service="random", policy="random", count=8000)["picks"])
        self.assertEqual(set(counts), {"a", "b"})
        self.assertTrue(5700 < counts["a"] < 6300, counts)

    def test_weights_that_are_none(self):
        """Goal: what anybody may write into metadata does no harm. Method: texts of all kinds."""
        texts = {"a": "0", "b": "-3", "c": "heavy", "d": "1e9", "e": "99999999999999999999", "f": "", "g": "007", "h": "10001", "i": " 5"}
        wanted = {"a": 1, "b": 1, "c": 100, "d": 100, "e": 10000, "f": 100, "g": 7, "h": 10000, "i": 100}
        node = self.stand_in(odd=[instance(name, weight=text) for name, text in texts.items()])
        found = self.agent(node).ask("find", service="odd")["instances"]
        self.assertEqual({one["id"]: one["weight"] for one in found}, wanted)

    def test_turns_go_on_across_lists(self):
        """Goal: a change of the list does not begin the round anew, or the first would get all calls of a busy day. Method: a new list with every pick."""
        node = self.stand_in(turns=some(4))
        agent = self.agent(node)
        picks = []
        for number in range(8):
            picks += agent.ask("pick", service="turns")["picks"]
            node.has("turns", *some(4, metadata={"n": str(number)}))
            self.soon_equal(lambda number=number: agent.ask("find", service="turns")["instances"][0]["metadata"], {"n": str(number)})
        self.assertEqual(Counter(picks), {f"i{number}": 2 for number in range(4)})


class Callable(Scenario):
    def test_only_what_is_up_and_can_be_called(self):
        """Goal: no call to who is not ready. Method: one of each status, one without a port, one with a secure port alone."""
        node = self.stand_in(mixed=[*(instance(status, status=status) for status in ("UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN")),
                                    instance("portless", port=None), instance("secure", port=None, secure_port=443)])
        agent = self.agent(node)
        self.assertEqual(set(agent.ask("pick", service="mixed", count=20)["picks"]), {"UP"})
        self.assertEqual(set(agent.ask("pick", service="mixed", count=20, secure=True)["picks"]), {"secure"})
        self.assertEqual(len(agent.ids("mixed")), 7, "the list shows all")

    def test_nothing_to_pick_is_an_error_that_helps(self):
        """Goal: the caller learns why. Method: no instances; none UP."""
        node = self.stand_in(starting=[instance("s", status="STARTING")], empty=[])
        agent = self.agent(node)
        for service in ("empty", "starting"):
            with self.assertRaises(AgentError) as raised:
                agent.ask("pick", service=service)
            self.assertIn(service, str(raised.exception))
            self.assertGreater(len(str(raised.exception)), 30)

    def test_a_drained_instance_gets_no_calls(self):
        """Goal: an operator takes an instance out of traffic, and back. Method: drain and its end at a real daemon."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for name in ("a", "b"):
            agent.ask("register", service="drained", instance=name, port=80, status="UP", interval_s=1, duration_s=3)
        picked = lambda: set(agent.ask("pick", service="drained", count=10)["picks"])  # noqa: E731
        self.soon_equal(picked, {"a", "b"})
        daemon.put("/v1/services/drained/instances/a/drain", {"reason": "test"})
        self.soon_equal(picked, {"b"})
        found = {one["id"]: one["status"] for one in agent.ask("find", service="drained")["instances"]}
        self.assertEqual(found, {"a": "OUT_OF_SERVICE", "b": "UP"})
        beats = agent.state("drained", "a")["renewals"]
        self.soon(lambda: self.assertGreater(agent.state("drained", "a")["renewals"], beats + 1), "heartbeats go on")
        self.assertEqual(picked(), {"b"}, "heartbeats do not end a drain")
        daemon.delete("/v1/services/drained/instances/a/drain")
        self.soon_equal(picked, {"a", "b"})


class Ejection(Scenario):
    def test_who_fails_is_left_out_for_a_while(self):
        """Goal: three failures in a row, then no calls, then one chance. Method: reports, and picks until it is back."""
        agent = self.agent(self.stand_in(fails=some(4)), eject_ms=1500, eject_max_ms=3000)
        report = lambda success, count=1: agent.ask("report", service="fails", instance="i1", success=success, count=count)["ejected"]  # noqa: E731
        picked = lambda: set(agent.ask("pick", service="fails", count=8)["picks"])  # noqa: E731
        self.assertEqual(report(False, 2), [])
        self.assertEqual(report(True), [])
        self.assertEqual(report(False, 2), [], "a success between them")
        self.assertEqual(report(False), ["i1"])
        self.assertEqual(picked(), {"i0", "i2", "i3"})
        self.soon(lambda: self.assertIn("i1", picked()), "back")
        self.assertEqual(report(False), ["i1"], "once out, one failure is enough")
        self.soon(lambda: self.assertIn("i1", picked()), "back again")
        self.assertEqual(report(True), [])
        self.assertEqual(report(False, 2), [], "a success forgets all")

    def test_at_most_half_are_left_out(self):
        """Goal: when everything fails the endpoints are not at fault. Method: all of 5 fail, then the only one of a service."""
        agent = self.agent(self.stand_in(half=some(5), one=some(1)), eject_ms=60_000, eject_max_ms=60_000)
        for number in range(5):
            ejected = agent.ask("report", service="half", instance=f"i{number}", success=False, count=3)["ejected"]
        self.assertEqual(len(ejected), 2)
        self.assertEqual(ejected, ["i3", "i4"], "the newest")
        self.assertEqual(set(agent.ask("pick", service="half", count=15)["picks"]), {"i0", "i1", "i2"})
        self.assertEqual(agent.ask("report", service="one", instance="i0", success=False, count=9)["ejected"], [])
        self.assertEqual(agent.ask("pick", service="one")["picks"], ["i0"])

    def test_random_leaves_them_out_too(self):
        """Goal: ejection is of all policies. Method: random picks."""
        agent = self.agent(self.stand_in(both=some(3)), eject_ms=60_000, eject_max_ms=60_000)
        agent.ask("report", service="both", instance="i2", success=False, count=3)
        self.assertEqual(set(agent.ask("pick", service="both", policy="random", count=200)["picks"]), {"i0", "i1"})
