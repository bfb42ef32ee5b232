"""Goal: a node that is dead, slow or busy costs a request some time once, and is spared and come back to.
Method: two stand-ins, home and the other one; their logs show who was asked when."""
import time

from stand_in import problem

from .base import Scenario, ordered, some


class Order(Scenario):
    def test_clients_are_spread_over_the_nodes(self):
        """Goal: each client has an order of its own, the same in every language. Method: the rule of the page, for some client ids."""
        urls = [f"http://127.0.0.1:{port}" for port in (1, 2, 3)]
        homes = set()
        for client in ("a", "b", "c", "client 7"):
            found = self.agent(*urls, client_id=client).ask("nodes")
            self.assertEqual(found["nodes"], ordered(client, urls))
            self.assertEqual(found["current"], found["nodes"][0])
            homes.add(found["current"])
        self.assertGreater(len(homes), 1)

    def test_a_client_without_an_id_makes_one(self):
        """Goal: no herd by default. Method: ten agents and three nodes: not all have the same home."""
        urls = [f"http://127.0.0.1:{port}/" for port in (1, 2, 3)]
        homes = [self.agent(*urls, client_id="").ask("nodes")["current"] for _ in range(10)]
        self.assertGreater(len(set(homes)), 1, homes)

    def test_learnt_nodes_come_and_go_configured_ones_stay(self):
        """Goal: the list follows the cluster, and is never without what the operator said. Method: /v1/peers of a stand-in."""
        node = self.stand_in(peers=some(1))
        node.nodes = ["http://127.0.0.1:1", "http://127.0.0.1:2/", "nonsense", "ftp://x:1"]
        agent = self.agent(node)
        agent.ask("find", service="peers")
        self.soon_equal(lambda: agent.ask("nodes")["learnt"], sorted(["http://127.0.0.1:1", "http://127.0.0.1:2", node.url]))
        node.nodes = []
        looks = len(node.asked("GET", "/v1/peers"))
        self.soon(lambda: self.assertGreater(len(node.asked("GET", "/v1/peers")), looks + 1))
        self.assertEqual(len(agent.ask("nodes")["learnt"]), 3, "an answer without nodes says nothing")
        node.nodes = [f"http://127.0.0.1:{number}" for number in range(1000, 1200)]
        self.soon(lambda: self.assertIn("http://127.0.0.1:1000", agent.ask("nodes")["learnt"]))
        found = agent.ask("nodes")
        self.assertLessEqual(len(found["learnt"]), 64)
        self.assertIn(node.url, found["nodes"])


class Dead(Scenario):
    def test_a_dead_node_is_left_and_come_back_to(self):
        """Goal: the next node takes over within the same request; home again when home is back. Method: home stops and starts."""
        home, other = self.two_stand_ins(dead=some(2))
        agent = self.agent(home, other)
        self.assertEqual(len(agent.ids("dead")), 2)
        self.assertEqual(len(other.log), 0, "everything goes home")
        home.stop()
        self.soon(lambda: self.assertGreater(len(other.asked("GET", "/dead$")), 2))
        self.assertEqual(agent.ask("find", service="dead")["state"], "fresh")
        home.start()
        asked = len(home.log)
        self.soon(lambda: self.assertGreater(len(home.log), asked + 3))
        self.soon_equal(lambda: agent.ask("nodes")["quarantined"], {})
        settled = len(other.log)
        self.some_polls(agent)
        self.assertEqual(len(other.log), settled, "everything goes home again")

    def test_a_registration_does_not_wait_for_a_dead_node(self):
        """Goal: one request goes on to the next node by itself. Method: home is dead from the start."""
        home, other = self.two_stand_ins()
        home.stop()
        agent = self.agent(home, other, ready_timeout_ms=5000, retry_ms=60_000)
        self.assertEqual(agent.ask("register", service="dead", instance="d")["state"], "registered")
        self.assertEqual(list(other.services["dead"]), ["d"])

    def test_quarantine_grows_with_each_failure(self):
        """Goal: a node that stays bad is asked ever less. Method: home answers 500; the gaps between what it is asked."""
        home, other = self.two_stand_ins(grow=some(1))
        home.always(500)
        agent = self.agent(home, other, poll_ms=20, quarantine_ms=100, quarantine_max_ms=800)
        agent.ask("find", service="grow")
        self.soon(lambda: self.assertGreaterEqual(len(home.log), 6))
        times = [one.at for one in home.log]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        for gap, least in zip(gaps, (0.05, 0.1, 0.2, 0.4, 0.4)):
            self.assertGreater(gap, least * 0.95, gaps)
        home.heal()
        self.soon_equal(lambda: agent.ask("nodes")["current"], home.url)

    def test_writes_that_nobody_takes_come_ever_slower(self):
        """Goal: a registration that fails is no storm. Method: the only node answers 500; the gaps between what it is asked."""
        node = self.stand_in()
        node.always(500)
        agent = self.agent(node, retry_ms=100, ready_timeout_ms=100)
        agent.ask("register", service="slower", instance="s")
        self.soon(lambda: self.assertGreaterEqual(len(node.log), 6))
        times = [one.at for one in node.log]
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        for gap, least in zip(gaps, (0.05, 0.1, 0.2, 0.4, 0.8)):
            self.assertGreater(gap, least * 0.95, gaps)

    def test_a_request_does_not_go_round_for_ever(self):
        """Goal: no storm when everything is down. Method: five nodes that all answer 500; one registration asks at most three."""
        nodes = [self.stand_in() for _ in range(5)]
        for node in nodes:
            node.always(500)
        agent = self.agent(*nodes, retry_ms=60_000, ready_timeout_ms=1000)
        self.assertEqual(agent.ask("register", service="round", instance="r")["state"], "registering")
        self.assertEqual(sum(len(node.log) for node in nodes), 3)


