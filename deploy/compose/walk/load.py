"""Constant user load on the shop: so many calls of its page a second, each counted in the step in which it began."""
import collections
import http.client
import threading
import time

CALL_SECONDS = 5
WORKERS = 8


class Counts:
    """Of one step. `away`: refused, or reset before the shop took the connection, which only its own restart explains."""

    def __init__(self):
        self.begun, self.calls, self.failed, self.away, self.repeated, self.seconds = 0, 0, 0, 0, 0, []
        self.reasons = collections.Counter()

    def slowest_ms(self):
        return 1000 * max(self.seconds, default=0)

    def p99_ms(self):
        return 1000 * sorted(self.seconds)[int(0.99 * len(self.seconds))] if self.seconds else 0


class Load:
    """Workers that share one beat. A worker that is late with a call makes up for it: the rate holds on average."""

    def __init__(self, host, port, rate):
        self.host, self.port, self.rate = host, port, rate
        self._lock = threading.Condition()  # guards what follows, and tells of calls that ended
        self._counts, self._sent, self._over = Counts(), 0, False
        self._began = time.monotonic()
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(WORKERS)]

    def __enter__(self):
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_):
        self._over = True
        for worker in self._workers:
            worker.join(CALL_SECONDS + 1)

    def next_step(self):
        """Counts from now on for another step; returns what was counted before, once the calls under way have ended."""
        with self._lock:
            before, self._counts = self._counts, Counts()
            self._lock.wait_for(lambda: before.calls == before.begun, 2 * CALL_SECONDS)
            return before

    def counted(self):
        with self._lock:
            return self._counts.calls

    def _work(self):
        while not self._over:
            with self._lock:
                due = self._began + self._sent / self.rate
                self._sent += 1
            time.sleep(max(0, due - time.monotonic()))
            with self._lock:
                counts = self._counts
                counts.begun += 1
            self._call(counts)

    def _call(self, counts):
        began, repeated, reason, away = time.monotonic(), 0, None, False
        connection = http.client.HTTPConnection(self.host, self.port, timeout=CALL_SECONDS)
        try:
            connection.request("GET", "/")
            answer = connection.getresponse()
            answer.read()
            repeated = int(answer.getheader("Repeated", "0"))
            if answer.status != 200:
                reason = f"answered {answer.status}"
        except (OSError, http.client.HTTPException) as error:
            # Exactly these: RemoteDisconnected, which is a ConnectionResetError too, says that an answer was broken off.
            away, reason = type(error) in (ConnectionRefusedError, ConnectionResetError), f"{type(error).__name__} {error}"
        finally:
            connection.close()
        with self._lock:
            counts.calls += 1
            counts.away += away
            counts.failed += reason is not None and not away
            counts.repeated += repeated
            counts.seconds.append(time.monotonic() - began)
            if reason is not None:
                counts.reasons[reason] += 1
            self._lock.notify_all()
