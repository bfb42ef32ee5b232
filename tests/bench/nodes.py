"""Clusters of musterd, and what they say of themselves; pairs of Spring servers that replicate to each other."""
import http.client
import json
import re
import signal
import subprocess
import sys
import time

import load
import population as people
from servers import Musterd, Spring, StartFailed, free_port

READY_WITHIN_S = 180
LOOK_S = 0.005
BATCH = 32  # registrations under way on each connection of a filling


def document(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise load.LoadFailed(f"GET {path} answered {answer.status}")
    return json.loads(body)


class Node(Musterd):
    """A musterd with a list of peers; `more` is further text of its configuration."""

    ready_within = READY_WITHIN_S

    def __init__(self, directory, core=None, more=""):
        super().__init__(directory, core, free_port())
        self.more = more
        self.settings = self.directory / "musterd.toml"
        self.options = ["--config", str(self.settings)]

    def set_peers(self, ports):
        urls = ", ".join(f'"http://127.0.0.1:{port}"' for port in ports)
        self.settings.write_text(f"[cluster]\npeers = [{urls}]\n{self.more}\n", encoding="utf-8")

    def links(self, to=None):
        """Those that stand; of the node `to`, where it is given."""
        wanted = to and document(to.port, "/v1/peers")["node"]
        return [peer["link"] for peer in document(self.port, "/v1/peers")["peers"]
                if peer["link"] and wanted in (None, peer["node"])]

    def bytes_out(self):
        return sum(link["bytes_out"] for link in self.links())

    def bytes_in(self):
        return sum(link["bytes_in"] for link in self.links())

    def content(self):
        """The digest of all that it has; two nodes with the same are equal."""
        return document(self.port, "/v1/diff")["content"]

    def says_equal(self, others):
        """Whether it knows that each of so many others has the same, as of their last beacons."""
        diff = document(self.port, "/v1/diff")
        return diff["equal"] and sum(peer["registry"] == "equal" for peer in diff["peers"]) >= others


def start_all(servers):
    """At once: a node that starts alone would wait for the others."""
    for server in servers:
        server.launch()
    for server in servers:
        server.wait_ready()


class Cluster:
    """Owns nodes that all know each other, for as long as a `with` block runs."""

    def __init__(self, directory, count, cores=None):
        self.nodes = [Node(directory / f"node-{number}", core=cores[number] if cores else None) for number in range(count)]
        self.size = 0

    def __enter__(self):
        for node in self.nodes:
            node.set_peers([each.port for each in self.nodes])
        return self.start()

    def start(self):
        try:
            start_all(self.nodes)
            self.wait_linked()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            if node.process is not None:
                node.process.send_signal(signal.SIGTERM)
        for node in self.nodes:
            node.stop()

    def add(self, directory, core=None, more=""):
        """A further node, not yet started; it dials the others."""
        node = Node(directory, core=core, more=more)
        node.set_peers([each.port for each in self.nodes])
        return node

    def wait_linked(self):
        others = len(self.nodes) - 1
        wait_until(lambda: all(len(node.links()) == others for node in self.nodes), 30, "the nodes to be linked")

    def fill(self, size):
        """Registers up to so many instances, spread over the nodes, and waits until all have all of them."""
        first, share = self.size, (size - self.size) // len(self.nodes)
        parts = [(first + index * share, size if index + 1 == len(self.nodes) else first + (index + 1) * share)
                 for index in range(len(self.nodes))]
        fill_all([(node, *part) for node, part in zip(self.nodes, parts)])
        self.size = size
        self.wait_equal()

    def equal(self):
        return len({node.content() for node in self.nodes}) == 1

    def wait_equal(self, seconds=120):
        wait_until(self.equal, seconds, "all nodes to be equal")

    def wait_told(self, seconds=30):
        others = len(self.nodes) - 1
        wait_until(lambda: all(node.says_equal(others) for node in self.nodes), seconds, "all nodes to know that they are equal")

    def bytes_out(self):
        return sum(node.bytes_out() for node in self.nodes)

    def kernel_bytes_out(self):
        """What the kernel sent between the nodes: payload of TCP, retransmissions apart."""
        return sum(sent for _, _, sent in peer_sockets([node.pid() for node in self.nodes]))


def wait_until(condition, seconds, what):
    """Returns how long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise load.LoadFailed(f"waited {seconds} s for {what}")
        time.sleep(LOOK_S)
    return time.monotonic() - began


def peer_sockets(pids):
    """The connections whose both ends belong to one of the processes, by local and remote port, with bytes sent."""
    text = subprocess.run(["ss", "-tnpiHO", "state", "established"], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = []
    for line in text.splitlines():
        owner = re.search(r"pid=(\d+)", line)
        ports = re.findall(r"127\.0\.0\.1\]?:(\d+)", line)
        sent = re.search(r"bytes_sent:(\d+)", line)
        if owner and int(owner.group(1)) in pids and len(ports) >= 2:
            found.append((int(ports[0]), int(ports[1]), int(sent.group(1)) if sent else 0))
    ends = {(local, remote) for local, remote, _ in found}
    return [one for one in found if (one[1], one[0]) in ends]


def fill_all(parts):
    """Registers at several servers at once, each in a process of its own; parts are (server, first, end)."""
    fillers = [subprocess.Popen([sys.executable, str(load.HERE / "population.py"),
                                 *map(str, (server.port, first, end, people.UNATTENDED_S, BATCH))])
               for server, first, end in parts if end > first]
    if any([filler.wait() for filler in fillers]):
        raise load.LoadFailed("registering failed")


class SpringPair:
    """Two Spring servers, each the other's replica, that reach each other over the given ports."""

    def __init__(self, directory, ports, through, cores):
        self.servers = [Spring(directory / f"spring-{number}", core=cores[number], port=ports[number], options=[
            f"--eureka.client.service-url.defaultZone=http://127.0.0.1:{through[1 - number]}/eureka/"]) for number in (0, 1)]

    def __enter__(self):
        try:
            start_all(self.servers)
        except StartFailed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()


def warm(server, directory, seconds):
    """A Java server is an order of magnitude slower until its compiler has seen its work."""
    requests = directory / "warm-up"
    if not requests.exists():
        numbers = range(1_000)
        people.write_requests(requests, [people.registration(number, version) for version in (1, 2) for number in numbers] +
                              [people.heartbeat(number) for number in numbers] +
                              [people.read(f"/eureka/apps/{people.service_of(number).upper()}") for number in range(50)])
    load.wrk(server.port, requests, seconds)
