"""What all scenarios share: the agent of the language under test, nodes, and waiting."""
import hashlib
import json
import os
import shutil
import tempfile
import unittest

import cluster
from agent import Agent
from musterd import Daemon, eventually
from stand_in import StandIn, instance

WAIT_SECONDS = 30
NO_HOLD = "[self_preservation]\nenabled = false\n"


class Scenario(unittest.TestCase):
    command = None  # of the agent; run.py sets it
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="muster-thin-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.cache = os.path.join(self.folder, "cache")

    # ------------------------------------------------------------------------------------------ actors

    def agent(self, *nodes, **options):
        """An agent that is told of these nodes: stand-ins, daemons or URLs."""
        return self.enterContext(Agent(self.command, [url_of(node) for node in nodes], **options))

    def stand_in(self, **services):
        made = self.enterContext(StandIn())
        for service, instances in services.items():
            made.has(service, *instances)
        return made

    def two_stand_ins(self, **services):
        """Home and the other one, for the client id that agents have here."""
        both = [self.stand_in(**services), self.stand_in(**services)]
        first = ordered("kit", [one.url for one in both])[0]
        return both if both[0].url == first else both[::-1]

    def daemon(self, *options, **more):
        return self.enterContext(Daemon(*options, config=NO_HOLD, **more))

    def node(self):
        """A daemon that keeps its port when it starts again."""
        made = cluster.Node(cluster.free_port(), config=NO_HOLD)
        return self.enterContext(made)

    def cluster(self, count=3):
        return self.enterContext(cluster.Cluster(count, config=NO_HOLD))

    # ----------------------------------------------------------------------------------------- waiting

    def soon(self, attempt, what="it"):
        return eventually(WAIT_SECONDS, attempt, what)

    def soon_equal(self, read, wanted, what="it"):
        self.soon(lambda: self.assertEqual(read(), wanted), what)

    def soon_state(self, agent, service, name, **wanted):
        def attempt():
            found = agent.state(service, name)
            self.assertEqual({key: found[key] for key in wanted}, wanted, found)
            return found
        return self.soon(attempt, f"{name} {wanted}")

    def some_polls(self, agent, more=4):
        """Lets the client poll: what would happen has had its chance."""
        before = agent.polls()
        self.soon(lambda: self.assertGreaterEqual(agent.polls(), before + more), "polls")


def url_of(node):
    if isinstance(node, str):
        return node
    return node.url if isinstance(node, StandIn) else f"http://127.0.0.1:{node.port}"


def ordered(client_id, urls):
    """The order of the nodes of a client, as client/README.md has it."""
    return sorted(urls, key=lambda url: hashlib.sha256(f"{client_id} {url}".encode()).hexdigest(), reverse=True)


def some(count, **more):
    return [instance(f"i{number}", port=8000 + number, **more) for number in range(count)]


def names(instances):
    return [one["id"] for one in instances]


# ------------------------------------------------------------------------------------------------ cache files

def file_name(service):
    slug = "".join(one if one in "abcdefghijklmnopqrstuvwxyz0123456789.-" else "_" for one in service)[:60]
    return f"service-{slug}-{hashlib.sha256(service.encode()).hexdigest()[:16]}.jsonl"


def packed(kind, document):
    """A cache file, written from the description alone."""
    body = json.dumps(document).encode()
    head = {"format": 1, "kind": kind, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    return json.dumps(head).encode() + b"\n" + body + b"\n"


def unpacked(path, kind):
    """The document of a cache file; AssertionError for one that is not as described."""
    with open(path, "rb") as file:
        first, second, rest = file.read().split(b"\n")
    head = json.loads(first)
    wanted = {"format": 1, "kind": kind, "bytes": len(second), "sha256": hashlib.sha256(second).hexdigest()}
    if head != wanted or rest != b"":
        raise AssertionError(f"{path} begins with {head}, not with {wanted}")
    return json.loads(second)
