"""Faults of networks, processes, clocks and disks, from a seed: one of the network and one of a machine at a time."""
import random
import time

import world

SETTLE_S = (0.5, 3.0)


class Nemesis:
    def __init__(self, nodes, switch, history, seed):
        self.nodes, self.switch, self.history = nodes, switch, history
        self.random = random.Random(f"{seed}/nemesis")
        self.under_way = {}  # kind: (ends at, number in the history, undo)
        self.next = {"network": 0.0, "machine": 0.0}
        self.network = [self.delay, self.loss, self.one_way, self.alone, self.halves, self.bridge, self.no_clients]
        self.machine = [self.frozen, self.frozen_long, self.crashed, self.crashed, self.restarted, self.clock, self.full_disk]
        self.bag = {"network": [], "machine": []}

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = time.monotonic()
            for kind in ("network", "machine"):
                if kind in self.under_way and now >= self.under_way[kind][0]:
                    self.undo(kind)
                    self.next[kind] = now + self.random.uniform(*SETTLE_S)
                elif kind not in self.under_way and now >= self.next[kind]:
                    self.begin(kind)
            time.sleep(0.02)
        self.heal()

    def heal(self):
        for kind in list(self.under_way):
            self.undo(kind)

    def begin(self, kind):
        if not self.bag[kind]:  # each comes once before one comes again
            self.bag[kind] = list(getattr(self, kind))
            self.random.shuffle(self.bag[kind])
        text, seconds, undo = self.bag[kind].pop()()
        print(f"  {time.monotonic() - self.history.began:6.1f} s  {text}, {seconds:.1f} s", flush=True)
        self.under_way[kind] = (time.monotonic() + seconds, self.history.fault_begins(text), undo)

    def undo(self, kind):
        _, number, undo = self.under_way.pop(kind)
        undo()
        self.history.fault_ends(number)

    # ---------------------------------------------------------------------------------------------- the network

    @property
    def everybody(self):
        return [node.address for node in self.nodes]

    def change(self, weathers, **values):
        before = [(weather, {name: getattr(weather, name) for name in values}) for weather in weathers]
        for weather in weathers:
            for name, value in values.items():
                setattr(weather, name, value)

        def undo():
            for weather, old in before:
                for name, value in old.items():
                    setattr(weather, name, value)
        return undo

    def cut(self, *pairs):
        """Cuts every direction given as (sources, targets)."""
        return self.change([w for sources, targets in pairs for w in self.switch.between(sources, targets)], cut=1)

    def delay(self):
        ms = self.random.choice((1, 50, 200))
        undo = self.change(self.switch.between(self.everybody, self.everybody), delay=ms / 1000, jitter=ms / 2000)
        return f"packets between nodes take {ms} to {ms * 3 // 2} ms and overtake", self.random.uniform(4, 10), undo

    def loss(self):
        percent = self.random.choice((1, 10, 30))
        undo = self.change(self.switch.between(self.everybody, self.everybody), loss=percent / 100)
        return f"{percent} % of the packets between nodes are lost", self.random.uniform(4, 10), undo

    def one_way(self):
        a, b = self.random.sample(self.everybody, 2)
        return f"nothing goes from {a} to {b}, the other way works", self.random.uniform(4, 12), self.cut(([a], [b]))

    def alone(self):
        one = self.random.choice(self.everybody)
        others = [each for each in self.everybody if each != one]
        return f"{one} is cut off from the other nodes", self.random.uniform(5, 15), self.cut(([one], others), (others, [one]))

    def halves(self):
        mixed = self.random.sample(self.everybody, len(self.nodes))
        size = len(mixed) // 2
        few, many = mixed[:size], mixed[size:]
        return f"{few} and the others are parted", self.random.uniform(5, 15), self.cut((few, many), (many, few))

    def bridge(self):
        mixed = self.random.sample(self.everybody, len(self.nodes))
        size = len(mixed) // 2
        left, right = mixed[:size], mixed[size + 1:]
        return (f"only {mixed[size]} sees both {left} and {right}", self.random.uniform(5, 15),
                self.cut((left, right), (right, left)))

    def no_clients(self):
        one = self.random.choice(self.everybody)
        return (f"{one} is cut off from the clients", self.random.uniform(4, 10),
                self.cut(([one], [world.CLIENTS]), ([world.CLIENTS], [one])))

    # ---------------------------------------------------------------------------------------------- machines

    def frozen(self):
        return self.stand_still(self.random.uniform(1, 5))

    def frozen_long(self):
        return self.stand_still(self.random.uniform(8, 20))

    def stand_still(self, seconds):
        node = self.random.choice(self.nodes)
        node.freeze()
        return f"{node.address} stands still", seconds, node.thaw

    def crashed(self):
        node = self.random.choice(self.nodes)
        node.crash()

        def undo():
            node.start()
            node.wait_listening(20)
        return f"{node.address} is killed", self.random.uniform(0.1, 8), undo

    def restarted(self):
        node = self.random.choice(self.nodes)
        code = node.stop()
        if code != 0:
            self.history.find("bad_exit", node.address, f"SIGTERM ended it with {code}")

        def undo():
            node.start()
            node.wait_listening(20)
        return f"{node.address} is restarted", 0.1, undo

    def clock(self):
        node = self.random.choice(self.nodes)
        step = self.random.choice((-3600, -5, 5, 3600))
        node.set_clock(step)
        return f"the clock of {node.address} is set by {step} s", self.random.uniform(4, 10), lambda: node.set_clock(0)

    def full_disk(self):
        node = self.random.choice(self.nodes)
        node.fill_disk()
        return f"the disk of {node.address} is full", self.random.uniform(3, 8), node.free_disk
