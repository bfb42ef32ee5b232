"""Drives one agent: a line of JSON in, a line of JSON out."""
import itertools
import json
import os
import queue
import signal
import subprocess
import threading

ANSWER_SECONDS = 30
END_SECONDS = 30
# Fast enough for tests, far enough apart for a busy machine. Scenarios change what they are about.
OPTIONS = {"poll_ms": 100, "peers_ms": 300, "connect_timeout_ms": 500, "request_timeout_ms": 2000, "retry_ms": 50,
           "quarantine_ms": 50, "quarantine_max_ms": 200, "ready_timeout_ms": 3000, "hold_ms": 60000, "eject_after": 3,
           "eject_ms": 300, "eject_max_ms": 3000, "drain_ms": 0, "stop_timeout_ms": 2000}


class AgentError(AssertionError):
    """The agent answered `"ok": false`."""


class Agent:
    """Leaving the `with` block ends it, whatever happened. `wrapper` is put before its command."""

    def __init__(self, command, nodes, cache=None, client_id="kit", environment=None, wrapper=(), **options):
        self.command = [*wrapper, *command]
        for node in nodes:
            self.command += ["--node", node]
        if cache:
            self.command += ["--cache", cache]
        if client_id:
            self.command += ["--client-id", client_id]
        for name, value in {**OPTIONS, **options}.items():
            self.command += ["--" + name.replace("_", "-"), str(value)]
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("MUSTER") and name != "POD_IP"}
        self.environment.update(environment or {})
        self.numbers = itertools.count(1)
        self.lines, self.said = queue.Queue(), []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=self.environment)
        self.readers = [threading.Thread(target=self._read, daemon=True), threading.Thread(target=self._listen, daemon=True)]
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join(5)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                stream.close()
            except OSError:
                pass

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(b"")

    def _listen(self):
        for line in self.process.stderr:
            self.said = [*self.said[-50:], line.decode("utf-8", "replace").rstrip()]

    def send(self, line):
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self):
        try:
            line = self.lines.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise AssertionError(f"the agent gave no answer; it said {self.said}") from None
        if not line:
            raise AssertionError(f"the agent has ended; it said {self.said}")
        return json.loads(line)

    def ask(self, verb, **arguments):
        """The answer; raises AgentError when the agent says that it is none."""
        number = next(self.numbers)
        self.send(json.dumps({"id": number, "do": verb, **arguments}).encode())
        answer = self.receive()
        if answer.get("id") != number:
            raise AssertionError(f"an answer out of order: {answer}")
        if answer.get("ok") is not True:
            raise AgentError(str(answer.get("error")))
        return answer

    # ------------------------------------------------------------------------------------------ shorter

    def ids(self, service):
        return [one["id"] for one in self.ask("find", service=service)["instances"]]

    def state(self, service, instance):
        return self.ask("registration", service=service, instance=instance)

    def polls(self):
        return self.ask("stats")["polls"]

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def end(self):
        """The exit code, once it has ended."""
        try:
            return self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the agent does not end; it said {self.said}") from None
