"""HTTP over plain sockets: sends bytes exactly as a test wants them, and reads replies strictly."""
import gzip
import json
import socket
from typing import NamedTuple


class Reply(NamedTuple):
    status: int
    headers: dict  # names in lower case
    raw: bytes     # the body as it came

    @property
    def body(self):
        return gzip.decompress(self.raw) if self.headers.get("content-encoding") == "gzip" else self.raw

    @property
    def text(self):
        return self.body.decode("utf-8")

    def json(self):
        return json.loads(self.text)

    @property
    def media_type(self):
        return self.headers.get("content-type", "").split(";")[0]


class Closed(Exception):
    """The server closed the connection instead of replying; `received` is what had come."""

    def __init__(self, received):
        super().__init__(f"closed after {received[:200]!r}")
        self.received = received


class Connection:
    """One connection; requests may be pipelined: send several, then read as many replies."""

    def __init__(self, port, timeout=30, receive_buffer=None, host="127.0.0.1"):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect((host, port))
        except OSError:
            self.socket.close()
            raise
        self.port = port
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, method, target, headers=None, body=None):
        self.send_bytes(request_bytes(method, target, headers, body, self.port))

    def read(self, method="GET"):
        head = self._until(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {}
        for line in filter(None, lines[1:]):
            name, _, value = line.partition(":")
            name = name.strip().lower()
            headers[name] = headers[name] + ", " + value.strip() if name in headers else value.strip()
        return Reply(status, headers, self._body(method, status, headers))

    def exchange(self, method, target, headers=None, body=None):
        self.send(method, target, headers, body)
        return self.read(method)

    def at_end(self):
        """Whether the server has closed; waits for it, and fails when more data comes."""
        try:
            more = self.pending or self.socket.recv(1)
        except ConnectionResetError:
            return True
        if more:
            raise AssertionError(f"data instead of the end: {more!r}")
        return True

    def _body(self, method, status, headers):
        if method == "HEAD" or status in (204, 304) or status < 200:
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        if "content-length" in headers:
            return self._exactly(int(headers["content-length"]))
        return self._rest()

    def _chunks(self):
        out = b""
        while True:
            size = int(self._until(b"\r\n").split(b";")[0], 16)
            out += self._exactly(size)
            self._until(b"\r\n")
            if size == 0:
                return out

    def _fill(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed(self.pending)
        self.pending += data

    def _until(self, mark):
        while mark not in self.pending:
            self._fill()
        head, _, self.pending = self.pending.partition(mark)
        return head

    def _exactly(self, size):
        parts, missing = [self.pending[:size]], size - len(self.pending)
        self.pending = self.pending[size:]
        while missing > 0:
            data = self.socket.recv(min(missing, 1 << 20))
            if not data:
                raise Closed(b"".join(parts))
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def _rest(self):
        try:
            while True:
                self._fill()
        except Closed as end:
            self.pending = b""
            return end.received


def request_bytes(method, target, headers=None, body=None, port=0):
    """A request as bytes. A dict or list as body is sent as JSON; text as UTF-8."""
    headers = dict(headers or {})
    if isinstance(body, (dict, list)):
        body = json.dumps(body, ensure_ascii=False)
        headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogatepass")
    if body is not None and "Transfer-Encoding" not in headers:
        headers.setdefault("Content-Length", str(len(body)))
    headers.setdefault("Host", f"127.0.0.1:{port}")
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8") + (body or b"")
