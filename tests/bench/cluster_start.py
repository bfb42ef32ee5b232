"""Nodes that join a cluster or come back to it, and what an instance costs on each node of one."""
import time

import memory
import nodes as clusters
from cluster_report import Figure

CORES = (0, 0, 1)  # those that stand share one, who comes has the other
JOIN_GOALS_S = {100_000: 1.5, 1_000_000: 10}
MEMORY_SIZE = 100_000
KEEPS_SOON = "[snapshot]\nperiod_ms = 5000"


def sizes(options):
    return [size for size in JOIN_GOALS_S if size <= options.size_max] or [options.size_max]


def rounds_of(options, size):
    return options.rounds if size < 1_000_000 else min(options.rounds, 3)


def join_and_restart(options, work, say):
    """Two nodes stand; a third joins them with nothing, and comes back with what it kept."""
    lines = []
    with clusters.Cluster(work / "join", 2, cores=CORES) as cluster:
        for size in sizes(options):
            say(f"two nodes: registering up to {size:,} instances")
            cluster.fill(size)
            took = {"join": [], "bytes": [], "ended": [], "killed": []}
            for turn in range(rounds_of(options, size)):
                come_and_go(cluster, cluster.add(work / f"comer-{size}-{turn}", core=CORES[2], more=KEEPS_SOON), took)
                say(f"    {size:,} instances, round {turn + 1}: ready after " +
                    ", ".join(f"{key} {took[key][-1]:.2f} s" for key in ("join", "ended", "killed")) +
                    f", {took['bytes'][-1]:,.0f} bytes an instance at the join")
            goal = JOIN_GOALS_S.get(size)
            lines += [Figure(f"join with {size:,} instances, start to READY", "s", took["join"], most=goal),
                      Figure("bytes received meanwhile, an instance", "bytes", took["bytes"]),
                      Figure(f"restart with {size:,} after SIGTERM, start to READY", "s", took["ended"]),
                      Figure(f"restart with {size:,} after SIGKILL, start to READY", "s", took["killed"])]
    return lines


def come_and_go(cluster, comer, took):
    try:
        took["join"].append(comer.start().start_seconds)
        took["bytes"].append(comer.bytes_in() / cluster.size)
        same = lambda: comer.content() == cluster.nodes[0].content()
        clusters.wait_until(same, 60, "the new node to be equal")
        comer.stop()
        took["ended"].append(comer.start().start_seconds)
        clusters.wait_until(same, 60, "the node to be equal again")
        wait_for_snapshot(comer)
        comer.stop(at_once=True)
        took["killed"].append(comer.start().start_seconds)
        clusters.wait_until(same, 60, "the node to be equal again")
    finally:
        comer.stop(at_once=True)


def wait_for_snapshot(node):
    """One that was begun after this node came to have everything."""
    began = time.time()
    newest = lambda: max((file.stat().st_mtime for file in (node.directory / "data").rglob("*")), default=0)
    clusters.wait_until(lambda: newest() > began, 60, "a snapshot")


def memory_of_nodes(options, work, say):
    size = min(MEMORY_SIZE, options.size_max)
    with clusters.Cluster(work / "memory", 3) as cluster:
        idle = [memory.settled(node) for node in cluster.nodes]
        say(f"three nodes: registering {size:,} instances")
        cluster.fill(size)
        cluster.wait_told()
        each = [(memory.settled(node) - before) / size for node, before in zip(cluster.nodes, idle)]
    return [Figure("resident memory of an idle node with two peers", "MB", [value / 1e6 for value in idle], most=15),
            Figure(f"memory of an instance on each of three nodes, {size:,} instances", "bytes", each, most=1200)]
