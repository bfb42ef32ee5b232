"""What clients did and what they were told, and the verdict on it."""
import threading
import time
from collections import Counter

MARGIN = 0.5  # seconds: a client cannot know to the moment when its renewal counted


class History:
    """Operations of all clients. One key is used by one client, so that its operations are in order."""

    def __init__(self):
        self.lock = threading.Lock()
        self.counts = Counter()
        self.findings = []  # (kind, key, text)
        self.faults = []    # (began, ended or None, text)
        self.began = time.monotonic()

    def count(self, *names):
        with self.lock:
            self.counts.update(names)

    def find(self, kind, key, text):
        with self.lock:
            self.counts[kind] += 1
            self.findings.append((kind, key, f"{time.monotonic() - self.began:.1f} s: {text}"))

    def fault_begins(self, text):
        with self.lock:
            self.faults.append([time.monotonic(), None, text])
            self.counts["faults"] += 1
            return len(self.faults) - 1

    def fault_ends(self, number):
        with self.lock:
            self.faults[number][1] = time.monotonic()

    def quiet_since(self, moment, grace):
        """Whether no fault has been under way since `moment`, nor for `grace` seconds before."""
        with self.lock:
            return all(ended is not None and ended + grace < moment for _, ended, _ in self.faults)


class Key:
    """One instance, as its client knows it."""

    def __init__(self, service, name, duration, interval):
        self.service, self.name, self.duration, self.interval = service, name, duration, interval
        self.path = f"/v1/services/{service}/instances/{name}"
        self.incarnation = 0
        self.state = "absent"      # absent, live, cancelled, silent
        self.doubtful = False      # a cancel or a drain without an answer may still be carried out
        self.acknowledged = 0      # nodes that had the registration
        self.granted = 0.0         # when the last granted register or renewal was sent
        self.granted_at = None     # the node and its boot
        self.renewed = False       # since it was registered
        self.gap = False           # a lease passed between two renewals: it may have been evicted
        self.drained = False
        self.trail = []            # the last operations, for a finding

    def note(self, history, text):
        self.trail = [*self.trail[-14:], f"{time.monotonic() - history.began:.2f} {text}"]

    def grant(self, sent, node, boot, renewal):
        self.gap = renewal and (self.gap or sent - self.granted > self.duration - MARGIN)
        self.renewed = renewal
        self.granted, self.granted_at = sent, (node, boot)

    def in_time(self, moment):
        return self.state == "live" and not self.gap and moment - self.granted < self.duration - MARGIN


def judge_end(history, nodes, keys, listed):
    """After healing. `listed`: for each node {(service, name): status}."""
    now = time.monotonic()
    for key in keys:
        there = [node.number for node in nodes if (key.service, key.name) in listed[node.number]]
        everywhere = len(there) == len(nodes)
        shown = f"at nodes {there}, state {key.state}, w={key.acknowledged}; " + " | ".join(key.trail)
        if key.in_time(now) and not everywhere:
            if key.renewed:
                history.find("falsely_evicted", key.name, "renewed in time, and absent after healing: " + shown)
            elif key.acknowledged >= 2:
                history.find("lost", key.name, shown)
            else:
                history.count("w1_gone")
        if key.state == "cancelled" and there:
            history.find("resurrected", key.name, shown)
        if key.state == "live" and everywhere and not key.doubtful and key.in_time(now):
            history.count("live_checked")
            want = "OUT_OF_SERVICE" if key.drained else "UP"
            wrong = {n.number: listed[n.number][key.service, key.name] for n in nodes
                     if listed[n.number][key.service, key.name] != want}
            if wrong:
                history.find("wrong_status", key.name, f"{wrong} instead of {want}: {shown}")
