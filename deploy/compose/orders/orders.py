#!/usr/bin/env python3
"""Orders is a service of the demo: it says how many of an item were ordered. It is registered as long as it runs; on SIGTERM
it leaves the registry first, and ends when nobody can still be about to call it."""
import http.server
import json
import os
import socket
import sys
import urllib.parse
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../client/python"))
import muster  # noqa: E402  pylint: disable=wrong-import-position

ID = os.environ.get("INSTANCE") or "orders-" + socket.gethostname()


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64
    answers = 0
    me = None  # the registration, once there is one


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30  # of an idle connection

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/orders":
            item = urllib.parse.parse_qs(url.query).get("item", [""])[0]
            self.server.answers += 1
            self.answer(200, json.dumps({"by": ID, "count": zlib.crc32(item.encode()) % 50}), "application/json")
        elif url.path == "/healthz":  # healthy is who is registered as UP: who waits for that finds it
            me = self.server.me
            self.answer(200 if me and me.acknowledged == "UP" else 503, me.state if me else "starting")
        elif url.path == "/metrics":
            self.answer(200, f"# TYPE orders_answers_total counter\norders_answers_total {self.server.answers}")
        else:
            self.answer(404, "there are /orders, /healthz and /metrics")

    def answer(self, status, text, kind="text/plain"):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_):
        """Nothing: there are fifty a second."""


def main():
    host, _, port = os.environ.get("LISTEN", "127.0.0.1:8080").rpartition(":")
    server = Server((host, int(port)), Handler)
    client = muster.Client(drain_ms=3000)  # callers poll every second
    client.close_on_sigterm(then=server.shutdown)
    server.me = client.register("orders", ID, port=server.server_port, interval_s=2, duration_s=6)
    server.me.up()
    server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
