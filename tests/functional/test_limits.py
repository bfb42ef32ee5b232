#!/usr/bin/env python3
"""Goal: whatever a stranger can grow has a limit, and the node is well beyond it.
Method: small values for all of them; go to each limit, then one step over; the node still serves after."""
import gzip
import json
import signal
import unittest

import http_exchange
import musterd
from eureka import an_instance, lease, register

CONFIG = """
[limits]
instances = 40
services = 20
dormant_overrides = 3
overlay_entries = 4
overlay_bytes = 200
changes = 10
tombstones = 5
[instance]
service_name_bytes = 20
instance_id_bytes = 30
field_bytes = 64
metadata_entries = 5
metadata_key_bytes = 16
metadata_value_bytes = 100
metadata_bytes = 300
[http]
connections = 30
headers = 20
header_bytes = 4096
body_bytes = 8192
inflated_body_bytes = 16384
body_depth = 8
[v1]
renew_batch = 3
reason_bytes = 10
[lease]
duration_max_s = 600
"""


def http_config(**settings):
    return "[http]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def gauges(daemon):
    """Metrics without labels, by name."""
    lines = (line.split(" ") for line in daemon.get("/metrics").text.splitlines() if not line.startswith("#") and "{" not in line)
    return {name: float(value) for name, value, *_ in lines}


