#!/usr/bin/env python3
"""Goal: whatever networks, machines, clocks and disks do, nothing that was acknowledged is lost, nothing that was cancelled
comes back, nobody who renews is evicted, and when all is well again all nodes are equal.
Method: five real daemons in network namespaces that are joined by a switch of our own, clients with a history, faults from a
seed; then all is healed, and the history is judged. Exit code 0: nothing found; 1: something; 3: this machine cannot run it."""
import argparse
import os
import sys
import tempfile
import time

from clients import Client
from history import History, judge_end
from nemesis import Nemesis
from nodes import Node
import world

CONVERGE_S = 60
QUIET_S = 20  # of clients that renew after the healing, so that what is wrong by then shows


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of faults; healing and judging come on top")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--nodes", type=int, default=5)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--instances", type=int, default=8, help="of each client that renew")
    parser.add_argument("--keep-logs", metavar="FOLDER", help="copies the logs of the nodes there")
    parser.add_argument("--possible", action="store_true", help="only says whether this machine can run it")
    return parser.parse_args()


def wait_until(seconds, condition):
    """Seconds until it was true; None when it was not."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.05)
    return time.monotonic() - began


def equal(nodes):
    contents, here = set(), set()
    answers = []
    for node in nodes:
        status, _, found = node.ask("GET", "/v1/diff", timeout=5)
        if status != 200 or found["state"] != "READY":
            return False
        answers.append(found)
        contents.add(found["content"])
        here.add(found["node"])
    return len(contents) == 1 and all(
        {peer["node"] for peer in found["peers"] if peer["registry"] == "equal"} | {found["node"]} >= here for found in answers)


def listing(node):
    """All that a node lists: {(service, id): status}."""
    _, _, services = node.ask("GET", "/v1/services", timeout=10)
    out = {}
    for service in services["services"]:
        _, _, found = node.ask("GET", f"/v1/services/{service['name']}", timeout=10)
        out.update({(one["service"], one["id"]): one["status"] for one in found["instances"]} if found else {})
    return out


def same_lists(nodes, history):
    """The documents themselves: the native hash is of content alone, and Eureka's counts statuses. Tags are not compared:
    they also cover marks such as "late", of which each node has its own opinion where a lease has lost its holder."""
    registries = {node.ask("GET", "/v1/services", timeout=10)[2]["hash"] for node in nodes}
    hashes = set()
    for node in nodes:
        applications = node.ask("GET", "/eureka/apps", timeout=10)[2]
        hashes.add(applications["applications"]["apps__hashcode"] if applications else None)
    for name, found in (("registries", registries), ("hashes", hashes)):
        if len(found) != 1:
            history.find("unequal", name, str(found))


def settle(nodes, clients, history):
    """Healed: all nodes become equal within a bound, and clients that renew are told nothing wrong any more."""
    for client in clients:
        client.settle.set()
    took = wait_until(CONVERGE_S, lambda: equal(nodes))
    if took is None:
        documents = [node.ask("GET", "/v1/diff", timeout=5)[2] for node in nodes]
        history.find("unequal", "all", f"after {CONVERGE_S} s: {documents}")
    time.sleep(QUIET_S)
    for client in clients:
        client.stopped.set()
    for client in clients:
        client.join()
    if wait_until(CONVERGE_S, lambda: equal(nodes)) is None:
        history.find("unequal", "all", "not for long")
    return took


def judge(nodes, clients, history):
    keys = [key for client in clients for key in client.keys]
    judge_end(history, nodes, keys, {node.number: listing(node) for node in nodes})
    same_lists(nodes, history)
    for node in nodes:
        for line in node.faults():
            history.find("fault_of_the_program", node.address, line)
        if not node.up():
            history.find("fault_of_the_program", node.address, "it is gone")
    return keys


def report(history, took, keys, nodes, switch):
    counts = history.counts
    verdicts = ("lost", "resurrected", "falsely_evicted", "fenced", "shrunk", "wrong_status", "unequal", "bad_exit",
                "fault_of_the_program")
    for kind, key, text in history.findings[:20]:
        print(f"FOUND {kind}: {key}: {text}")
        for node in nodes:
            for line in node.log_of(f"id={key} ", 12) or node.log_of(f'"{key}"', 12):
                print(f"    node {node.number}: {line}")
    print("answers: " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items())
                                  if name.rpartition("_")[0] in ("register", "renew", "cancel", "drain", "read")))
    print(f"keys {len(keys)}, judged live {counts['live_checked']}, packets {switch.carried} carried and {switch.dropped} "
          f"dropped, expired rightly {counts['expired_rightly']}, unknown across a fault {counts['unknown_across_a_fault']}, "
          f"stale 410 across a fault {counts['stale_410_across_a_fault']}, w=1 gone {counts['w1_gone']}")
    print(f"operations {counts['ops']}, faults {counts['faults']}, " + ", ".join(f"{k} {counts[k]}" for k in verdicts) +
          f", equal after {'never' if took is None else f'{took:.1f} s'}")
    return 1 if history.findings else 0


def keep_logs(nodes, folder):
    os.makedirs(folder, exist_ok=True)
    for node in nodes:
        with open(node.log_path, "rb") as log, open(os.path.join(folder, f"node{node.number}.log"), "wb") as out:
            out.write(log.read())


def trial(options, folder):
    addresses = [f"{world.NETWORK}{number + 1}" for number in range(options.nodes)]
    nodes = [Node(number, folder, addresses) for number in range(options.nodes)]
    switch = world.Switch([world.Place(world.CLIENTS, own=True), *(node.place for node in nodes)], options.seed)
    if options.possible:
        return 0
    history = History()
    try:
        for node in nodes:
            node.start()
        for node in nodes:
            node.wait_listening(60)
        if wait_until(60, lambda: equal(nodes)) is None:
            raise RuntimeError("the nodes do not become one cluster")
        clients = [Client(number, nodes, history, options.seed, options.instances) for number in range(options.clients)]
        for client in clients:
            client.start()
        nemesis = Nemesis(nodes, switch, history, options.seed)
        nemesis.run(options.seconds)
        took = settle(nodes, clients, history)
        keys = judge(nodes, clients, history)
        for node in nodes:
            code = node.stop()
            if code != 0:
                history.find("bad_exit", node.address, f"at the end: {code}")
        return report(history, took, keys, nodes, switch)
    finally:
        for node in nodes:
            if node.up():
                node.thaw()
                node.crash()
        if options.keep_logs:
            keep_logs(nodes, options.keep_logs)


def main():
    options = arguments()
    sys.setswitchinterval(0.001)  # the switch is a thread among those of the clients
    if not os.environ.get("MUSTERD"):
        raise SystemExit("Set MUSTERD to the musterd program to test, for example build/release/bin/musterd.")
    folder = tempfile.mkdtemp(prefix="muster-cluster-")
    try:
        world.enter(folder, 256)
        print(f"seed {options.seed}, {options.seconds:.0f} s of faults", flush=True)
        return trial(options, folder)
    except world.Impossible as problem:
        print(f"This machine cannot run it: {problem}", file=sys.stderr)
        return 3
    finally:
        world.leave(folder)


if __name__ == "__main__":
    sys.exit(main())
