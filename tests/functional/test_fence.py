#!/usr/bin/env python3
"""Goal: an instance that was taken out stays out, whatever of its own arrives late.
Method: 10,000 instances, each with one DELETE among late writes of the same incarnation in a random order over several
pipelined connections; when all are answered, none may be there. Then each registers anew, and is."""
import random
import unittest

import musterd
from eureka import DIRTY_MS, an_instance, ids

ROUNDS = 10_000
AT_ONCE = 250
CONNECTIONS = 4
SEED = 20_261_124


def eureka_writes(name, chance):
    base = f"/eureka/apps/FENCE/{name}"
    late = [("PUT", f"{base}?status=UP&lastDirtyTimestamp={DIRTY_MS}", None),
            ("PUT", f"{base}/status?value=OUT_OF_SERVICE&lastDirtyTimestamp={DIRTY_MS}", None),
            ("DELETE", f"{base}/status?lastDirtyTimestamp={DIRTY_MS}", None), ("PUT", f"{base}/metadata?k=v", None),
            ("POST", "/eureka/apps/FENCE", an_instance("FENCE", name)),
            ("POST", "/eureka/apps/FENCE", an_instance("FENCE", name, status="DOWN"))]
    return [("DELETE", base, None)] + chance.choices(late, k=chance.randint(2, 5))


def native_writes(name, chance):
    base = f"/v1/services/fence/instances/{name}"
    late = [("PUT", f"{base}/renew", None), ("PUT", f"{base}/status", {"status": "DOWN", "incarnation": 7}),
            ("PATCH", f"{base}/metadata", {"k": "v"}), ("PUT", base, {"incarnation": 7}), ("PUT", base, {"incarnation": 6}),
            ("POST", "/v1/renew", {"instances": [{"service": "fence", "id": name}]})]
    return [("DELETE", base, None)] + chance.choices(late, k=chance.randint(2, 5))


class Fence(musterd.DaemonTest):
    def all_answered(self, links, requests):
        """Sends every request on a connection of its list, pipelined, in the order given; returns the replies."""
        for link, (method, path, body) in requests:
            links[link].send(method, path, {}, body)
        return [(request, links[link].read(request[0])) for link, request in requests]

    def test_late_writes_do_not_bring_it_back(self):
        chance = random.Random(SEED)
        links = [self.daemon.connect(timeout=120) for _ in range(CONNECTIONS)]
        kinds = set()
        for first in range(0, ROUNDS, AT_ONCE):
            native = first // AT_ONCE % 2
            names = [f"i{number}" for number in range(first, first + AT_ONCE)]
            register = [(0, ("PUT", f"/v1/services/fence/instances/{name}", {"incarnation": 7}) if native else
                         ("POST", "/eureka/apps/FENCE", an_instance("FENCE", name))) for name in names]
            for request, reply in self.all_answered(links, register):
                self.assertLess(reply.status, 300, f"{request} {reply.raw}")
            writes = [(chance.randrange(CONNECTIONS), write) for name in names
                      for write in (native_writes if native else eureka_writes)(name, chance)]
            chance.shuffle(writes)
            for request, reply in self.all_answered(links, writes):
                self.assertLess(reply.status, 500, f"{request} {reply.raw}")
                if request[0] == "DELETE" and not request[1].endswith(("status", str(DIRTY_MS))):
                    self.assertLess(reply.status, 300, f"{request} {reply.raw}")
                kinds.add((request[0], reply.status))
            self.assertEqual(ids(self.daemon, "FENCE"), [], f"seed {SEED}, round {first}")
        self.assertLessEqual({("PUT", 200), ("PUT", 404), ("POST", 204), ("POST", 404), ("PUT", 410)}, kinds,
                             "writes came before and after the DELETE")
        self.new_ones_are_welcome(links)
        for link in links:
            link.close()

    def new_ones_are_welcome(self, links):
        names = [f"i{number}" for number in range(AT_ONCE)]
        again = [(0, ("POST", "/eureka/apps/FENCE", an_instance("FENCE", name, lastDirtyTimestamp=str(DIRTY_MS + 1))))
                 for name in names]
        for _, reply in self.all_answered(links, again):
            self.assertEqual(reply.status, 204)
        self.assertEqual(ids(self.daemon, "FENCE"), sorted(names))


if __name__ == "__main__":
    unittest.main(verbosity=2)
