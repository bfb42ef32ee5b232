"""A TCP relay that a client talks through: it passes every byte on unchanged and notes the requests and their answers."""
import re
import socket
import threading

REQUEST = re.compile(rb"(GET|PUT|POST|DELETE|HEAD|PATCH|OPTIONS) (\S+) HTTP/1\.[01]\r\n")
ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
KEPT = 4096  # a line that is split between two reads is found whole in the next


class Tap:
    """Relays from a port of its own to `target`, a port or several: the first that answers. `seen` is a list of (method, path, status) in the order of the answers."""

    def __init__(self, target):
        self.targets = [target] if isinstance(target, int) else list(target)
        self.seen = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/eureka"

    def mark(self):
        with self.lock:
            return len(self.seen)

    def since(self, mark=0):
        with self.lock:
            return self.seen[mark:]

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = self._connect()
            if server is None:
                client.close()  # as refused: the daemon is down
                continue
            asked = []
            for source, sink, note in ((client, server, lambda match, asked=asked: asked.append(match)),
                                       (server, client, lambda match, asked=asked: self._answered(asked, match))):
                pattern = REQUEST if source is client else ANSWER
                threading.Thread(target=relay, args=(source, sink, pattern, note), daemon=True).start()

    def _connect(self):
        for target in self.targets:
            try:
                server = socket.create_connection(("127.0.0.1", target), timeout=5)
                server.settimeout(None)
                return server
            except OSError:
                continue
        return None

    def _answered(self, asked, match):
        request = asked.pop(0) if asked else None
        with self.lock:
            self.seen.append((request.group(1).decode() if request else "?", request.group(2).decode() if request else "?",
                              int(match.group(1))))


def relay(source, sink, pattern, note):
    tail = b""
    try:
        while data := source.recv(65536):
            tail += data
            end = 0
            for match in pattern.finditer(tail):
                note(match)
                end = match.end()
            tail = tail[max(end, len(tail) - KEPT):]
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
