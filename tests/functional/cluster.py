"""Runs several musterd as one cluster on loopback, and does to them what machines do: crash, freeze, lose their disk."""
import contextlib
import os
import random
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import musterd
from musterd import eventually

LINKED_SECONDS = 60  # a sanitized daemon on a busy machine
# Below the ports that the system gives to outgoing connections, so that no connection takes the port of a node that is down.
PORTS = range(12000, 32000)
SNAPSHOTS = "[snapshot]\nperiod_ms = 200\n"


def free_port():
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port


class Node(musterd.Daemon):
    """One node. Its port and its data directory stay the same when it starts again."""

    def __init__(self, port, *options, peers=(), config=None, environment=None, wrapper=()):
        self.wrapper = list(wrapper)
        for peer in peers:
            options += ("--peer", peer)
        super().__init__(*options, config=config, environment=environment, listen=f"127.0.0.1:{port}")
        self.port = port

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def command(self):
        return self.wrapper + super().command()

    def crash(self):
        """kill -9."""
        self.check_log()
        self.signal(signal.SIGKILL)
        self.close_log()

    def close_log(self):
        self.wait()
        self.process.stderr.close()

    def restart(self, wipe=False, wait_ready=True):
        """Starts it again after a crash or a stop, with its data directory or without."""
        if wipe:
            shutil.rmtree(self.data_dir)
        return self.start(wait_ready)

    @contextlib.contextmanager
    def frozen(self):
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def down(self):
        return self.process is None or self.process.poll() is not None

    # ------------------------------------------------------------------------------------------ what it says

    def peers(self):
        return self.get("/v1/peers").json()

    def linked_to(self, count):
        """Fails unless it is ready and has links to exactly so many others."""
        found = self.peers()
        linked = sum(1 for peer in found["peers"] if peer["linked"])
        if (found["state"], linked) != ("READY", count):
            raise AssertionError(f"{self.address}: {found['state']} with {linked} links, not READY with {count}")

    def entry(self, address):
        """What /v1/peers says of one entry of the list."""
        return next(one for one in self.peers()["addresses"] if one["address"] == address)

    def ids(self, service):
        """Ids of the instances that it lists, sorted."""
        reply = self.get(f"/v1/services/{service}")
        if reply.status not in (200, 404):
            raise AssertionError(f"{self.address}: {reply.status} {reply.raw[:300]!r}")
        return sorted(one["id"] for one in reply.json()["instances"]) if reply.status == 200 else []

    def causes(self, service, event="evicted"):
        """Events of this kind that it has had, as text."""
        return [str(one) for one in self.get(f"/v1/events?service={service}").json()["events"] if event in str(one)]


class Cluster:
    """Some nodes with the same list of peers. Leaving the `with` block ends them all, whatever happened."""

    def __init__(self, count=3, config=None, options=(), peers=None):
        ports = set()
        while len(ports) < count:
            ports.add(free_port())
        addresses = [f"127.0.0.1:{port}" for port in ports]
        self.nodes = [Node(port, *options, peers=peers or addresses, config=config) for port in ports]

    def __getitem__(self, number):
        return self.nodes[number]

    def __iter__(self):
        return iter(self.nodes)

    def __enter__(self):
        try:
            self.together(Node.start)
            self.wait_linked()
        except BaseException:
            self.end(check=False)
            raise
        return self

    def __exit__(self, kind, *_):
        self.end(check=kind is None)

    def together(self, action, nodes=None):
        """Does it to all nodes at the same time."""
        nodes = self.nodes if nodes is None else nodes
        with ThreadPoolExecutor(max(len(nodes), 1)) as pool:
            return list(pool.map(action, nodes))

    def end(self, check):
        def finish(node):
            try:
                if check:
                    if not node.down():
                        node.stop()
                    node.check_log()
            finally:
                node.kill()
                if node.process is not None and not node.process.stderr.closed:
                    node.clean()
                shutil.rmtree(node.folder, ignore_errors=True)
        self.together(finish)

    @property
    def up(self):
        return [node for node in self.nodes if not node.down()]

    def wait_linked(self, seconds=LINKED_SECONDS):
        nodes = self.up
        for node in nodes:
            eventually(seconds, lambda node=node: node.linked_to(len(nodes) - 1), "the cluster")

    def equal(self):
        """Fails unless all nodes that are up have the same content, and know it of each other. A node that was there once
        and is gone for good is shown as unreachable, and nobody can be equal to it."""
        diffs = [node.get("/v1/diff").json() for node in self.up]
        here = {diff["node"] for diff in diffs}
        found = {peer["registry"] for diff in diffs for peer in diff["peers"] if peer["node"] in here}
        if len({diff["content"] for diff in diffs}) != 1 or found - {"equal"}:
            raise AssertionError(f"not equal: {diffs}")

    def wait_equal(self, seconds=30):
        eventually(seconds, self.equal, "all nodes equal")


class SmallDisk(Node):
    """A node whose folder is a file system of its own, in a mount namespace that is gone with the process."""

    def inside(self, name):
        """The path of a file in its folder, as it is seen from here."""
        return f"/proc/{self.process.pid}/root{self.folder}/disk/{name}"


@contextlib.contextmanager
def small_disk(port, megabytes, config):
    """A node on a disk of this size."""
    node = SmallDisk(port, config=config)
    disk = os.path.join(node.folder, "disk")
    os.mkdir(disk)
    node.data_dir = os.path.join(disk, "data")
    flags = ["--mount"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--mount"]
    script = f'mount -t tmpfs -o size={megabytes}m tmpfs "$0" && exec "$@"'
    node.wrapper = ["unshare", *flags, "sh", "-c", script, disk]
    with node:
        yield node