class Slow(Scenario):
    def hard_limit(self, manner):
        home, other = self.two_stand_ins(slow=some(2))
        home.manner = manner
        agent = self.agent(home, other, request_timeout_ms=400, ready_timeout_ms=8000, quarantine_ms=5000, quarantine_max_ms=5000)
        began = time.monotonic()
        self.assertEqual(len(agent.ids("slow")), 2)
        self.assertLess(time.monotonic() - began, 3, "the time-out is hard")
        self.assertGreater(time.monotonic() - began, 0.3)
        self.assertEqual(list(agent.ask("nodes")["quarantined"]), [home.url])
        self.assertEqual(agent.ask("register", service="slow", instance="s")["state"], "registered")
        self.assertIn("s", other.services["slow"])

    def test_a_node_that_takes_requests_and_never_answers(self):
        """Goal: a hung node costs one time-out, not the client. Method: home is silent."""
        self.hard_limit("silent")

    def test_a_node_that_drips(self):
        """Goal: bytes that keep coming buy no time. Method: home sends a byte every 50 ms."""
        self.hard_limit("drip")

    def test_a_frozen_daemon(self):
        """Goal: a process that stands still is left, heartbeats go on, and it is come back to. Method: SIGSTOP of the home of a real cluster."""
        nodes = self.cluster(2)
        agent = self.agent(*nodes, request_timeout_ms=500)
        agent.ask("register", service="frozen", instance="f", status="UP", interval_s=1, duration_s=6)
        home = agent.ask("nodes")["nodes"][0]
        frozen = next(node for node in nodes if f"http://{node.address}" == home)
        awake = next(node for node in nodes if node is not frozen)
        with frozen.frozen():
            beats = agent.state("frozen", "f")["renewals"]
            self.soon(lambda: self.assertGreaterEqual(agent.state("frozen", "f")["renewals"], beats + 4), "heartbeats")
            self.assertEqual(awake.ids("frozen"), ["f"])
        self.soon_equal(lambda: agent.ask("nodes")["current"], home)


