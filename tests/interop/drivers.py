"""The real clients: how each is started and spoken to. The protocol is described in clients/README.md."""
import json
import os
import queue
import subprocess
import threading
from pathlib import Path

from servers import CACHE, free_port
from tap import Tap

HERE = Path(__file__).resolve().parent


class DriverFailed(Exception):
    """A client ended, or did not answer in time."""


class Driver:
    """One client in a process of its own, behind a tap."""

    def __init__(self, name, command, *, deltas, whole=0, misses_registrations=False, registers_status=False,
                 registers_unasked=False):
        self.name = name
        self.command = command
        self.deltas = deltas  # whether it fetches changes and applies them
        self.whole = whole  # how often it fetches everything when a service is new to it, whatever the server says
        self.misses_registrations = misses_registrations  # of instances that it knows: their changes are lost on it
        self.registers_status = registers_status  # says what it is by registering anew
        self.registers_unasked = registers_unasked  # when a heartbeat finds no server, not only when one is answered with 404
        self.app = name.upper().replace("-", "") + "CLIENT"
        self.port = free_port()
        self.answers = queue.Queue()
        self.process = self.tap = self.id = self.log = None
        self.can = []

    def launch(self, server_port, directory):
        self.tap = Tap(server_port)
        self.log = directory / f"{self.name}.log"
        own_log = directory / f"{self.name}-own.log"
        arguments = [part.format(base=self.tap.base, app=self.app, vip=self.app.lower(), port=self.port, log=own_log)
                     for part in self.command]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *arguments], stdin=subprocess.PIPE, text=True,
                                            stdout=subprocess.PIPE, stderr=log, env=dict(os.environ, LC_ALL="C.UTF-8"))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            if line.startswith("{"):
                self.answers.put(json.loads(line))
        self.answers.put(None)

    def wait_ready(self, seconds):
        answer = self._answer(seconds)
        self.id, self.can = answer["id"], answer["can"]

    def _answer(self, seconds=20):
        try:
            answer = self.answers.get(timeout=seconds)
        except queue.Empty:
            raise DriverFailed(f"{self.name} said nothing for {seconds} s; its log: {self.log}") from None
        if answer is None:
            raise DriverFailed(f"{self.name} ended; its log: {self.log}")
        return answer

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise DriverFailed(f"{self.name} ended; its log: {self.log}") from None
        return self._answer()

    def find(self, app):
        return {one["id"]: one for one in self.ask(f"find {app}")["found"]}

    def quit(self):
        """Lets it deregister and end; its exit code."""
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            raise DriverFailed(f"{self.name} did not end within 30 s; its log: {self.log}") from None

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.tap is not None:
            self.tap.close()


JAVA = ["java", "-XX:TieredStopAtLevel=1", "-Xmx256m"]  # quick to start: two of them share the machine with all others


def all_drivers():
    """Every client by name. What it is, and its version, stand in its folder under clients/."""
    node = ["node", str(CACHE / "js" / "driver.js"), "{base}", "{app}", "{port}"]
    python = [str(CACHE / "python" / "bin" / "python"), str(HERE / "clients" / "python" / "driver.py"), "{base}", "{app}", "{port}"]
    spring = [*JAVA, "-jar", str(CACHE / "spring-client" / "spring-client.jar"), "--driver.base={base}",
              "--spring.application.name={app}", "--driver.port={port}", "--driver.log={log}",
              "--eureka.instance.virtual-host-name={vip}"]
    netflix = [*JAVA, "-cp", f"{CACHE}/netflix-client/netflix-client.jar:{CACHE}/netflix-client/lib/*", "muster.interop.Driver",
               "{base}", "{app}", "{port}"]
    fargo = [str(CACHE / "go" / "driver"), "{base}", "{app}", "{port}"]
    return {
        "js": lambda: Driver("js", node, deltas=False),
        "js-delta": lambda: Driver("js-delta", [*node, "delta"], deltas=True, misses_registrations=True),
        "python": lambda: Driver("python", python, deltas=True, whole=1, registers_unasked=True),
        "go": lambda: Driver("go", [*fargo, "xml"], deltas=False),
        "go-json": lambda: Driver("go-json", [*fargo, "json"], deltas=False),
        "spring": lambda: Driver("spring", spring, deltas=True, registers_status=True),
        "netflix": lambda: Driver("netflix", netflix, deltas=True, registers_status=True),
    }
