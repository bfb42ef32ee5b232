"""A scriptable node: it answers the native API as a small registry does, and otherwise than a healthy one where it is told to."""
import hashlib
import http.server
import json
import re
import socket
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

INSTANCE = re.compile(r"^/v1/services/([^/]+)/instances/([^/]+)(/renew|/status)?$")
SERVICE = re.compile(r"^/v1/services/([^/]+)$")
LOG_MAX = 100_000
DRIP_SECONDS = 0.05


def instance(name, status="UP", port=80, weight=None, duration_s=90, **more):
    """An instance as the API shows it."""
    metadata = {"weight": str(weight)} if weight is not None else {}
    return {"id": name, "status": status, "reported_status": status, "address": "127.0.0.1", "port": port, "secure_port": None,
            "zone": None, "metadata": metadata, "lease": {"interval_s": 30, "duration_s": duration_s, "state": "ok"},
            "incarnation": 1, **more}


def problem(status, kind, detail="as the test wants it"):
    return status, {"type": f"urn:muster:problem:{kind}", "title": kind, "status": status, "detail": detail}, {}


class Request:
    def __init__(self, method, target, headers, body):
        self.at, self.method, self.headers, self.body = time.monotonic(), method, headers, body
        self.path, self.query = urlsplit(target).path, parse_qs(urlsplit(target).query)

    @property
    def document(self):
        return json.loads(self.body or b"{}")


class StandIn:
    """Use it in a `with` block. `stop` and `start` keep the port: the node is down meanwhile."""

    def __init__(self):
        self.services, self.events = {}, {}     # {service: {id: document}}, {service: [event]}
        self.nodes = []                         # what /v1/peers names
        self.rules = []                         # functions of a request: (status, document or bytes, headers), or None
        self.manner = "prompt"                  # or "silent": takes requests and never answers; "drip": byte after byte
        self.log = []
        self.port, self.server = 0, None
        self.open = threading.Event()

    # ------------------------------------------------------------------------------------------ life

    def start(self):
        handler = type("Handler", (_Handler,), {"stand_in": self})
        self.server = _Server(("127.0.0.1", self.port), handler)
        self.port = self.server.server_address[1]
        self.open.set()
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self):
        self.open.clear()
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    # ---------------------------------------------------------------------------------------- script

    def has(self, service, *instances):
        self.services[service] = {one["id"]: one for one in instances}

    def event(self, service, name, cause):
        self.events.setdefault(service, []).append({"number": len(self.events.get(service, [])) + 1, "cause": cause, "service": service,
                                                    "id": name, "at": "2026-01-01T00:00:00.000Z", "by": None})

    def always(self, status, document=None, **headers):
        """One answer to everything, until `heal`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.rules = [lambda _: (status, document if document is not None else {}, named)]

    def heal(self):
        self.rules, self.manner = [], "prompt"

    def asked(self, method=None, pattern=""):
        """The requests that it was asked so far."""
        return [one for one in list(self.log) if method in (None, one.method) and re.search(pattern, one.path)]

    # --------------------------------------------------------------------------------------- answers

    def answer(self, request):
        self.log = [*self.log[-LOG_MAX:], request]
        for rule in list(self.rules):
            found = rule(request)
            if found is not None:
                return found
        matched = INSTANCE.match(request.path)
        if matched:
            return self._instance(request, unquote(matched[1]), unquote(matched[2]), matched[3])
        matched = SERVICE.match(request.path)
        if matched and request.method == "GET":
            return self._list(request, unquote(matched[1]))
        if request.path == "/v1/events":
            return 200, {"events": self.events.get(request.query.get("service", [""])[0], []), "next": 0, "dropped": False}, {}
        if request.path == "/v1/peers":
            return 200, {"node": "stand-in", "state": "READY", "nodes": self.nodes, "addresses": [], "peers": []}, {}
        return problem(404, "no-such-path")

    def _list(self, request, service):
        found = self.services.get(service)
        if found is None:
            return problem(404, "unknown-service")
        document = {"service": service, "instances": [found[name] for name in sorted(found)]}
        tag = f'W/"{hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match") == tag:
            return 304, None, {"ETag": tag}
        return 200, document, {"ETag": tag}

    def _instance(self, request, service, name, part):
        found = self.services.setdefault(service, {})
        if request.method == "PUT" and part is None:
            given = request.document
            lease = {"interval_s": 30, "duration_s": 90, "state": "ok", **(given.get("lease") or {})}
            made = {name: value for name, value in given.items() if value is not None}
            found[name] = {**instance(name), **made, "lease": lease, "incarnation": given.get("incarnation") or 1}
            return 201, found[name], {}
        if name not in found:
            return problem(404, "unknown-instance")
        if request.method == "DELETE":
            del found[name]
            self.event(service, name, "cancelled")
            return 204, None, {}
        if part == "/status":
            found[name] = {**found[name], "status": request.document["status"]}
            return 200, found[name], {}
        return (204, None, {}) if part == "/renew" else (200, found[name], {})


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Clients that time out close their connections."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_in = None

    def do(self):
        request = Request(self.command, self.path, self.headers, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        status, document, headers = self.stand_in.answer(request)
        self.close_connection = True
        manner = self.stand_in.manner
        if manner == "silent":
            self._hold()
            return
        body = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        lines = [f"HTTP/1.1 {status} As told", "Content-Type: application/json", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if status not in (204, 304):
            lines.append(f"Content-Length: {len(body)}")
        whole = ("\r\n".join(lines) + "\r\n\r\n").encode() + body
        self._write(whole, slowly=manner == "drip")

    do_GET = do_PUT = do_POST = do_DELETE = do  # noqa: N815

    def _hold(self):
        """Until the client closes or the node stops."""
        self.connection.settimeout(0.05)
        while self.stand_in.open.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except socket.timeout:
                continue
            except OSError:
                return

    def _write(self, whole, slowly):
        pieces = [whole[at:at + 1] for at in range(len(whole))] if slowly else [whole]
        for piece in pieces:
            try:
                self.connection.sendall(piece)
            except OSError:
                return
            if slowly:
                time.sleep(DRIP_SECONDS)  # the pause is the fault itself

    def log_message(self, *_):  # pylint: disable=arguments-differ
        """Quiet."""
