#!/usr/bin/env python3
"""Goal: the verdicts on a history can be reached: a checker that never finds anything is worth nothing.
Method: histories that are made up, and nodes that answer what the test wants."""
import time
import unittest

from clients import Client, LONG, SHORT
from history import History, Key, judge_end


class Answers:
    """A node that gives the next of these answers."""

    def __init__(self, number, answers=()):
        self.number, self.boots, self.answers = number, 1, list(answers)

    def ask(self, *_, **__):
        status = self.answers.pop(0)
        return status, {"Muster-Acknowledged": "w=1"}, None


def live(terms=SHORT, **fields):
    key = Key("s", "i", *terms)
    key.state, key.acknowledged = "live", 2
    key.grant(time.monotonic(), 0, 1, renewal=False)
    for name, value in fields.items():
        setattr(key, name, value)
    return key


class AtTheEnd(unittest.TestCase):
    def verdict(self, key, *statuses):
        history = History()
        nodes = [Answers(number) for number in range(len(statuses))]
        listed = {n.number: {("s", "i"): status} if status else {} for n, status in zip(nodes, statuses)}
        judge_end(history, nodes, [key], listed)
        return [kind for kind, _, _ in history.findings]

    def test_nothing_is_found_where_nothing_is(self):
        self.assertEqual(self.verdict(live(), "UP", "UP"), [])
        self.assertEqual(self.verdict(live(drained=True), "OUT_OF_SERVICE"), [])
        self.assertEqual(self.verdict(live(state="cancelled"), None, None), [])
        self.assertEqual(self.verdict(live(state="silent"), "UP", None), [])

    def test_lost(self):
        self.assertEqual(self.verdict(live(LONG), "UP", None), ["lost"])
        self.assertEqual(self.verdict(live(LONG, acknowledged=1), "UP", None), [])

    def test_falsely_evicted(self):
        self.assertEqual(self.verdict(live(renewed=True), None, "UP"), ["falsely_evicted"])
        self.assertEqual(self.verdict(live(renewed=True, gap=True), None, "UP"), [])
        self.assertEqual(self.verdict(live(renewed=True, granted=time.monotonic() - SHORT[0]), None, "UP"), [])

    def test_resurrected(self):
        self.assertEqual(self.verdict(live(state="cancelled"), None, "UP"), ["resurrected"])

    def test_wrong_status(self):
        self.assertEqual(self.verdict(live(drained=True), "OUT_OF_SERVICE", "UP"), ["wrong_status"])
        self.assertEqual(self.verdict(live(), "OUT_OF_SERVICE", "UP"), ["wrong_status"])
        self.assertEqual(self.verdict(live(doubtful=True), "OUT_OF_SERVICE", "UP"), [])


class WhileItHappens(unittest.TestCase):
    def renewal(self, status, granted_ago=0.0, granted_at=(0, 1), fault_ago=None, life=1):
        nodes = [Answers(number, [status, 201]) for number in range(3)]
        history = History()
        if fault_ago is not None:
            history.fault_begins("a fault")
            history.faults[0][:2] = [time.monotonic() - fault_ago - 1, time.monotonic() - fault_ago]
        client = Client(0, nodes, history, 0, 1)
        key = client.keys[0]
        key.state, key.incarnation, client.home[key] = "live", life, nodes[0]
        key.grant(time.monotonic() - granted_ago, *granted_at, renewal=False)
        client.renew(key)
        return [kind for kind, _, _ in history.findings]

    def test_the_node_that_granted_it_must_know_it(self):
        self.assertEqual(self.renewal(204), [])
        self.assertEqual(self.renewal(404), ["falsely_evicted"])
        self.assertEqual(self.renewal(404, granted_ago=SHORT[0]), [])
        self.assertEqual(self.renewal(404, granted_at=(0, 0), fault_ago=0), [], "an earlier boot of it")

    def test_others_must_know_it_when_all_is_well(self):
        self.assertEqual(self.renewal(404, granted_at=(1, 1), fault_ago=2), [])
        self.assertEqual(self.renewal(404, granted_at=(1, 1), fault_ago=30), ["falsely_evicted"])

    def test_nobody_is_fenced_who_was_not_cancelled(self):
        self.assertEqual(self.renewal(410), ["fenced"])
        self.assertEqual(self.renewal(410, life=2), ["fenced"])
        self.assertEqual(self.renewal(410, granted_at=(1, 1), fault_ago=30, life=2), ["fenced"])
        self.assertEqual(self.renewal(410, granted_at=(1, 1), fault_ago=2, life=2), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
