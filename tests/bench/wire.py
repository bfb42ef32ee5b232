"""A wire between two servers: forwards connections, counts their bytes, and can be cut as a network is."""
import socket
import threading

CHUNK = 256 * 1024


class Switch:
    """Opens and cuts the wires that share it. A cut wire takes connections and bytes and lets nothing through; what was
    under way when it is mended is lost, as it is once both ends of a split have given up."""

    def __init__(self):
        self.open = threading.Event()
        self.open.set()
        self.lock = threading.Lock()
        self.sockets = set()

    def cut(self):
        self.open.clear()

    def mend(self):
        with self.lock:
            old, self.sockets = self.sockets, set()
        for each in old:
            hang_up(each)
        self.open.set()

    def know(self, *sockets):
        with self.lock:
            self.sockets.update(sockets)

    def knows(self, one):
        with self.lock:
            return one in self.sockets

    def forget(self, *sockets):
        with self.lock:
            self.sockets.difference_update(sockets)


class Wire:
    """Listens on a port of its own and leads to another; its threads end with the program or by `close`."""

    def __init__(self, target, switch=None):
        self.target = target
        self.switch = switch or Switch()
        self.bytes = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        hang_up(self.listener)
        self.switch.mend()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        self.switch.know(near)
        self.switch.open.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
        except OSError:
            hang_up(near)
            return
        far.settimeout(None)
        self.switch.know(far)
        if not self.switch.knows(near):
            hang_up(far)
        for each in (near, far):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=self._pump, args=(far, near), daemon=True)
        back.start()
        self._pump(near, far)
        back.join()
        self.switch.forget(near, far)
        near.close()
        far.close()

    def _pump(self, source, sink):
        try:
            while data := source.recv(CHUNK):
                self.switch.open.wait()
                sink.sendall(data)
                with self.switch.lock:
                    self.bytes += len(data)
        except OSError:
            pass
        hang_up(sink)
        hang_up(source)


def hang_up(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
