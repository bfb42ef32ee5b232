"""Goal: who ends on purpose is gone at once, and callers know before.
Method: agents end in every way at real daemons, and where there is none."""
import time

import cluster

from .base import Scenario

DRAIN_MS = 1500


class Ends(Scenario):
    def ends(self, end):
        daemon = self.daemon()
        agent = self.agent(daemon, drain_ms=DRAIN_MS)
        for name in ("a", "b"):
            agent.ask("register", service="ends", instance=name, status="UP", interval_s=1, duration_s=4)
        began = time.monotonic()
        end(agent)
        statuses = lambda: {one["status"] for one in daemon.get("/v1/services/ends").json().get("instances", [])}  # noqa: E731
        self.soon_equal(statuses, {"OUT_OF_SERVICE"}, "the drain")
        self.assertEqual(agent.end(), 0, agent.said)
        self.assertGreater(time.monotonic() - began, DRAIN_MS / 1000 * 0.95)
        self.assertEqual(daemon.get("/v1/services/ends").status, 404)
        events = daemon.get("/v1/events?service=ends").json()["events"]
        self.assertEqual([event["cause"] for event in events].count("cancelled"), 2, events)
        self.assertNotIn("expired", str(events))

    def test_exit_drains_and_cancels(self):
        """Goal: callers that poll have left before it stops. Method: the verb `exit`."""
        self.ends(lambda agent: agent.send(b'{"id": 99, "do": "exit"}'))

    def test_sigterm_drains_and_cancels(self):
        """Goal: the way in which every supervisor ends a process. Method: SIGTERM."""
        self.ends(lambda agent: agent.terminate())

    def test_the_end_of_the_input_drains_and_cancels(self):
        """Goal: an agent does not outlive its driver. Method: standard input is closed."""
        self.ends(lambda agent: agent.process.stdin.close())

    def test_a_drain_of_one(self):
        """Goal: one registration leaves, the others stay. Method: cancel with a drain; the lease is shorter than the drain."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for name in ("goes", "stays"):
            agent.ask("register", service="one", instance=name, status="UP", interval_s=1, duration_s=2)
        told = agent.ask("cancel", service="one", instance="goes", drain_ms=3000)
        self.assertEqual(told["state"], "cancelled")
        causes = [event["cause"] for event in daemon.get("/v1/events?service=one&id=goes").json()["events"]]
        self.assertEqual(causes, ["registered", "changed", "cancelled"], "heartbeats go on while it drains")
        self.assertEqual([one["id"] for one in daemon.get("/v1/services/one").json()["instances"]], ["stays"])

    def test_who_has_left_does_not_come_back_by_a_status(self):
        """Goal: an application that says UP too late is not taken in again. Method: a status after the cancel, with a drain and without."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for drain, status in ((0, "UP"), (300, "OUT_OF_SERVICE")):
            agent.ask("register", service="late", instance="l", status="UP")
            agent.ask("cancel", service="late", instance="l", drain_ms=drain)
            told = agent.ask("status", service="late", instance="l", status="DOWN")
            self.assertEqual((told["state"], told["status"]), ("cancelled", status))
            self.assertEqual(daemon.get("/v1/services/late").status, 404)

    def test_the_end_does_not_wait_for_a_registry_that_is_gone(self):
        """Goal: a stop has its time, whatever the registry does. Method: the daemon is killed before; a node that never was there."""
        node = self.node()
        agent = self.agent(node, f"http://127.0.0.1:{cluster.free_port()}", drain_ms=200, stop_timeout_ms=1000, request_timeout_ms=1000)
        agent.ask("register", service="gone", instance="g", status="UP")
        agent.ask("find", service="gone")
        node.crash()
        began = time.monotonic()
        agent.terminate()
        self.assertEqual(agent.end(), 0)
        self.assertLess(time.monotonic() - began, 20)
        node.restart(wipe=True)

    def test_the_cancel_goes_to_another_node(self):
        """Goal: a stop during the death of a node is still a cancel. Method: home of a real cluster dies, then the agent ends."""
        nodes = self.cluster(2)
        agent = self.agent(*nodes)
        agent.ask("register", service="elsewhere", instance="e", status="UP")
        home = agent.ask("nodes")["nodes"][0]
        dead = next(node for node in nodes if f"http://{node.address}" == home)
        other = next(node for node in nodes if node is not dead)
        self.soon_equal(lambda: other.ids("elsewhere"), ["e"])
        dead.crash()
        agent.ask("exit")
        self.assertEqual(agent.end(), 0)
        self.assertEqual(other.ids("elsewhere"), [])
