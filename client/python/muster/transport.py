"""One HTTP request to one node, under a hard time-out. No redirects, no proxies, one connection a request."""
from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from typing import Dict, Mapping, Optional
from urllib.parse import urlsplit

from .errors import TransportError
from .settings import ANSWER_BYTES_MAX


class Response:
    """Header names are in lower case."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes):
        self.status, self.body = status, body
        self.headers: Dict[str, str] = {name.lower(): value for name, value in headers.items()}


class HttpTransport:
    """Lives on any thread; requests do not share anything but the TLS context."""

    def __init__(self, tls: Optional[ssl.SSLContext] = None):
        self._tls = tls

    def request(self, method: str, url: str, headers: Mapping[str, str], body: Optional[bytes],
                connect_ms: float, total_ms: float) -> Response:
        """Raises TransportError when no answer was read within `total_ms`."""
        deadline = time.monotonic() + total_ms / 1000
        parts = urlsplit(url)
        try:
            connected = self._connect(parts.scheme, parts.hostname or "", parts.port, connect_ms / 1000, deadline)
        except (OSError, UnicodeError) as error:
            raise TransportError(f"{parts.netloc}: cannot connect: {error}") from error
        try:
            return self._exchange(connected, parts, method, headers, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TransportError(f"{parts.netloc}: no answer: {error or type(error).__name__}") from error
        finally:
            connected.close()

    def _connect(self, scheme: str, host: str, port: Optional[int], connect_s: float, deadline: float) -> socket.socket:
        connect_by = min(deadline, time.monotonic() + connect_s)
        found = socket.getaddrinfo(host, port or (443 if scheme == "https" else 80), type=socket.SOCK_STREAM)
        last: OSError = OSError("the name has no address")
        for family, kind, protocol, _, address in found:
            plain = socket.socket(family, kind, protocol)
            try:
                plain.settimeout(_left(connect_by))
                plain.connect(address)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if scheme != "https":
                    return plain
                plain.settimeout(_left(deadline))
                context = self._tls or ssl.create_default_context()
                return context.wrap_socket(plain, server_hostname=host)
            except OSError as error:
                plain.close()
                last = error
        raise last

    @staticmethod
    def _exchange(connected: socket.socket, parts, method: str, headers: Mapping[str, str], body: Optional[bytes],
                  deadline: float) -> Response:
        connection = http.client.HTTPConnection(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        connection.sock = _Bounded(connected, deadline)  # type: ignore[assignment]
        target = parts.path + ("?" + parts.query if parts.query else "")
        connection.request(method, target, body=body, headers={"Connection": "close", **headers})
        answer = connection.getresponse()
        content = answer.read(ANSWER_BYTES_MAX + 1)
        if len(content) > ANSWER_BYTES_MAX:
            raise ValueError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
        if answer.length:
            raise ValueError("the answer ended early")
        return Response(answer.status, dict(answer.getheaders()), content)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


class _Bounded:
    """A socket whose every operation ends at the deadline: a node that drips bytes gains no time."""

    def __init__(self, connected: socket.socket, deadline: float):
        self._connected, self._deadline = connected, deadline

    def sendall(self, data) -> None:
        self._connected.settimeout(_left(self._deadline))
        self._connected.sendall(data)

    def makefile(self, *_args, **_keywords):
        return io.BufferedReader(_Reader(self._connected, self._deadline))

    def close(self) -> None:
        """The owner of the socket closes it, once the body is read."""


class _Reader(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: float):
        super().__init__()
        self._connected, self._deadline = connected, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self._connected.settimeout(_left(self._deadline))
        return self._connected.recv_into(buffer)
