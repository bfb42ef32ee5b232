"""Runs the daemon under test: the program named by the environment variable MUSTERD, on a port of its own choice."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import http_exchange

LISTENING = re.compile(r"\blistening\b.*\baddress=(\S+) port=(\d+)")
FAULT = re.compile(r"(Address|Thread|Leak|Memory)Sanitizer|runtime error:|terminate called|Assertion .* failed|please report (this|it)")
EXCEPTIONS = re.compile(r"^muster_http_handler_exceptions_total (\S+)$", re.MULTILINE)
ANSWER_SECONDS = 10
START_SECONDS = 60  # a sanitized daemon on a busy machine
STOP_SECONDS = 60


def binary():
    path = os.environ.get("MUSTERD")
    if not path or not os.path.exists(path):
        raise SystemExit("Set MUSTERD to the musterd program to test, for example build/asan/bin/musterd.")
    return path


def eventually(total, attempt, what="it", passing=()):
    """Calls `attempt` until it neither raises AssertionError nor OSError; then returns its result. After `total`
    seconds the last reason is the failure. What is of the class `passing` fails at once."""
    deadline = time.monotonic() + total
    while True:
        try:
            return attempt()
        except (AssertionError, OSError, http_exchange.Closed) as reason:
            if passing and isinstance(reason, passing):
                raise
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come true within {total} s: {reason}") from reason
        time.sleep(0.01)


class Daemon:
    """One musterd. Use it in a `with` block: leaving it stops the daemon and checks that it stopped well."""

    def __init__(self, *options, config=None, environment=None, listen="127.0.0.1:0", open_files=None, data_dir=None):
        self.folder = tempfile.mkdtemp(prefix="muster-test-")
        self.options = list(options)
        self.config = config
        self.environment = environment or {}
        self.listen = listen
        self.open_files = open_files
        self.data_dir = data_dir or os.path.join(self.folder, "data")
        self.process, self.port, self.lines = None, None, []
        self.changed = threading.Condition()

    # ---------------------------------------------------------------------------------------------- life

    def command(self):
        command = [binary()]
        if self.listen:
            command += ["--listen", self.listen]
        command += ["--data-dir", self.data_dir]
        if self.config is not None:
            command += ["--config", self.write_config(self.config)]
        return command + self.options

    def write_config(self, text):
        path = os.path.join(self.folder, "musterd.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start(self, wait_ready=True):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        environment.update(self.environment)
        command = self.command()
        if self.open_files:
            command = ["prlimit", f"--nofile={self.open_files}:{self.open_files}", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=environment)
        self.lines = []
        self.reader = threading.Thread(target=self._read_log, args=(self.process,), daemon=True)
        self.reader.start()
        self.port = int(self.wait_for_log(LISTENING, START_SECONDS).group(2))
        if wait_ready:
            eventually(START_SECONDS, lambda: _equal(self.get("/readyz").status, 200), "/readyz")
        return self

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            self.clean()
            raise

    def __exit__(self, kind, *_):
        try:
            if self.process.poll() is None:
                self.stop()
            self.check_log()
        except AssertionError:
            if kind is None:
                raise
        finally:
            self.kill()
            self.clean()

    def stop(self):
        """Ends it by SIGTERM, and checks that it has had no fault and says goodbye with 0."""
        self.check_exceptions()
        self.signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"musterd ended with {code}; its log ends:\n{self.log_tail()}")

    def signal(self, number):
        os.kill(self.process.pid, number)

    def wait(self, seconds=STOP_SECONDS):
        code = self.process.wait(timeout=seconds)
        self.reader.join(timeout=10)
        return code

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def clean(self):
        if self.process is not None and self.process.stderr:
            self.reader.join(timeout=10)
            self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_log(self):
        for line in list(self.lines):
            if FAULT.search(line):
                raise AssertionError(f"musterd reported a fault of its own:\n{self.log_tail(80)}")

    def check_exceptions(self):
        """Fails when a request failed by a fault of the daemon. One that no longer answers has been left so by its test."""
        try:
            with self.connect(timeout=ANSWER_SECONDS) as connection:
                reply = connection.exchange("GET", "/metrics", {"Connection": "close"})
        except (OSError, http_exchange.Closed):
            return
        if reply.status == 200 and EXCEPTIONS.search(reply.text).group(1) != "0":
            raise AssertionError(f"a request failed by a fault of musterd; its log ends:\n{self.log_tail(80)}")

    # ---------------------------------------------------------------------------------------------- log

    def _read_log(self, process):
        for raw in process.stderr:
            with self.changed:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    def wait_for_log(self, pattern, seconds=30):
        """The first match of `pattern` in a line of the log; waits for it."""
        pattern, deadline, seen = re.compile(pattern), time.monotonic() + seconds, 0
        with self.changed:
            while True:
                for line in self.lines[seen:]:
                    match = pattern.search(line)
                    if match:
                        return match
                seen = len(self.lines)
                ended = self.process.poll() is not None and not self.reader.is_alive()
                left = deadline - time.monotonic()
                if ended or left <= 0:
                    raise AssertionError(f"no log line matches {pattern.pattern!r}; the log ends:\n{self.log_tail()}")
                self.changed.wait(min(left, 0.2))

    def log_tail(self, count=25):
        return "\n".join(self.lines[-count:])

    # ---------------------------------------------------------------------------------------------- requests

    def connect(self, **options):
        return http_exchange.Connection(self.port, **options)

    def request(self, method, target, headers=None, body=None):
        with self.connect() as connection:
            return connection.exchange(method, target, {"Connection": "close", **(headers or {})}, body)

    def get(self, target, **headers):
        return self.request("GET", target, _headers(headers))

    def put(self, target, body=None, **headers):
        return self.request("PUT", target, _headers(headers), body)

    def post(self, target, body=None, **headers):
        return self.request("POST", target, _headers(headers), body)

    def delete(self, target, **headers):
        return self.request("DELETE", target, _headers(headers))

    def patch(self, target, body=None, **headers):
        return self.request("PATCH", target, _headers(headers), body)

    # ---------------------------------------------------------------------------------------------- what it uses

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_file_count(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _headers(given):
    """Keyword arguments as header names: `content_type` is Content-Type."""
    return {"-".join(word.capitalize() for word in name.split("_")): value for name, value in given.items()}


def _equal(got, want):
    if got != want:
        raise AssertionError(f"{got!r}, not {want!r}")


class DaemonTest(unittest.TestCase):
    """A test case with one fresh daemon for all its tests, in `self.daemon`. `options` and `config` start it."""

    options, config, environment = (), None, None
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(*cls.options, config=cls.config, environment=cls.environment)
        cls.daemon.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__(None, None, None)

    def restart(self):
        """A fresh daemon for the next test, where tests would find what others left."""
        self.tearDownClass()
        self.setUpClass()

    def expect(self, reply, status):
        self.assertEqual(reply.status, status, f"{reply.headers} {reply.raw[:500]!r}")
        return reply


def main():
    unittest.main(verbosity=2)
