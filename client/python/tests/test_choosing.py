"""Goal: who is picked. Method: lists by hand, a clock by hand."""
import random
import unittest

from .support import ManualClock

from muster.balance import Balancer
from muster.errors import NoEndpoint
from muster.listing import Listing, endpoint_of
from muster.settings import Settings


def listing(**weights):
    documents = [{"id": name, "status": "UP", "address": "10.0.0.1", "port": 80, "metadata": {"weight": str(weight)}}
                 for name, weight in sorted(weights.items())]
    return Listing("s", tuple(endpoint_of(one) for one in documents), "registry", "fresh", 0, ())


class BalancerTest(unittest.TestCase):
    def setUp(self):
        self.clock = ManualClock()
        self.balancer = Balancer(Settings(nodes=["http://a:1"]), self.clock, random.Random(1))

    def picks(self, of, count, policy="round_robin"):
        return "".join(self.balancer.pick(of, policy).id for _ in range(count))

    def test_smooth(self):
        self.assertEqual(self.picks(listing(a=5, b=1, c=1), 14), "aabacaa" * 2)
        any_window = self.picks(listing(a=3, b=2, c=1), 60)
        for at in range(54):
            window = any_window[at:at + 6]
            self.assertEqual([window.count(name) for name in "abc"], [3, 2, 1])

    def test_ejection_doubles_and_a_success_forgets(self):
        some = listing(a=1, b=1, c=1)
        for _ in range(3):
            self.balancer.report(some, "a", False)
        lengths = []
        for _ in range(7):
            began = self.clock.time
            while self.balancer.ejected(some):
                self.clock.time += 100
            lengths.append(self.clock.time - began)
            self.balancer.report(some, "a", False)
        for number, length in enumerate(lengths):
            wanted = min(10_000 * 2 ** number, 300_000)
            self.assertTrue(wanted * 0.8 <= length <= wanted * 1.2 + 100, lengths)
        self.clock.time += 400_000
        self.balancer.report(some, "a", True)
        self.balancer.report(some, "a", False)
        self.assertEqual(self.balancer.ejected(some), [])

    def test_failures_of_calls_that_had_begun_before_do_not_count_twice(self):
        some = listing(a=1, b=1)
        for _ in range(50):
            self.balancer.report(some, "a", False)
        self.clock.time += 12_000
        self.assertEqual(self.balancer.ejected(some), [])

    def test_what_is_not_listed_is_not_remembered(self):
        some = listing(a=1)
        for number in range(1000):
            self.balancer.report(some, f"stranger{number}", False)
        for number in range(200):
            self.picks(listing(**{f"n{number}": 1}), 1)
        self.assertLess(len(self.balancer._calls) + len(self.balancer._credit), 5)

    def test_none(self):
        with self.assertRaises(NoEndpoint) as raised:
            self.balancer.pick(listing())
        self.assertIn("no instances", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
