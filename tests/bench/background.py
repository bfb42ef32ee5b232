"""Loads that run beside a measurement, each a process of its own on the load core. Each prints one JSON line at its end.

    background.py churn PORT INSTANCES RATE              changes one instance after the other until its standard input ends
    background.py readers PORT COUNT ACCEPT...           slow readers of the whole registry until its standard input ends
    background.py probe PORT INSTANCES RATE SECONDS      heartbeats at a fixed rate; the delay of each counts from its due time
    background.py sight PORT OTHER FIRST RATE SECONDS    registers an instance after the other at PORT, and says how long each takes
                                                         until it is seen at OTHER
"""
import json
import os
import select
import selectors
import socket
import sys
import time

from population import Connection, heartbeat, instance_id, read, registration, service_of

READ_BYTES = 256 * 1024
READ_PAUSE_S = 0.02  # a reader takes 256 KiB each 20 ms: 12.5 MB/s
LOOK_PAUSE_S = 0.0001
LONG_LOOK_PAUSE_S = 0.002  # once the youngest has been missing for ten of these
UNSEEN_S = 20              # given up, and counted as lost


def told_to_stop(seconds):
    """Waits for the end of standard input, at most so long."""
    return bool(select.select([sys.stdin], [], [], max(0, seconds))[0])


def churn(port, instances, rate):
    connection = Connection(port)
    start, sent, refused, version = time.monotonic(), 0, 0, 0
    while not told_to_stop(start + sent / rate - time.monotonic()):
        number = sent % instances
        version += number == 0
        refused += connection.exchange(registration(number, version)) != 204
        sent += 1
    return {"sent": sent, "refused": refused, "rate": round(sent / (time.monotonic() - start), 1)}


class Reader:
    """Fetches the whole registry again and again over one connection, slowly."""

    def __init__(self, port, accept, gzip):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_BYTES)
        self.socket.settimeout(120)
        self.socket.connect(("127.0.0.1", port))
        encoding = "Accept-Encoding: gzip\r\n" if gzip else ""
        self.request = (f"GET /eureka/apps HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n{encoding}"
                        "Connection: close\r\n\r\n").encode()
        self.socket.sendall(self.request)
        self.bytes = 0

    def step(self):
        """Reads a little; False when the body has ended."""
        data = self.socket.recv(READ_BYTES)
        self.bytes += len(data)
        return bool(data)


def readers(port, count, accepts):
    selector = selectors.DefaultSelector()
    totals = {"bodies": 0, "cut": 0, "bytes": 0}

    def begin(index):
        accept = accepts[index % len(accepts)]
        reader = Reader(port, "application/" + accept.removesuffix("+gzip"), accept.endswith("+gzip"))
        selector.register(reader.socket, selectors.EVENT_READ, (index, reader))

    for index in range(count):
        begin(index)
    while not told_to_stop(READ_PAUSE_S):
        for key, _ in selector.select(timeout=0):
            index, reader = key.data
            try:
                if reader.step():
                    continue
                totals["bodies"] += 1
            except OSError:
                totals["cut"] += 1
            totals["bytes"] += reader.bytes
            selector.unregister(reader.socket)
            reader.socket.close()
            begin(index)
    return totals


def probe(port, instances, rate, seconds):
    """Not fooled by a stalled server: a heartbeat that had to wait for the one before it is late, and counts as late."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        pass
    connection = Connection(port)
    for number in range(100):
        connection.exchange(heartbeat(number % instances))
    delays, refused = [], 0
    start = time.monotonic() + 0.1
    for turn in range(int(rate * seconds)):
        due = start + turn / rate
        wait = due - time.monotonic()
        if wait > 0:
            time.sleep(wait)
            # Waking up late is this process's fault, not the server's.
            due = max(due, time.monotonic())
        refused += connection.exchange(heartbeat(turn % instances)) != 200
        delays.append(time.monotonic() - due)
    return {"heartbeats": len(delays), "refused": refused, **percentiles(delays)}


def percentiles(delays):
    delays = sorted(delays)
    pick = lambda share: round(delays[min(len(delays) - 1, int(len(delays) * share))] * 1000, 3)
    return {"p50_ms": pick(0.5), "p99_ms": pick(0.99), "max_ms": pick(1.0)}


def sight(port, other, first, rate, seconds):
    """Each delay counts from when its registration was due, whatever became of those before it, until an answer of the
    other node shows it."""
    writer, reader = Connection(port), Connection(other)
    delays, waiting, refused, lost, sent = [], {}, 0, 0, 0
    count = int(rate * seconds)
    start = time.monotonic() + 0.1
    woke = start  # a registration that was due while this process slept too long is due when it woke
    while sent < count or waiting:
        now = time.monotonic()
        if sent < count and now >= start + sent / rate:
            if sent > 0:
                refused += writer.answer() != 204
            writer.send(registration(first + sent))
            waiting[first + sent] = max(start + sent / rate, woke)
            sent += 1
        for number in list(waiting):
            path = f"/eureka/apps/{service_of(number).upper()}/{instance_id(number)}"
            seen = reader.exchange(read(path)) == 200
            delay = time.monotonic() - waiting[number]
            if seen or delay > UNSEEN_S:
                delays.append(delay)
                lost += not seen
                del waiting[number]
        if waiting:
            youngest = time.monotonic() - max(waiting.values())
            time.sleep(LOOK_PAUSE_S if youngest < 10 * LONG_LOOK_PAUSE_S else LONG_LOOK_PAUSE_S)
        elif sent < count:
            time.sleep(max(0, start + sent / rate - time.monotonic()))
            woke = time.monotonic()
    return {"instances": len(delays), "refused": refused, "lost": lost, **percentiles(delays)}


def main():
    what, port, *rest = sys.argv[1:]
    if what == "churn":
        result = churn(int(port), int(rest[0]), float(rest[1]))
    elif what == "readers":
        result = readers(int(port), int(rest[0]), rest[1:])
    elif what == "probe":
        result = probe(int(port), int(rest[0]), float(rest[1]), float(rest[2]))
    elif what == "sight":
        result = sight(int(port), int(rest[0]), int(rest[1]), float(rest[2]), float(rest[3]))
    else:
        sys.exit(__doc__)
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
