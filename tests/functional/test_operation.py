#!/usr/bin/env python3
"""Goal: an operator can start, watch and stop a node without surprises.
Method: real signals and real requests; /metrics is read as strictly as Prometheus reads it."""
import re
import signal
import time
import unittest

import http_exchange
import musterd
from eureka import register

SAMPLE = re.compile(r'^([a-z_:][a-z0-9_:]*)(\{(?:[a-z_]+="(?:[^"\\]|\\.)*",?)*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$')


def metrics(daemon):
    """{series: value}; fails on what is no Prometheus text."""
    reply = daemon.get("/metrics")
    assert reply.status == 200 and reply.media_type == "text/plain", reply.headers
    series, described = {}, set()
    for line in filter(None, reply.text.split("\n")):
        if line.startswith("#"):
            described.add(line.split(" ")[2])
            continue
        match = SAMPLE.match(line)
        assert match, f"no sample: {line!r}"
        base = re.sub(r"_(bucket|sum|count)$", "", match.group(1))
        assert {match.group(1), base} & described, f"{match.group(1)} has no HELP or TYPE"
        key = match.group(1) + (match.group(2) or "")
        assert key not in series, f"{key} twice"
        series[key] = float(match.group(3))
    return series


class Watching(musterd.DaemonTest):
    def test_health_and_readiness(self):
        self.expect(self.daemon.get("/healthz"), 200)
        self.expect(self.daemon.get("/readyz"), 200)

    def test_metrics_count(self):
        before = metrics(self.daemon)
        self.assertTrue(all(name.startswith(("muster_", "process_")) for name in before), sorted(before)[:50])
        register(self.daemon, "COUNTED", "a")
        for _ in range(5):
            self.daemon.put("/eureka/apps/COUNTED/a")
        after = metrics(self.daemon)

        def grown(part):
            return sum(value for name, value in after.items() if part in name) - \
                sum(value for name, value in before.items() if part in name)
        self.assertEqual(grown("muster_registrations"), 1)
        self.assertGreaterEqual(grown("muster_renewals"), 5)
        self.assertTrue(any("counted" in name for name in after), "services have series of their own")

    def test_odd_names_do_not_break_metrics(self):
        self.daemon.put("/v1/services/odd%22name/instances/a", {})
        self.daemon.put("/v1/services/odd{x}name/instances/a", {})
        metrics(self.daemon)

    def test_the_front_page_says_where_everything_is(self):
        page = self.expect(self.daemon.get("/"), 200).text
        for path in ("/eureka", "/v1/services", "/metrics", "/openapi.json"):
            self.assertIn(path, page)
        self.expect(self.daemon.get("/nothing"), 404)

    def test_node(self):
        node = self.expect(self.daemon.get("/v1/node"), 200).json()
        self.assertIn("version", str(node))
        self.assertRegex(node["started"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_a_node_that_has_not_changed_is_not_sent_again(self):
        tag = self.expect(self.daemon.get("/v1/node"), 200).headers["etag"]
        again = self.expect(self.daemon.get("/v1/node", if_none_match=tag), 304)
        self.assertEqual((again.headers["etag"], again.raw), (tag, b""))

    def test_clients_cannot_fill_the_log(self):
        before = len(self.daemon.lines)
        for number in range(200):
            self.daemon.get(f"/nothing/{number}")
            self.daemon.put(f"/eureka/apps/NOBODY/{number}")
            self.daemon.post("/eureka/apps/NOBODY", "{")
        self.assertLess(len(self.daemon.lines) - before, 20, self.daemon.log_tail())


class Quiet(unittest.TestCase):
    def test_a_start_without_arguments_warns_of_nothing(self):
        started = time.monotonic()
        with musterd.Daemon() as daemon:
            self.assertLess(time.monotonic() - started, 20)
            for number in range(3):
                register(daemon, "QUIET", f"i{number}")
            self.assertFalse([line for line in daemon.lines if re.search(r"\b(warn|warning|error)\b", line, re.I)])


class Stopping(unittest.TestCase):
    def test_sigterm_and_sigint_end_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), musterd.Daemon() as daemon:
                daemon.signal(number)
                self.assertEqual(daemon.wait(), 0)

    def test_requests_under_way_are_answered_and_idle_connections_closed(self):
        with musterd.Daemon(config="[shutdown]\ndrain_deadline_ms = 30000\n") as daemon:
            idle, busy = daemon.connect(), daemon.connect()
            self.assertEqual(idle.exchange("GET", "/healthz").status, 200)
            body = b'{"port":80}'
            request = http_exchange.request_bytes("PUT", "/v1/services/busy/instances/a", {}, body, daemon.port)
            busy.send_bytes(request[:-5])
            musterd.eventually(30, lambda: self.assertEqual(daemon.get("/healthz").status, 200))
            daemon.signal(signal.SIGTERM)
            self.assertTrue(idle.at_end())
            musterd.eventually(30, lambda: self.assertRaises(OSError, daemon.connect), "the listener closing")
            busy.send_bytes(request[-5:])
            reply = busy.read()
            self.assertEqual(reply.status, 201)
            self.assertEqual(reply.headers.get("connection", "").lower(), "close")
            self.assertTrue(busy.at_end())
            self.assertEqual(daemon.wait(), 0)
            idle.close()
            busy.close()

    def test_the_deadline_cuts_who_does_not_finish(self):
        with musterd.Daemon(config="[shutdown]\ndrain_deadline_ms = 300\n") as daemon:
            with daemon.connect() as stuck:
                stuck.send_bytes(b"PUT /v1/services/a/instances/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{")
                daemon.get("/healthz")
                daemon.signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(30), 0)

    def test_the_second_signal_stops_at_once(self):
        with musterd.Daemon(config="[shutdown]\ndrain_deadline_ms = 600000\n") as daemon:
            with daemon.connect() as stuck:
                stuck.send_bytes(b"PUT /v1/services/a/instances/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{")
                daemon.get("/healthz")
                daemon.signal(signal.SIGTERM)
                musterd.eventually(30, lambda: self.assertRaises(OSError, daemon.connect), "the listener closing")
                daemon.signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(30), 1)

    def test_a_restart_in_the_same_directory(self):
        with musterd.Daemon() as daemon:
            daemon.stop()
            daemon.start()
            self.assertEqual(daemon.get("/readyz").status, 200)

    def test_two_nodes_do_not_share_a_directory(self):
        with musterd.Daemon() as daemon:
            other = musterd.Daemon(data_dir=daemon.data_dir)
            with self.assertRaises(AssertionError):
                other.start()
            other.kill()
            other.clean()

    def test_the_peer_list_may_name_the_node_itself(self):
        with musterd.Daemon("--peer", "http://127.0.0.1:8761", "--peer", "http://localhost:8761") as daemon:
            self.assertEqual(daemon.get("/readyz").status, 200)
        port = 0
        with musterd.Daemon() as daemon:
            port = daemon.port
        with musterd.Daemon("--peer", f"http://127.0.0.1:{port}", listen=f"127.0.0.1:{port}") as daemon:
            self.assertEqual(daemon.get("/readyz").status, 200)


if __name__ == "__main__":
    musterd.main()
