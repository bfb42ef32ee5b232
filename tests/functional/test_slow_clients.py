#!/usr/bin/env python3
"""Goal: clients that are slow, silent or too many cost nothing but their own connection.
Method: short time-outs; slow loris in headers and in the body, a silent one, a reader that takes nothing; open files run
out. Measured: who is cut, that others are served meanwhile, and the CPU time of the daemon."""
import time
import unittest

import http_exchange
import musterd
from eureka import a_spring_instance

CONFIG = """
[http]
header_timeout_ms = 800
body_timeout_ms = 800
idle_timeout_ms = 800
write_timeout_ms = 800
"""


class Slow(musterd.DaemonTest):
    config = CONFIG

    def cut(self, connection, allowed_status=408):
        """The server ends the connection, after 408 or without a word."""
        try:
            self.assertEqual(connection.read().status, allowed_status)
            self.assertTrue(connection.at_end())
        except http_exchange.Closed as end:
            self.assertEqual(end.received, b"")
        connection.close()

    def test_a_header_that_never_ends(self):
        connection = self.daemon.connect()
        connection.send_bytes(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        began, cut = time.monotonic(), False
        while time.monotonic() - began < 20 and not cut:
            try:
                connection.send_bytes(b"a")
                connection.socket.settimeout(0.05)
                answer = connection.socket.recv(100)
                cut = answer == b"" or answer.startswith(b"HTTP/1.1 408 ")
                self.assertTrue(cut, f"cut off by {answer!r}")
            except TimeoutError:
                self.assertEqual(self.daemon.get("/healthz").status, 200)
            except OSError:
                cut = True
        self.assertTrue(cut, "a byte now and then keeps no connection open")
        connection.close()

    def test_a_body_that_never_comes(self):
        connection = self.daemon.connect()
        connection.send_bytes(b"PUT /v1/services/a/instances/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
        self.cut(connection)

    def test_silence(self):
        connection = self.daemon.connect()
        self.assertTrue(connection.at_end())
        connection.close()
        connection = self.daemon.connect()
        self.assertEqual(connection.exchange("GET", "/healthz").status, 200)
        self.assertTrue(connection.at_end())
        connection.close()

    def test_a_reader_that_takes_nothing(self):
        with self.daemon.connect() as writer:
            for number in range(2000):
                writer.send("POST", "/eureka/apps/BIG", {}, a_spring_instance(number, "BIG"))
                self.assertEqual(writer.read().status, 204)
        readers = [self.daemon.connect(receive_buffer=4096) for _ in range(5)]
        for reader in readers:
            for _ in range(8):
                reader.send("GET", "/eureka/apps", {"Accept": "application/json"})
        began = time.monotonic()
        self.assertEqual(self.daemon.get("/healthz").status, 200)
        self.assertLess(time.monotonic() - began, 5)
        before = self.daemon.open_file_count()
        musterd.eventually(30, lambda: self.assertLessEqual(self.daemon.open_file_count(), before - 5), "slow readers cut")
        for reader in readers:
            reader.close()


class Descriptors(unittest.TestCase):
    def test_running_out_neither_spins_nor_deafens(self):
        with musterd.Daemon(open_files=60, config="[http]\nconnections = 10000\n") as daemon:
            held = []
            try:
                for _ in range(100):
                    held.append(daemon.connect(timeout=5))
                served = 0
                for connection in held[:20]:
                    served += connection.exchange("GET", "/healthz").status == 200
                self.assertEqual(served, 20)
                cpu, began = daemon.cpu_seconds(), time.monotonic()
                while time.monotonic() - began < 2:
                    self.assertEqual(held[0].exchange("GET", "/healthz").status, 200)
                    time.sleep(0.1)
                spent = (daemon.cpu_seconds() - cpu) / (time.monotonic() - began)
                self.assertLess(spent, 0.3, "of a core, while it has no descriptor left")
                self.assertLess(len(daemon.lines), 60, daemon.log_tail())
            finally:
                for connection in held:
                    connection.close()
            musterd.eventually(30, lambda: self.assertEqual(daemon.get("/healthz").status, 200), "hearing again")


if __name__ == "__main__":
    musterd.main()
