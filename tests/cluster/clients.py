"""Clients with the habits of good ones: they renew, move to another node when theirs does not answer, register again when
they are told to, cancel when they leave. What they are told is judged as it comes; the rest at the end."""
import random
import threading
import time

from history import MARGIN, Key

SHORT = (9, 2)     # lease and interval of instances that renew
LONG = (3600, 60)  # of those that do not: only what the nodes do can take them out
SETTLED_S = 15     # so long after the last fault no client may be told wrong things any more


class Client(threading.Thread):
    def __init__(self, number, nodes, history, seed, instances):
        super().__init__(daemon=True)
        self.nodes, self.history, self.random = nodes, history, random.Random(f"{seed}/client{number}")
        self.keys = [Key(f"short{number}", f"s{number}-{n}", *SHORT) for n in range(instances)]
        self.number, self.made, self.most = number, 0, 0
        self.due = {key: self.random.random() * SHORT[1] for key in self.keys}
        self.home = {key: self.random.choice(nodes) for key in self.keys}
        self.settle, self.stopped = threading.Event(), threading.Event()

    def run(self):
        began = time.monotonic()
        next_long = 0.0
        while not self.stopped.is_set():
            now = time.monotonic() - began
            due = [key for key, at in self.due.items() if at <= now]
            for key in due:
                self.turn(key)
                self.due[key] = max(self.due[key] + key.interval, time.monotonic() - began + key.interval / 2)
            if now >= next_long and not self.settle.is_set():
                self.long_turn()
                next_long = now + 0.3 + self.random.random() * 0.4
            self.stopped.wait(0.02)

    # ---------------------------------------------------------------------------------------------- operations

    def ask(self, key, what, method, target, body=None):
        """Asks the home of the key, then others, until one decides. Returns (status, headers, node, sent); status None
        when nobody did. A request without an answer is repeated elsewhere, as clients do."""
        nodes = [self.home[key], *self.random.sample([n for n in self.nodes if n is not self.home[key]], 2)]
        silent = False
        for node in nodes:
            sent, boot = time.monotonic(), node.boots
            status, headers, _ = node.ask(method, target, body, timeout=1.0)
            self.history.count("ops", f"{what}_{status}")
            key.note(self.history, f"{what}@{node.number}={status}")
            silent = silent or status is None
            if status is not None and status != 503:
                self.home[key] = node
                return status, headers, (node.number, boot), sent, silent
        self.home[key] = self.random.choice(self.nodes)
        return None, {}, None, 0.0, silent

    def register(self, key, w=1, again=False):
        if not again:
            key.incarnation += 1
        key.state = "absent"  # until somebody says that it is there
        duration, interval = key.duration, key.interval
        body = {"incarnation": key.incarnation, "lease": {"interval_s": interval, "duration_s": duration}, "port": 80}
        status, headers, node, sent, _ = self.ask(key, "register", "PUT", f"{key.path}?w={w}", body)
        if status in (200, 201):
            key.state, key.acknowledged = "live", 2 if headers["Muster-Acknowledged"].startswith("w=2") else 1
            key.grant(sent, *node, renewal=False)
            self.history.count(f"registered_w{key.acknowledged}")
        elif status is not None and again and status == 410:
            self.history.find("fenced", key.name, "a registration of an instance that nobody cancelled was refused: " +
                              " | ".join(key.trail))
            key.state = "absent"

    def turn(self, key):
        dice = self.random.random()
        if key.state != "live":
            if key.state == "absent" or (key.state == "cancelled" and dice < 0.2) or (key.state == "silent" and dice < 0.1):
                self.register(key, w=self.random.choice((1, 2)))
        elif self.settle.is_set():
            self.renew(key)
        elif dice < 0.02:
            self.cancel(key)
        elif dice < 0.03:
            key.state = "silent"  # it died
        elif dice < 0.06:
            self.drain(key)
            self.renew(key)
        elif dice < 0.12:
            self.home[key] = self.random.choice(self.nodes)  # it moves
            self.renew(key)
        else:
            self.renew(key)

    def renew(self, key):
        before, before_at, in_time = key.granted, key.granted_at, key.in_time(time.monotonic())
        status, _, node, sent, _ = self.ask(key, "renew", "PUT", key.path + "/renew")
        if status == 204:
            key.grant(sent, *node, renewal=True)
        elif status in (404, 410):
            in_time = in_time and time.monotonic() - before < key.duration - MARGIN
            self.judge_unknown(key, status, node, before, before_at, in_time)
            key.doubtful = key.doubtful or key.drained  # its drain may have gone with it
            self.register(key, w=self.random.choice((1, 2)), again=status == 404)

    def judge_unknown(self, key, status, node, before, before_at, in_time):
        text = f"renewal {status} at {node}, last granted at {before_at}: " + " | ".join(key.trail)
        near_a_fault = before_at != node and not self.history.quiet_since(before, SETTLED_S)
        if status == 410 and near_a_fault and key.incarnation > 1:
            self.history.count("stale_410_across_a_fault")  # it knows the cancel of the life before, not this life
        elif status == 410:
            self.history.find("fenced", key.name, "nobody cancelled it: " + text)
        elif not in_time:
            self.history.count("expired_rightly")
        elif before_at == node:
            self.history.find("falsely_evicted", key.name, text)
        elif not near_a_fault:
            self.history.find("falsely_evicted", key.name, "without a fault: " + text)
        else:
            self.history.count("unknown_across_a_fault")

    def cancel(self, key):
        status, _, _, _, silent = self.ask(key, "cancel", "DELETE", key.path)
        if status is not None and status < 300:
            key.state = "cancelled"
            key.doubtful = key.doubtful or silent
        else:
            key.doubtful, key.state = True, "silent"

    def drain(self, key):
        wanted = not key.drained
        method, body = ("PUT", {"reason": "test"}) if wanted else ("DELETE", None)
        status, _, _, _, silent = self.ask(key, "drain", method, key.path + "/drain", body)
        key.doubtful = key.doubtful or silent or status is None or status >= 300
        key.drained = wanted

    def look(self):
        """Whoever reads from a node that is ready never sees an empty or a sharply shorter list."""
        node = self.random.choice(self.nodes)
        status, _, found = node.ask("GET", "/v1/services", timeout=1.0)
        self.history.count("ops", f"read_{status}")
        if status == 200:
            self.most = max(self.most, found["instances"])
            if found["instances"] < self.most / 2:
                self.history.find("shrunk", f"node {node.number}", f"{found['instances']} instances after {self.most}")

    def long_turn(self):
        """An instance that registers once, with w=2, and leaves it to the nodes to remember it; or the end of one."""
        self.look()
        longs = [key for key in self.keys if key.duration == LONG[0] and key.state == "live"]
        if len(longs) > 5 and self.random.random() < 0.4:
            key = self.random.choice(longs)
            if self.random.random() < 0.5:
                self.home[key] = self.random.choice(self.nodes)
            self.cancel(key)
            if key.state == "silent":
                key.state = "doubtful"
            return
        self.made += 1
        key = Key(f"long{self.number}", f"l{self.number}-{self.made}", *LONG)
        self.keys.append(key)
        self.home[key] = self.random.choice(self.nodes)
        self.register(key, w=2)