class RetryAfter(Scenario):
    def refuse(self, node, status):
        """Refuses everything for two seconds; the times at which it did so. A client may have several requests under way at the time."""
        times = []

        def rule(_):
            times.append(time.monotonic())
            return status, problem(status, "busy")[1], {"Retry-After": "2"}
        node.rules = [rule]
        self.soon(lambda: self.assertTrue(times))
        return times

    def asked_again(self, node, refused):
        """How long after the refusal the node was asked again."""
        def attempt():
            later = [one.at - refused[0] for one in node.log if one.at - refused[0] > 0.5]
            self.assertTrue(later)
            return later[0]
        return self.soon(attempt, "the next request")

    def test_a_node_is_not_asked_before_its_time(self):
        """Goal: a busy node decides when it is asked again, the other one is used meanwhile. Method: home answers 503, then 429, with
        Retry-After: 2."""
        home, other = self.two_stand_ins(busy=some(1))
        agent = self.agent(home, other)
        self.assertEqual(len(agent.ids("busy")), 1)
        for status in (503, 429):
            refused = self.refuse(home, status)
            self.soon_equal(lambda: agent.ask("nodes")["current"], other.url)
            home.heal()
            self.assertGreater(self.asked_again(home, refused), 1.95)
        self.assertGreater(len(other.log), 5)

    def test_it_holds_although_there_is_no_other_node(self):
        """Goal: a request waits, it does not break the word. Method: the only node answers 503 with Retry-After: 2 to everything."""
        node = self.stand_in(alone=some(1))
        agent = self.agent(node)
        self.assertEqual(len(agent.ids("alone")), 1)
        refused = self.refuse(node, 503)
        self.soon_equal(lambda: agent.ask("nodes")["current"], None)
        node.heal()
        agent.ask("register", service="alone", instance="x", status="UP")
        self.soon_state(agent, "alone", "x", state="registered")
        self.assertGreater(self.asked_again(node, refused), 1.95)

    def test_nonsense_is_ignored(self):
        """Goal: a header that is no number, or a year, does not take a node away. Method: such headers, then health."""
        node = self.stand_in(nonsense=some(1))
        agent = self.agent(node)
        agent.ask("find", service="nonsense")
        for value in ("soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT"):
            node.always(503, {}, Retry_After=value)
            before = len(node.log)
            self.soon(lambda before=before: self.assertGreater(len(node.log), before + 2))
        node.always(503, {}, Retry_After="99999999999")
        self.soon_equal(lambda: agent.ask("nodes")["current"], None)
        left = agent.ask("nodes")["quarantined"][node.url]
        self.assertTrue(200_000 < left <= 360_000, left)


class Restarted(Scenario):
    def test_a_restart_of_the_daemon_is_no_event(self):
        """Goal: a planned restart costs neither list nor registration. Method: SIGTERM and start with its data, while a client uses it."""
        node = self.node()
        agent = self.agent(node)
        agent.ask("register", service="planned", instance="p", port=80, status="UP", interval_s=1, duration_s=3)
        self.assertEqual(agent.ids("planned"), ["p"])
        node.stop()
        node.close_log()
        node.restart()
        beats = agent.state("planned", "p")["renewals"]
        self.soon(lambda: self.assertGreaterEqual(agent.state("planned", "p")["renewals"], beats + 2), "heartbeats")
        self.soon_equal(lambda: agent.ask("find", service="planned")["state"], "fresh")
        self.assertEqual(agent.ids("planned"), ["p"])
        self.assertEqual(node.ids("planned"), ["p"])

    def test_a_rolling_restart_of_all_nodes_is_no_event(self):
        """Goal: what a caller counts never dips, and nobody is evicted. Method: three real nodes, one after the other by SIGTERM."""
        nodes = self.cluster()
        callees = self.agent(*nodes, client_id="callees")
        for number in range(5):
            callees.ask("register", service="rolling", instance=f"i{number}", port=80, status="UP", interval_s=1, duration_s=6)
        caller = self.agent(nodes[0])
        self.soon(lambda: self.assertEqual((len(caller.ids("rolling")), len(caller.ask("nodes")["nodes"])), (5, 3)))

        counts = set()

        def steady():
            counts.add(len(caller.ids("rolling")))
            nodes.wait_linked(0)
        for node in nodes:
            node.stop()
            node.close_log()
            self.some_polls(caller)
            node.restart()
            self.soon(steady, "the cluster")
        beats = callees.state("rolling", "i0")["renewals"]
        self.soon(lambda: self.assertGreaterEqual(callees.state("rolling", "i0")["renewals"], beats + 2), "heartbeats")
        counts.add(len(caller.ids("rolling")))
        self.assertEqual(counts, {5}, "it dipped")
        for node in nodes:
            self.assertEqual(node.causes("rolling", "expired"), [])

    def test_a_name_that_does_not_resolve_is_a_dead_node(self):
        """Goal: a wrong name in the list hurts nobody. Method: one of two nodes is such a name."""
        other = self.stand_in(name=some(1))
        agent = self.agent("http://no-such-host.invalid:8761", other, ready_timeout_ms=20_000)
        self.assertEqual(len(agent.ids("name")), 1)
        self.assertEqual(agent.ask("register", service="name", instance="n")["state"], "registered")
