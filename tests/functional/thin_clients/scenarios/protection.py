"""Goal: a bad answer of the registry does not take the callees away from a caller, and a real end is seen in bounded time.
Method: stand-ins say what a restarted or lagging node says; real daemons are wiped, and empty services for good."""
import signal
import time

from stand_in import problem

from .base import Scenario, names, some

LONG = 60_000


class Empty(Scenario):
    def test_an_empty_answer_is_not_believed(self):
        """Goal: a registry that was restarted with nothing takes nothing away. Method: a stand-in forgets everything, first as an empty
        list, then as an unknown service, and gets it back."""
        node = self.stand_in(empty=some(5))
        agent = self.agent(node, cache=self.cache)
        self.assertEqual(len(agent.ids("empty")), 5)
        everything = dict(node.services["empty"])
        for nothing in ({"empty": {}}, {}):
            node.services = dict(nothing)
            self.soon_equal(lambda: len(agent.ask("find", service="empty")["missing"]), 5)
            self.some_polls(agent)
            found = agent.ask("find", service="empty")
            self.assertEqual((len(found["instances"]), found["state"]), (5, "fresh"))
            self.assertEqual(len(agent.ask("pick", service="empty", count=5)["picks"]), 5)
            node.services = {"empty": dict(everything)}
            self.soon_equal(lambda: agent.ask("find", service="empty")["missing"], [])
            self.assertEqual(len(agent.ids("empty")), 5)

    def test_an_empty_answer_does_not_reach_the_file(self):
        """Goal: a restart of the caller does not lose what the caller keeps. Method: the file is read by a second process."""
        node = self.stand_in(file=some(4))
        agent = self.agent(node, cache=self.cache)
        self.assertEqual(len(agent.ids("file")), 4)
        node.services = {}
        self.soon_equal(lambda: len(agent.ask("find", service="file")["missing"]), 4)
        agent.ask("exit")
        agent.end()
        node.stop()
        self.assertEqual(len(self.agent(node, cache=self.cache).ids("file")), 4)

    def test_what_stays_empty_is_believed_after_its_time(self):
        """Goal: over-protection is a fault, too. Method: the hold is a second; once with the option, once with the lease of each."""
        node = self.stand_in(option=some(5), lease=some(5, duration_s=1))
        for service, hold in (("option", 1000), ("lease", 0)):
            agent = self.agent(node, hold_ms=hold)
            self.assertEqual(len(agent.ids(service)), 5)
            began = time.monotonic()
            del node.services[service]
            self.soon_equal(lambda agent=agent, service=service: agent.ids(service), [], "the end")
            self.assertGreater(time.monotonic() - began, 0.8, service)

    def test_the_time_of_an_outage_does_not_count(self):
        """Goal: an hour without a registry is no evidence. Method: an answer without them, the node is down for longer than the hold, and the
        next answer lacks them, too."""
        node = self.stand_in(outage=some(4))
        agent = self.agent(node, hold_ms=1500)
        self.assertEqual(len(agent.ids("outage")), 4)
        node.services = {}
        self.soon_equal(lambda: len(agent.ask("find", service="outage")["missing"]), 4)
        node.stop()
        self.soon(lambda: self.assertGreater(agent.ask("find", service="outage")["age_ms"], 2000))
        node.start()
        self.soon(lambda: self.assertLess(agent.ask("find", service="outage")["age_ms"], 1000))
        self.assertEqual(len(agent.ids("outage")), 4)
        self.soon_equal(lambda: agent.ids("outage"), [], "the end")


class Shrunken(Scenario):
    def test_a_sharply_shrunken_answer_is_not_believed(self):
        """Goal: a node that has a part takes nothing away, and what it adds or changes counts. Method: a stand-in that has 2 of 8, one of them
        changed, and a new one."""
        node = self.stand_in(part=some(8))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("part")), 8)
        rest = [{**one, "port": 99} for one in some(1)] + some(2)[1:] + [{**some(1)[0], "id": "new"}]
        node.has("part", *rest)
        self.soon(lambda: self.assertIn("new", agent.ids("part")))
        self.some_polls(agent)
        found = agent.ask("find", service="part")
        self.assertEqual(found["missing"], [f"i{number}" for number in range(2, 8)])
        self.assertEqual(names(found["instances"]), [*(f"i{number}" for number in range(8)), "new"])
        self.assertEqual(found["instances"][0]["port"], 99)

    def test_while_one_is_missing_the_others_may_return_one_by_one(self):
        """Goal: after a wipe instances register again one after the other; none is dropped because most are back. Method: a stand-in
        fills up slowly."""
        node = self.stand_in(back=some(8))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("back")), 8)
        for count in range(1, 8):
            node.has("back", *some(count))
            self.soon_equal(lambda count=count: len(agent.ask("find", service="back")["missing"]), 8 - count)
            self.assertEqual(len(agent.ids("back")), 8)

    def test_an_ordinary_loss_is_believed_at_once(self):
        """Goal: no delay for what happens every day. Method: 1 of 8, then half of the rest go, then half of those, without a reason."""
        node = self.stand_in(day=some(8))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("day")), 8)
        for count in (7, 4, 2):
            node.has("day", *some(count))
            self.soon_equal(lambda count=count: len(agent.ids("day")), count)
            self.assertEqual(agent.ask("find", service="day")["missing"], [])


