"""The steps of README.md, walked. Each says what it does and checks what it promises; user calls go on all the time."""
import json
import signal
import urllib.request

from processes import eventually

ANSWER_SECONDS = 10
LEASE_SECONDS = 6        # of prices, orders and shop
SOON_SECONDS = 15        # a poll, a node in quarantine, a lease that ends: with room for a busy machine
NODES = ("node1", "node2", "node3")


def ask(method, url, document=None):
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, method=method, data=body)
    with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
        text = answer.read()
    return json.loads(text) if text[:1] in (b"{", b"[") else text.decode()


class Steps:
    """What a step does is told by `say`; what it promises is an AssertionError where it is not kept."""

    def __init__(self, processes, load, say):
        self.processes, self.place, self.load, self.say = processes, processes.place, load, say
        self.killed = set()  # instances whose leases may end

    # ------------------------------------------------------------------------------------------ what is seen

    def shop(self):
        return ask("GET", self.place.url("shop") + "/stats")

    def listed(self, service):
        """Status by id, as the shop knows it."""
        return {one["id"]: one["status"] for one in self.shop()["services"][service]["instances"]}

    def answered(self, service, instance):
        return self.shop()["services"][service]["answered"].get(instance, 0)

    def told_by(self):
        """The node that told the shop about prices last."""
        url = self.shop()["services"]["prices"]["told_by"]
        return next((node for node in NODES if self.place.url(node) == url), None)

    def after_calls(self, count):
        """Waits for so many further user calls."""
        until = self.load.counted() + count
        eventually(60, lambda: self.load.counted() >= until, f"{count} user calls")

    def wait_for_list(self, service, numbers, seconds=SOON_SECONDS):
        wanted = {f"{service}-{number}": "UP" for number in numbers}
        eventually(seconds, lambda: self.listed(service) == wanted, f"the shop's list of {service} being {sorted(wanted)}")

    def all_is_well(self):
        """The nodes have the same registry, and the shop a fresh list of everything that runs."""
        eventually(SOON_SECONDS, self.nodes_agree, "the nodes being equal")
        for service in ("prices", "orders"):
            self.wait_for_list(service, self.processes.numbers(service))
            eventually(SOON_SECONDS, lambda service=service: self.shop()["services"][service]["state"] == "fresh", "a fresh list")
            evicted = self.evicted(service) - self.killed
            if evicted:
                raise AssertionError(f"{sorted(evicted)} were evicted though they live")

    def nodes_agree(self):
        said = [ask("GET", self.place.url(node) + "/v1/diff") for node in NODES]
        found = [peer["registry"] for one in said for peer in one["peers"]]
        return len({one["content"] for one in said}) == 1 and found == ["equal"] * len(NODES) * (len(NODES) - 1)

    def evicted(self, service):
        """Ids whose lease ended, as any node has it in its events."""
        events = [event for node in NODES for event in ask("GET", self.place.url(node) + f"/v1/events?service={service}&limit=1000")["events"]]
        return {event["id"] for event in events if event.get("cause") == "expired"}

    # ---------------------------------------------------------------------------------------------- the steps

    def nothing_happens(self):
        for service in ("prices", "orders"):
            for number in self.processes.numbers(service):
                eventually(SOON_SECONDS, lambda one=(service, f"{service}-{number}"): self.answered(*one), "an answer of each instance")
        self.after_calls(250)
        self.say("all instances of prices and orders answer")

    def kill_a_node(self):
        node = eventually(SOON_SECONDS, self.told_by, "a node that told the shop")
        self.say(f"{node} told the shop last; it is killed")
        self.processes.kill(node)
        other = eventually(SOON_SECONDS, lambda: self.told_by() not in (None, node) and self.told_by(), "another node telling the shop")
        self.say(f"{other} tells the shop")
        self.after_calls(50 * (LEASE_SECONDS + 2))
        self.processes.start(node)
        self.processes.wait_until_healthy(node)
        self.all_is_well()
        self.say(f"{node} is back and equal with the others; nobody was evicted")

    def kill_all_and_restart_the_shop(self):
        for node in NODES:
            self.processes.kill(node)
        self.say("no node runs; the shop is ended and started again")
        self.processes.stop(("shop", 1))
        self.processes.start("shop")
        known = eventually(SOON_SECONDS, self.shop, "the shop answering")["services"]
        for service in ("prices", "orders"):
            if known[service]["state"] != "cached_only":
                raise AssertionError(f"the shop's list of {service} is {known[service]['state']}, not cached_only")
        self.after_calls(200)
        if self.shop()["pages"] < 200:
            raise AssertionError(f"the shop made {self.shop()['pages']} pages from its file")
        self.say(f"the shop makes its pages by the lists in its files, {self.shop()['services']['prices']['age_ms'] / 1000:.0f} s old")
        for node in NODES:
            self.processes.start(node)
        for node in NODES:
            self.processes.wait_until_healthy(node)
        self.processes.wait_until_healthy("shop")
        self.all_is_well()
        self.say("the nodes are back; the lists are fresh and whole")

    def cut_one_off(self):
        node = eventually(SOON_SECONDS, self.told_by, "a node that told the shop")
        other = next(one for one in NODES if one != node)
        self.processes.signal(node, 1, signal.SIGSTOP)
        self.say(f"{node}, which told the shop, says nothing any more; its connections stay open")
        ask("PUT", self.place.url(other) + "/v1/services/notes/instances/written-meanwhile", {})
        eventually(SOON_SECONDS, lambda: self.told_by() not in (None, node), "another node telling the shop")
        self.after_calls(50 * (LEASE_SECONDS + 2))
        self.processes.signal(node, 1, signal.SIGCONT)
        eventually(SOON_SECONDS, lambda: ask("GET", self.place.url(node) + "/v1/services/notes/instances/written-meanwhile"),
                   "what was written meanwhile being at the node that was cut off")
        ask("DELETE", self.place.url(node) + "/v1/services/notes/instances/written-meanwhile")
        self.all_is_well()
        self.say(f"{node} has what was written meanwhile; nobody was evicted")

    def drain_one(self):
        path = "/v1/services/orders/instances/orders-1/drain"
        ask("PUT", self.place.url("node1") + path, {"reason": "the walk"})
        eventually(SOON_SECONDS, lambda: self.listed("orders")["orders-1"] == "OUT_OF_SERVICE", "orders-1 out of service")
        self.after_calls(50)  # those that had chosen it before
        before = self.answered("orders", "orders-1")
        self.after_calls(100)
        if self.answered("orders", "orders-1") != before:
            raise AssertionError("orders-1 was called though it is drained")
        self.say("orders-1, drained at node1, gets no call")
        ask("DELETE", self.place.url("node3") + path)
        eventually(SOON_SECONDS, lambda: self.answered("orders", "orders-1") > before, "calls of orders-1")
        self.say("taken back at node3, it is called again")
        self.all_is_well()

    def scale(self):
        for number in (4, 5):
            self.processes.start("prices", number)
        for number in (4, 5):
            self.processes.wait_until_healthy("prices", number)
            eventually(SOON_SECONDS, lambda number=number: self.answered("prices", f"prices-{number}"), f"calls of prices-{number}")
        self.say("five prices answer; three of them are ended by SIGTERM")
        self.processes.stop(*(("prices", number) for number in (3, 4, 5)))
        self.wait_for_list("prices", (1, 2))
        self.processes.start("prices", 3)
        self.processes.wait_until_healthy("prices", 3)
        self.all_is_well()
        self.say("they left without a call that had to be repeated; now it is three again")

    def kill_an_instance(self):
        self.killed.add("prices-2")
        self.processes.kill("prices", 2)
        self.say("prices-2 is killed: it is called until its lease ends, and each such call repeated elsewhere")
        self.wait_for_list("prices", (1, 3), LEASE_SECONDS + SOON_SECONDS)
        if self.evicted("prices") != {"prices-2"}:
            raise AssertionError("the events do not say that the lease of prices-2 ended")
        self.processes.start("prices", 2)
        self.processes.wait_until_healthy("prices", 2)
        self.all_is_well()

    def kill_all_of_a_service(self):
        for number in (1, 2):
            self.killed.add(f"orders-{number}")
            self.processes.kill("orders", number)
        failed = eventually(SOON_SECONDS, lambda: self.shop()["failed"], "a failed page that the shop counts")
        for number in (1, 2):
            self.processes.start("orders", number)
        for number in (1, 2):
            self.processes.wait_until_healthy("orders", number)

        def none_fails():
            before = self.shop()["failed"]
            self.after_calls(25)
            return self.shop()["failed"] == before
        eventually(SOON_SECONDS, none_fails, "an end of the failures")
        self.all_is_well()
        self.say(f"without any of orders no page can be made; the shop counted {max(failed, self.shop()['failed'])}")

    def roll(self):
        for node in NODES:
            self.processes.stop((node, 1))
            self.processes.start(node)
            self.processes.wait_until_healthy(node)
            self.all_is_well()
            self.after_calls(100)
        self.say("each node was ended by SIGTERM and started again")