class Limits(musterd.DaemonTest):
    config = CONFIG

    def tearDown(self):
        self.expect(self.daemon.get("/healthz"), 200)

    def put(self, body, service="lim", instance_id="a"):
        return self.daemon.put(f"/v1/services/{service}/instances/{instance_id}", body)

    def test_names(self):
        self.assertLess(self.put({}, "s" * 20).status, 300)
        self.assertIn(self.put({}, "s" * 21).status, (400, 413))
        self.assertLess(self.put({}, instance_id="i" * 30).status, 300)
        self.assertIn(self.put({}, instance_id="i" * 31).status, (400, 413))
        self.assertIn(register(self.daemon, "S" * 21, "a").status, (400, 413))
        self.assertIn(register(self.daemon, "LIM", "i" * 31).status, (400, 413))

    def test_fields(self):
        self.assertLess(self.put({"zone": "z" * 64}).status, 300)
        self.assertIn(self.put({"zone": "z" * 65}).status, (400, 413))
        self.assertIn(register(self.daemon, "LIM", "f", homePageUrl="u" * 65).status, (400, 413))

    def test_metadata(self):
        allowed = ({f"k{n}": "v" for n in range(5)}, {"k" * 16: "v"}, {"k": "v" * 100}, {"a": "v" * 100, "b": "v" * 98, "c": "v" * 99})
        over = ({f"k{n}": "v" for n in range(6)}, {"k" * 17: "v"}, {"k": "v" * 101}, {"a": "v" * 100, "b": "v" * 100, "c": "v" * 100})
        for metadata in allowed:
            self.assertLess(self.put({"metadata": metadata}).status, 300)
            self.expect(register(self.daemon, "LIM", "m", metadata=metadata), 204)
        for metadata in over:
            self.assertIn(self.put({"metadata": metadata}).status, (400, 413))
            self.assertIn(register(self.daemon, "LIM", "m", metadata=metadata).status, (400, 413))

    def test_overlay(self):
        self.put({}, instance_id="over")
        path = "/v1/services/lim/instances/over/metadata"
        self.assertLess(self.daemon.patch(path, {f"k{n}": "v" for n in range(4)}).status, 300)
        for changes, limit in (({"k5": "v"}, "limits.overlay_entries"), ({"k0": "v" * 100, "k1": "v" * 100}, "limits.overlay_bytes")):
            problem = self.expect(self.daemon.patch(path, changes), 507).json()
            self.assertEqual((problem["type"], problem["limit"]), ("urn:muster:problem:limit-reached", limit))
        full = self.expect(self.daemon.put("/eureka/apps/LIM/over/metadata?k9=v"), 503)
        self.assertEqual(full.headers["x-muster-limit"], "limits.overlay_entries")
        self.assertLess(self.daemon.patch(path, {"k0": "w"}).status, 300)

    def test_bodies(self):
        padding = " " * (8192 - len('{"port":80}'))
        self.assertLess(self.put('{"port":80}' + padding).status, 300)
        self.expect(self.put('{"port":80}' + padding + " "), 413)
        self.expect(self.daemon.post("/eureka/apps/LIM", json.dumps(an_instance("LIM", "b")) + " " * 9000,
                                     content_type="application/json"), 413)

    def test_a_body_that_announces_too_much_is_not_awaited(self):
        with self.daemon.connect() as connection:
            connection.send_bytes(b"PUT /v1/services/a/instances/a HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n")
            self.assertEqual(connection.read().status, 413)

    def test_a_chunked_body_is_counted(self):
        with self.daemon.connect() as connection:
            connection.send_bytes(b"PUT /v1/services/a/instances/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(20):
                    connection.send_bytes(b"400\r\n" + b" " * 1024 + b"\r\n")
            except OSError:
                pass
            self.assertEqual(connection.read().status, 413)

    def test_inflated_bodies(self):
        def packed(size):
            return gzip.compress(json.dumps(an_instance("LIM", "z")).encode().ljust(size))
        headers = {"content_type": "application/json", "content_encoding": "gzip"}
        self.expect(self.daemon.post("/eureka/apps/LIM", packed(16384), **headers), 204)
        self.expect(self.daemon.post("/eureka/apps/LIM", packed(16385), **headers), 413)
        bomb = gzip.compress(b" " * 7_000_000)
        self.assertLess(len(bomb), 8192, "goes in, and must not come out")
        before = self.daemon.resident_bytes()
        for _ in range(20):
            self.expect(self.daemon.post("/eureka/apps/LIM", bomb, **headers), 413)
        self.assertLess(self.daemon.resident_bytes() - before, 30_000_000)

    def test_depth(self):
        body = json.dumps(an_instance("LIM", "d", unknown=1))
        for depth, allowed in ((5, True), (9, False), (800, False)):
            nested = '{"a":' * depth + "1" + "}" * depth
            reply = self.daemon.post("/eureka/apps/LIM", body.replace('"unknown": 1', f'"unknown": {nested}'),
                                     content_type="application/json")
            self.assertEqual(reply.status, 204 if allowed else 400, f"depth {depth}")
        xml = "<instance>" + "<a>" * 9 + "</a>" * 9 + "</instance>"
        self.expect(self.daemon.post("/eureka/apps/LIM", xml, content_type="application/xml"), 400)

    def test_headers(self):
        self.expect(self.daemon.request("GET", "/healthz", {f"X-{n}": "v" for n in range(17)}), 200)
        self.expect(self.daemon.request("GET", "/healthz", {f"X-{n}": "v" for n in range(25)}), 431)
        self.expect(self.daemon.request("GET", "/healthz", {"X-Long": "v" * 3000}), 200)
        self.expect(self.daemon.request("GET", "/healthz", {"X-Long": "v" * 5000}), 431)
        self.assertIn(self.daemon.request("GET", "/healthz?" + "q" * 5000).status, (414, 431))

    def test_batches_and_reasons(self):
        items = [{"service": "lim", "id": f"{n}"} for n in range(4)]
        self.expect(self.daemon.post("/v1/renew", {"instances": items[:3]}), 200)
        self.assertIn(self.daemon.post("/v1/renew", {"instances": items}).status, (400, 413))
        self.put({}, instance_id="why")
        self.assertLess(self.daemon.put("/v1/services/lim/instances/why/drain", {"reason": "r" * 10}).status, 300)
        self.assertIn(self.daemon.put("/v1/services/lim/instances/why/drain", {"reason": "r" * 11}).status, (400, 413))

    def test_leases(self):
        self.assertEqual(self.put({"lease": {"interval_s": 10, "duration_s": 9999}}).json()["lease"]["duration_s"], 600)
        self.expect(register(self.daemon, "LIM", "lease", leaseInfo=lease(30, 2147483647)), 204)
        shown = self.daemon.get("/v1/services/lim/instances/lease").json()
        self.assertEqual(shown["lease"]["duration_s"], 600)


class Registry(musterd.DaemonTest):
    config = CONFIG

    def test_instances_services_and_what_stays_of_them(self):
        created = 0
        for number in range(60):
            reply = register(self.daemon, f"APP{number % 10}", f"i{number}")
            created += reply.status == 204
            self.assertIn(reply.status, (204, 503))
        self.assertEqual(created, 40)
        full = self.daemon.put("/v1/services/app0/instances/one-more", {})
        self.expect(full, 507)
        self.assertIn("limits.instances", full.text, "says which limit")
        self.expect(self.daemon.put("/eureka/apps/APP0/i0"), 200)
        self.expect(register(self.daemon, "APP0", "i0", metadata={"a": "b"}), 204)
        self.expect(self.daemon.delete("/eureka/apps/APP0/i0"), 200)
        self.expect(register(self.daemon, "APP0", "another"), 204)

    def test_services(self):
        with musterd.Daemon(config=CONFIG) as daemon:
            statuses = [daemon.put(f"/v1/services/s{number}/instances/a", {}).status for number in range(25)]
            self.assertEqual([status < 300 for status in statuses], [True] * 20 + [False] * 5)

    def test_what_is_kept_of_those_that_are_gone(self):
        with musterd.Daemon(config=CONFIG) as daemon:
            for number in range(12):
                path = f"/v1/services/gone/instances/i{number}"
                self.assertEqual(daemon.put(path, {"incarnation": 7}).status, 201)
                self.assertLess(daemon.delete(path).status, 300)

            def bounded():
                kept = gauges(daemon)
                self.assertEqual(kept["muster_tombstones"], 5)
                self.assertLessEqual(kept["muster_delta_changes"], 10)
            musterd.eventually(30, bounded, "limits.tombstones and limits.changes")
            again = [daemon.put(f"/v1/services/gone/instances/i{number}", {"incarnation": 7}).status for number in range(12)]
            self.assertEqual(again, [201] * 7 + [410] * 5, "those that left last are still known")

    def test_dormant_overrides(self):
        with musterd.Daemon(config=CONFIG) as daemon:
            for number in range(10):
                path = f"/v1/services/dormant/instances/i{number}"
                self.assertLess(daemon.put(path, {}).status, 300)
                self.assertEqual(daemon.put(path + "/drain", {"reason": "x"}).status, 200)
                self.assertLess(daemon.delete(path).status, 300)
            self.assertEqual(daemon.get("/healthz").status, 200)
            drained = [number for number in range(10)
                       if daemon.put(f"/v1/services/dormant/instances/i{number}", {}).json()["status"] == "OUT_OF_SERVICE"]
            self.assertEqual(drained, [0, 1, 2], "those that waited first stay")


LONG = "/v1/services/long?zone=a"  # filtered, so that each reader has an answer of its own
LONG_COUNT = 2500
READERS = 8


class LongAnswers(unittest.TestCase):
    """Lists that are encoded in the background: so many at a time, and so much memory while they wait for slow readers."""

    def fill(self, daemon, padding):
        body = {"zone": "a", "metadata": {f"k{n}": "v" * 4000 for n in range(padding)}}
        with daemon.connect() as connection:
            for number in range(LONG_COUNT):
                reply = connection.exchange("PUT", f"/v1/services/long/instances/i{number}", {}, body)
                self.assertEqual(reply.status, 201, reply.raw)

    def reload(self, daemon, **settings):
        daemon.write_config(http_config(**settings))
        daemon.signal(signal.SIGHUP)
        musterd.eventually(30, lambda: self.shows(daemon, **settings), "the reload")

    def shows(self, daemon, **settings):
        config = daemon.get("/v1/node").json()["config"]
        self.assertEqual({name: config[f"http.{name}"]["value"] for name in settings}, settings)

    def read_together(self, daemon):
        """All replies of readers who ask at one time, with a heartbeat between their asking and their reading."""
        connections = [daemon.connect() for _ in range(READERS)]
        try:
            for connection in connections:
                connection.send("GET", LONG)
            self.assertEqual(daemon.put("/v1/services/long/instances/i0/renew").status, 204)
            return [connection.read() for connection in connections]
        finally:
            for connection in connections:
                connection.close()

    def test_one_too_many_is_told_to_come_back(self):
        with musterd.Daemon(config=http_config(long_answers=1)) as daemon:
            self.shows(daemon, long_answers=1)
            self.fill(daemon, padding=0)

            def refused():
                replies = self.read_together(daemon)
                self.assertLessEqual({reply.status for reply in replies}, {200, 503})
                for reply in replies:
                    if reply.status == 200:
                        self.assertEqual(len(reply.json()["instances"]), LONG_COUNT)
                    else:
                        self.assertEqual((reply.headers["retry-after"], reply.json()["type"]), ("1", "urn:muster:problem:busy"))
                self.assertEqual({reply.status for reply in replies}, {200, 503}, "some are answered, others refused")
            musterd.eventually(30, refused, "http.long_answers at the start")
            self.reload(daemon, long_answers=READERS)
            for _ in range(5):
                self.assertEqual([reply.status for reply in self.read_together(daemon)], [200] * READERS)

    def test_answers_that_nobody_reads_are_cut(self):
        with musterd.Daemon(config=http_config(unsent_bytes=1 << 20)) as daemon:
            self.shows(daemon, unsent_bytes=1 << 20)
            self.fill(daemon, padding=3)  # 30 MB, more than sockets hold

            def asked():
                readers = [daemon.connect(receive_buffer=4096) for _ in range(4)]
                for reader in readers:
                    reader.send("GET", LONG)
                return readers
            slow = asked()
            musterd.eventually(30, lambda: self.assertGreater(gauges(daemon)["muster_http_readers_cut_total"], 0), "a cut")
            for reader in slow:
                reader.close()
            musterd.eventually(30, lambda: self.assertEqual(gauges(daemon)["muster_http_unsent_bytes"], 0), "nobody waiting")
            self.reload(daemon, unsent_bytes=1 << 30)
            cut = gauges(daemon)["muster_http_readers_cut_total"]
            slow = asked()
            musterd.eventually(30, lambda: self.assertGreater(gauges(daemon)["muster_http_unsent_bytes"], 90_000_000), "all waiting")
            self.assertEqual(gauges(daemon)["muster_http_readers_cut_total"], cut)
            for reader in slow:
                reader.close()


class Connections(musterd.DaemonTest):
    config = CONFIG

    def test_one_connection_too_many_is_told_so(self):
        open_ones = [self.daemon.connect() for _ in range(30)]
        for connection in open_ones:
            self.assertEqual(connection.exchange("GET", "/healthz").status, 200)
        with self.daemon.connect() as one_more:
            try:
                one_more.send("GET", "/healthz")
                self.assertEqual(one_more.read().status, 503)
            except (http_exchange.Closed, ConnectionError):
                pass  # the answer may be lost with the request unread
        self.assertEqual(open_ones[0].exchange("GET", "/healthz").status, 200)
        for connection in open_ones:
            connection.close()
        musterd.eventually(30, lambda: self.assertEqual(self.daemon.get("/healthz").status, 200), "room again")


if __name__ == "__main__":
    musterd.main()
