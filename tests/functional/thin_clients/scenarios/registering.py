"""Goal: an instance is registered once, rightly, for as long as it wants and not a moment longer.
Method: agents register at real daemons, which are restarted and asked; stand-ins give the answers that are rare."""
import random

import cluster
from stand_in import problem

from .base import NO_HOLD, Scenario

HOUR_MS = 3_600_000


class Life(Scenario):
    def test_it_starts_as_starting_and_goes_up_when_ready(self):
        """Goal: nobody calls it before it says so. Method: a real daemon is asked."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        told = agent.ask("register", service="Orders", instance="o/1", port=8080, zone="a", metadata={"version": "2"})
        self.assertEqual((told["state"], told["acknowledged"], told["address"]), ("registered", "STARTING", "127.0.0.1"))
        shown = daemon.get("/v1/services/orders/instances/o%2F1").json()
        self.assertEqual([shown[key] for key in ("status", "port", "zone", "metadata", "incarnation")],
                         ["STARTING", 8080, "a", {"version": "2"}, told["incarnation"]])
        agent.ask("status", service="orders", instance="o/1", status="UP")
        self.soon_state(agent, "orders", "o/1", acknowledged="UP")
        self.assertEqual(daemon.get("/v1/services/orders/instances/o%2F1").json()["status"], "UP")

    def test_heartbeats_keep_it(self):
        """Goal: it outlives its lease. Method: a lease of 2 s, and more heartbeats than fit in."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        agent.ask("register", service="beat", instance="b", interval_s=1, duration_s=2)
        self.soon(lambda: self.assertGreaterEqual(agent.state("beat", "b")["renewals"], 5), "heartbeats")
        causes = [event["cause"] for event in daemon.get("/v1/events?service=beat").json()["events"]]
        self.assertEqual(causes, ["registered"])

    def test_heartbeats_are_spread(self):
        """Goal: no beat later than the interval, and clients that start together drift apart. Method: the times at which a stand-in is asked."""
        node = self.stand_in()
        agent = self.agent(node)
        agent.ask("register", service="beat", instance="b", interval_s=1, duration_s=3)
        self.soon(lambda: self.assertGreaterEqual(len(node.asked("PUT", "/renew$")), 6), "heartbeats")
        times = [one.at for one in node.asked("PUT", "/instances/b")]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        self.assertGreater(min(gaps), 0.65, gaps)
        self.assertLess(sorted(gaps)[len(gaps) // 2], 1.1, gaps)
        self.assertGreater(max(gaps) - min(gaps), 0.01, f"no jitter: {gaps}")

    def test_the_status_is_sent_until_it_is_taken(self):
        """Goal: a lost status heals by itself. Method: a stand-in refuses two of them."""
        node = self.stand_in()
        refusals = [1, 1]
        node.rules = [lambda one: (503, {}, {}) if one.path.endswith("/status") and refusals and refusals.pop() else None]
        agent = self.agent(node)
        agent.ask("register", service="lost", instance="x")
        agent.ask("status", service="lost", instance="x", status="UP")
        self.soon_state(agent, "lost", "x", acknowledged="UP")
        self.assertEqual(node.services["lost"]["x"]["status"], "UP")
        self.assertEqual(refusals, [])

    def test_a_wrong_registration_is_reported_and_not_repeated(self):
        """Goal: the programmer sees the reason, the node no storm. Method: a port that cannot be, at a real daemon."""
        agent = self.agent(self.daemon())
        told = agent.ask("register", service="wrong", instance="w", port=70000)
        self.assertEqual(told["state"], "refused")
        self.assertIn("port", told["error"])
        agent.ask("find", service="wrong")
        before, polls = agent.ask("stats"), agent.polls()
        self.some_polls(agent)
        after = agent.ask("stats")
        self.assertEqual(after["failures"], before["failures"])
        self.assertLessEqual(after["requests"] - before["requests"], agent.polls() - polls + 4, "polls and looks at peers only")

    def test_the_address_of_the_environment_is_taken(self):
        """Goal: in a container the operator may say the address. Method: MUSTER_ADDRESS, POD_IP, and what is given."""
        daemon = self.daemon()
        for environment, given, why in (({"POD_IP": "10.9.8.7"}, {}, "POD_IP"),
                                        ({"POD_IP": "10.9.8.7", "MUSTER_ADDRESS": "10.1.1.1"}, {}, "MUSTER_ADDRESS"),
                                        ({}, {}, "route")):
            agent = self.agent(daemon, environment=environment)
            wanted = environment.get(why, "127.0.0.1")
            whoami = agent.ask("whoami")
            self.assertEqual((whoami["address"], whoami["why"]), (wanted, why))
            self.assertEqual(agent.ask("register", service="address", instance=why, **given)["address"], wanted)
        self.assertEqual(agent.ask("register", service="address", instance="g", address="10.2.2.2")["address"], "10.2.2.2")


class Forgotten(Scenario):
    def test_a_restarted_daemon_has_it_again(self):
        """Goal: 404 to a heartbeat means: register again. Method: the daemon is killed and starts with nothing."""
        node = self.node()
        agent = self.agent(node)
        told = agent.ask("register", service="again", instance="a", status="UP", interval_s=1, duration_s=3)
        node.crash()
        node.restart(wipe=True)
        self.soon_equal(lambda: node.ids("again"), ["a"], "the registration")
        shown = node.get("/v1/services/again/instances/a").json()
        self.assertEqual((shown["status"], shown["incarnation"]), ("UP", told["incarnation"]))

    def test_cancelled_by_others_it_does_not_come_back(self):
        """Goal: who is taken out stays out. Method: the cancel comes from the test; a second registration shows that heartbeats go on."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for name in ("out", "stays"):
            agent.ask("register", service="others", instance=name, status="UP", interval_s=1, duration_s=3)
        self.assertEqual(daemon.delete("/v1/services/others/instances/out").status, 204)
        self.soon_state(agent, "others", "out", state="cancelled")
        beats = agent.state("others", "stays")["renewals"]
        self.soon(lambda: self.assertGreaterEqual(agent.state("others", "stays")["renewals"], beats + 2), "heartbeats")
        self.assertEqual([one["id"] for one in daemon.get("/v1/services/others").json()["instances"]], ["stays"])

    def test_cancelled_and_registered_again_it_is_a_new_life(self):
        """Goal: the cancel fences what is late, not what is new. Method: a late write of the first life by the test."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        first = agent.ask("register", service="lives", instance="l", status="UP", interval_s=1, duration_s=3)
        self.assertEqual(agent.ask("cancel", service="lives", instance="l")["state"], "cancelled")
        self.assertEqual(daemon.get("/v1/services/lives").status, 404)
        late = daemon.put("/v1/services/lives/instances/l", {"incarnation": first["incarnation"]})
        self.assertEqual(late.status, 410, "the cancel was not of this life")
        second = agent.ask("register", service="lives", instance="l", status="UP", interval_s=1, duration_s=3)
        self.assertEqual(second["state"], "registered")
        self.assertGreater(second["incarnation"], first["incarnation"])
        self.soon(lambda: self.assertGreaterEqual(agent.state("lives", "l")["renewals"], 2), "heartbeats")
        self.assertEqual(daemon.get("/v1/services/lives/instances/l").json()["status"], "UP")

    def test_a_heartbeat_in_flight_does_not_undo_the_cancel(self):
        """Goal: nothing that was sent before the cancel comes after it. Method: twenty lives, cancelled in the middle of what they send."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for _ in range(20):
            agent.ask("register", service="race", instance="r")
            agent.ask("status", service="race", instance="r", status="UP")
            agent.ask("cancel", service="race", instance="r")
            self.assertEqual(daemon.get("/v1/services/race").status, 404)

    def test_a_late_410_of_one_node_is_asked_again(self):
        """Goal: a node that knows the cancel of the life before, and not this one, does not end it. Method: a stand-in that answers
        410 to heartbeats, and later to registrations, too."""
        node = self.stand_in()
        agent = self.agent(node)
        agent.ask("register", service="late", instance="l", status="UP", interval_s=1, duration_s=3)
        node.rules = [lambda one: problem(410, "cancelled") if one.path.endswith("/renew") else None]
        self.soon(lambda: self.assertGreaterEqual(len(node.asked("PUT", "/instances/l$")), 3), "registered again")
        self.assertIn(agent.state("late", "l")["state"], ("registered", "registering"))
        node.heal()
        self.soon_state(agent, "late", "l", state="registered")
        node.rules = [lambda one: problem(410, "cancelled") if one.method == "PUT" else None]
        self.soon_state(agent, "late", "l", state="cancelled")

    def test_a_newer_life_elsewhere_replaces_it(self):
        """Goal: two processes with one id do not fight, nor keep each other alive. Method: the test registers it with a greater incarnation;
        heartbeats alone tell the older one, or a status that it sets."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        for name, interval in (("beats", 1), ("says", 600)):
            mine = agent.ask("register", service="twice", instance=name, port=1, interval_s=interval, duration_s=1800)
            other = {"port": 2, "incarnation": mine["incarnation"] + HOUR_MS}
            self.assertEqual(daemon.put(f"/v1/services/twice/instances/{name}", other).status, 200)
        agent.ask("status", service="twice", instance="says", status="DOWN")
        for name in ("beats", "says"):
            self.assertTrue(self.soon_state(agent, "twice", name, state="replaced")["error"])
            shown = daemon.get(f"/v1/services/twice/instances/{name}").json()
            self.assertEqual((shown["port"], shown["status"]), (2, "UP"))


class ClockStep(Scenario):
    def test_a_step_while_it_runs_changes_nothing(self):
        """Goal: leases, polls and ages are on the monotonic clock. Method: the wall goes an hour back, then an hour ahead."""
        daemon = self.daemon()
        agent = self.agent(daemon)
        agent.ask("register", service="step", instance="s", status="UP", interval_s=1, duration_s=3)
        for shift in (-HOUR_MS, HOUR_MS):
            agent.ask("clock", shift_ms=shift)
            beats = agent.state("step", "s")["renewals"]
            self.soon(lambda beats=beats: self.assertGreaterEqual(agent.state("step", "s")["renewals"], beats + 2), "heartbeats")
            self.some_polls_of(agent)
        causes = [event["cause"] for event in daemon.get("/v1/events?service=step").json()["events"]]
        self.assertEqual(causes, ["registered"])

    def some_polls_of(self, agent):
        agent.ask("find", service="step")
        self.some_polls(agent)
        told = agent.ask("find", service="step")
        self.assertEqual(told["state"], "fresh")
        self.assertTrue(0 <= told["age_ms"] < 300_000, told["age_ms"])

    def test_a_clock_that_went_back_does_not_keep_it_out(self):
        """Goal: after a cancel, a process whose clock is an hour behind still registers. Method: a second agent with a shifted clock;
        then one that registers over a life that goes on."""
        daemon = self.daemon()
        first = self.agent(daemon)
        first.ask("register", service="back", instance="b")
        first.ask("cancel", service="back", instance="b")
        second = self.agent(daemon)
        second.ask("clock", shift_ms=-HOUR_MS)
        self.assertEqual(second.ask("register", service="back", instance="b", status="UP")["state"], "registered")
        second.process.kill()
        third = self.agent(daemon)
        third.ask("clock", shift_ms=-2 * HOUR_MS)
        self.assertEqual(third.ask("register", service="back", instance="b", port=7)["state"], "registered")
        self.assertEqual(third.ask("cancel", service="back", instance="b")["state"], "cancelled")
        self.soon_equal(lambda: daemon.get("/v1/services/back").status, 404, "the cancel")


class NodeDies(Scenario):
    def test_the_instance_stays_when_its_node_dies(self):
        """Goal: heartbeats go on elsewhere before the lease ends, and come home. Method: three real nodes, `kill -9` of the one in use."""
        nodes = self.cluster()
        agent = self.agent(random.choice(nodes.nodes), client_id="")
        agent.ask("register", service="dies", instance="d", status="UP", interval_s=1, duration_s=4)
        self.soon(lambda: self.assertEqual(len(agent.ask("nodes")["nodes"]), 3), "the other nodes")
        home = agent.ask("nodes")["nodes"][0]
        dead = next(node for node in nodes if f"http://{node.address}" == home)
        dead.crash()
        beats = agent.state("dies", "d")["renewals"]
        self.soon(lambda: self.assertGreaterEqual(agent.state("dies", "d")["renewals"], beats + 5), "heartbeats")
        for node in nodes.up:
            self.assertEqual(node.ids("dies"), ["d"])
            self.assertEqual(node.causes("dies", "expired"), [], "it was never out")
        dead.restart()
        self.soon_equal(lambda: agent.ask("nodes")["current"], home, "back at home")
        before = agent.state("dies", "d")["renewals"]
        self.soon(lambda: self.assertGreater(agent.state("dies", "d")["renewals"], before), "heartbeats")
        self.assertEqual(agent.ask("nodes")["quarantined"], {})

    def test_all_nodes_may_be_gone_at_the_start(self):
        """Goal: a service starts without its registry, and is registered when there is one. Method: the daemon starts later."""
        node = cluster.Node(cluster.free_port(), config=NO_HOLD)
        agent = self.agent(f"http://{node.address}", ready_timeout_ms=300)
        told = agent.ask("register", service="first", instance="f", status="UP")
        self.assertEqual(told["state"], "registering")
        self.assertTrue(told["error"])
        with node:
            self.soon_state(agent, "first", "f", state="registered", acknowledged="UP")
            self.assertEqual(node.ids("first"), ["f"])


class Agents(Scenario):
    def test_the_agent_answers_what_it_does_not_understand(self):
        """Goal: the kit cannot be fooled by a silent agent. Method: wrong verbs, arguments, lines and options."""
        agent = self.agent(self.stand_in())
        self.assertEqual(agent.ask("hello")["ok"], True)
        for line in (b'{"id": 7, "do": "nonsense"}', b'{"id": 7, "do": "find"}', b'{"id": 7, "do": "find", "service": "a/b"}'):
            agent.send(line)
            answer = agent.receive()
            self.assertEqual((answer["id"], answer["ok"]), (7, False), line)
            self.assertGreater(len(answer["error"]), 8, line)
        agent.send(b"no json")
        self.assertEqual(agent.receive()["id"], None)
        self.assertEqual(agent.ask("hello")["ok"], True)
        self.assertEqual(self.agent(self.stand_in(), nonsense_ms=1).end(), 2)
