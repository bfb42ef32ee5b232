"""Bytes between nodes: at rest, and after a split."""
import json
import time

import load
import nodes as clusters
from cluster_report import Figure
from memory import fill
from population import INTERVAL_S
from servers import free_port
from wire import Switch, Wire

IDLE_NODES = 5
RENEWED = 1_000
HEAL_BEFORE = 10_000
HEAL_WRITES = 10_000
HEAL_WITHIN_S = 60
QUIET_S = 12  # after writes and before counting: comparisons that the last writes caused are over


def idle_of_musterd(options, work, say):
    lines = []
    sizes = [size for size in (1_000, 10_000, 100_000, 1_000_000) if size <= options.size_max]
    with clusters.Cluster(work / "idle", IDLE_NODES) as cluster:
        for size in sizes:
            say(f"{IDLE_NODES} nodes: registering up to {size:,} instances")
            cluster.fill(size)
            cluster.wait_told()
            time.sleep(QUIET_S)
            before, kernel_before, began = cluster.bytes_out(), cluster.kernel_bytes_out(), time.monotonic()
            time.sleep(options.idle_s)
            after, kernel_after, took = cluster.bytes_out(), cluster.kernel_bytes_out(), time.monotonic() - began
            rate, kernel = (after - before) / took / 1e3, (kernel_after - kernel_before) / took / 1e3
            say(f"    {size:,} instances: {rate:.2f} KB/s by the nodes' counters, {kernel:.2f} KB/s by the kernel's")
            lines.append(Figure(f"bytes between {IDLE_NODES} idle nodes, {size:,} instances", "KB/s", [rate], most=10))
            lines.append(Figure("the same as the kernel counts TCP's payload", "KB/s", [kernel]))
    return lines


def renewing(writer, wires, options):
    """KB/s through the wires while all instances renew at one node, as often as their clients do."""
    before, began = sum(wire.bytes for wire in wires), time.monotonic()
    output, _ = load.start_background("probe", writer.port, RENEWED, RENEWED / INTERVAL_S, options.idle_s).communicate()
    report = json.loads(output)
    if report["refused"]:
        raise load.LoadFailed(f"{report['refused']} heartbeats were refused")
    return (sum(wire.bytes for wire in wires) - before) / (time.monotonic() - began) / 1e3


def renewing_title(name):
    return f"bytes between two {name}, {RENEWED:,} instances that renew each {INTERVAL_S} s at one"


def renewing_of_musterd(options, work, say):
    pair = [clusters.Node(work / f"renewing-{number}") for number in (0, 1)]
    wires = [Wire(node.port) for node in pair]
    pair[0].set_peers([wires[1].port])
    pair[1].set_peers([wires[0].port])
    try:
        with pair[0], pair[1]:
            clusters.fill_all([(pair[0], 0, RENEWED)])
            time.sleep(QUIET_S)
            rate = renewing(pair[0], wires, options)
    finally:
        for wire in wires:
            wire.close()
    say(f"    two musterd: {rate:.2f} KB/s")
    return [Figure(renewing_title("musterd"), "KB/s", [rate])]


def renewing_of_spring(options, work, say):
    ports = [free_port(), free_port()]
    wires = [Wire(port) for port in ports]
    try:
        say("starting two Spring servers")
        with clusters.SpringPair(work / "renewing-spring", ports, [wire.port for wire in wires], (None, None)) as pair:
            fill(pair.servers[0], 0, RENEWED)
            time.sleep(QUIET_S)
            rate = renewing(pair.servers[0], wires, options)
    finally:
        for wire in wires:
            wire.close()
    say(f"    two Spring servers: {rate:.2f} KB/s")
    return [Figure(renewing_title("Spring servers"), "KB/s", [rate])]


class SplitCluster(clusters.Cluster):
    """Three nodes; the wires between the first and the others can be cut."""

    def __init__(self, directory):
        super().__init__(directory, 3)
        self.switch = Switch()
        self.wires = {}

    def __enter__(self):
        one, two, three = self.nodes
        for pair in ((one, two), (one, three), (two, one), (three, one)):
            self.wires[pair] = Wire(pair[1].port, self.switch)
        for node in self.nodes:
            node.set_peers([self.wires[node, other].port if (node, other) in self.wires else other.port
                            for other in self.nodes if other is not node])
        return self.start()

    def __exit__(self, *_):
        super().__exit__()
        for wire in self.wires.values():
            wire.close()

    def crossed(self):
        """Bytes that passed the wires since they were laid."""
        return sum(wire.bytes for wire in self.wires.values())


def heal_once(cluster, number, options):
    """Writes on both sides of a split, and what it takes until all nodes have them."""
    one, two, three = cluster.nodes
    cluster.switch.cut()
    began = time.monotonic()
    clusters.wait_until(lambda: not one.links() and len(two.links()) == 1, 30, "the split to be noticed")
    before = two.bytes_out()
    clusters.fill_all([(one, number, number + HEAL_WRITES), (two, number + HEAL_WRITES, number + 2 * HEAL_WRITES)])
    clusters.wait_until(lambda: two.content() == three.content(), 30, "one side to be equal")
    each = (two.bytes_out() - before) / HEAL_WRITES  # a change as it is sent to one node
    time.sleep(max(0, options.split_s - (time.monotonic() - began)))
    inside = sum(link["bytes_out"] for node in (two, three) for link in node.links())
    crossed = cluster.crossed()
    cluster.switch.mend()
    mended = time.monotonic()
    clusters.wait_until(one.links, HEAL_WITHIN_S, "a link over the mended wire")
    linked = time.monotonic() - mended
    clusters.wait_until(cluster.equal, HEAL_WITHIN_S, "all nodes to be equal")
    equal = time.monotonic() - mended
    cluster.wait_linked()
    cluster.wait_told()
    told = time.monotonic() - mended
    time.sleep(1)
    # Inside the second side links stood throughout, so their counters go on; across, the wires have counted.
    within = sum(link["bytes_out"] for node, other in ((two, three), (three, two)) for link in node.links(other)) - inside
    sent = cluster.crossed() - crossed + within
    # The first side's writes are lacked by two nodes, the second's by one.
    return {"linked": linked, "equal": equal, "after_link": equal - linked, "told": told, "bytes_each": each, "sent": sent,
            "ratio": sent / (3 * HEAL_WRITES * each)}


def heal(options, work, say):
    results = []
    with SplitCluster(work / "heal") as cluster:
        cluster.fill(HEAL_BEFORE)
        for turn in range(options.rounds):
            result = heal_once(cluster, HEAL_BEFORE + turn * 2 * HEAL_WRITES, options)
            say(f"    split {turn + 1} of {options.rounds}: " + ", ".join(f"{key} {value:,.2f}" for key, value in result.items()))
            results.append(result)
    values = lambda key: [result[key] for result in results]
    title = f"after a split of {options.split_s} s with {HEAL_WRITES:,} registrations a side"
    return [Figure(f"{title}: from the mended wire until all nodes are equal", "s", values("equal"), most=2),
            Figure("of that, until the first link stands", "s", values("linked")),
            Figure("until every node says that all are equal", "s", values("told")),
            Figure("bytes sent, of those that changed", "times", values("ratio"), most=2)]