class Reasons(Scenario):
    def test_a_real_shutdown_is_seen_at_once(self):
        """Goal: explicit removals clear a list, however long the hold. Method: five instances are cancelled at a real daemon."""
        daemon = self.daemon()
        for number in range(5):
            daemon.put(f"/v1/services/shutdown/instances/i{number}", {"port": 80})
        agent = self.agent(daemon, hold_ms=LONG)
        self.assertEqual(len(agent.ids("shutdown")), 5)
        for number in range(5):
            daemon.delete(f"/v1/services/shutdown/instances/i{number}")
        began = time.monotonic()
        self.soon_equal(lambda: agent.ids("shutdown"), [])
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(agent.ask("find", service="shutdown")["missing"], [])

    def test_expired_is_no_reason(self):
        """Goal: what cuts the registry from a service looks like the end of it; callers go on trying for a while. Method: events of a
        stand-in: expired; then hold_expired, which the registry has thought over."""
        node = self.stand_in(cut=some(4))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("cut")), 4)
        for one in some(4):
            node.event("cut", one["id"], "cancelled")
            node.event("cut", one["id"], "registered")
            node.event("cut", one["id"], "expired")
        node.services = {}
        self.soon_equal(lambda: len(agent.ask("find", service="cut")["missing"]), 4)
        self.some_polls(agent)
        self.assertEqual(len(agent.ids("cut")), 4)
        for one in some(3):
            node.event("cut", one["id"], "hold_expired")
        self.soon_equal(lambda: agent.ids("cut"), ["i3"])

    def test_another_node_knows_the_reason(self):
        """Goal: the node in use was restarted after the shutdown; the other one still knows. Method: two empty stand-ins, one with events."""
        home, other = self.two_stand_ins(reason=some(4))
        agent = self.agent(home, other)
        self.assertEqual(len(agent.ids("reason")), 4)
        for one in some(4):
            other.event("reason", one["id"], "cancelled")
        home.services, other.services = {}, {}
        self.soon_equal(lambda: agent.ids("reason"), [])

    def test_another_node_knows_better(self):
        """Goal: a node that was wiped is left for one that was not. Method: two stand-ins, home loses everything."""
        home, other = self.two_stand_ins(better=some(4))
        agent = self.agent(home, other, quarantine_ms=2000, quarantine_max_ms=2000)
        self.assertEqual(len(agent.ids("better")), 4)
        home.services = {}
        self.soon(lambda: self.assertIn(home.url, agent.ask("nodes")["quarantined"]))
        asked = len(other.asked("GET", "/better$"))
        self.soon(lambda: self.assertGreater(len(other.asked("GET", "/better$")), asked + 2))
        found = agent.ask("find", service="better")
        self.assertEqual((len(found["instances"]), found["missing"]), (4, []))


class Bad(Scenario):
    def test_what_is_no_answer_changes_nothing(self):
        """Goal: proxies, starting and broken nodes say nothing about a service. Method: one bad answer after the other."""
        node = self.stand_in(bad=some(3))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("bad")), 3)
        answers = [problem(503, "not-ready"), (404, b"<html>no such page</html>", {}), (200, b"<html>welcome</html>", {}), (200, {}, {}),
                   (200, {"instances": [{"id": 5}]}, {}), (302, {}, {"Location": "/"}), (200, b"[" * 100_000, {}), (410, {}, {})]
        for answer in answers:
            failures = agent.ask("stats")["failures"]
            node.rules = [lambda _, answer=answer: answer]
            self.soon(lambda failures=failures: self.assertGreaterEqual(agent.ask("stats")["failures"], failures + 2), str(answer)[:60])
            found = agent.ask("find", service="bad")
            self.assertEqual((len(found["instances"]), found["missing"]), (3, []), str(answer)[:60])
        node.heal()
        self.soon_equal(lambda: agent.ask("find", service="bad")["state"], "fresh")


class Wiped(Scenario):
    def test_a_wiped_registry_is_filled_again_and_nobody_notices(self):
        """Goal: the count of callees never dips. Method: a real daemon loses its data while the callees stand still; they come back by
        their heartbeats."""
        node = self.node()
        callees = self.agent(node)
        for number in range(6):
            callees.ask("register", service="wiped", instance=f"i{number}", port=80, status="UP", interval_s=1, duration_s=3)
        caller = self.agent(node, client_id="caller")
        self.assertEqual(len(caller.ids("wiped")), 6)
        callees.process.send_signal(signal.SIGSTOP)
        node.crash()
        node.restart(wipe=True)

        counts = set()

        def missing():
            found = caller.ask("find", service="wiped")
            counts.add(len(found["instances"]))
            return len(found["missing"])
        self.soon_equal(missing, 6)
        self.some_polls(caller)
        self.assertEqual(missing(), 6)
        callees.process.send_signal(signal.SIGCONT)
        self.soon_equal(missing, 0, "full again")
        self.assertEqual(len(node.ids("wiped")), 6)
        self.assertEqual(counts, {6}, "it dipped")
