"""Starts, watches and ends the processes of a topology. Only those that it started, by their ids."""
import os
import shutil
import signal
import subprocess
import time

import endings

PAUSE_SECONDS = 0.02  # between two looks at something that is to come true
START_SECONDS = 60
STOP_SECONDS = 20


def eventually(seconds, attempt, what):
    """Calls `attempt` until what it returns is true; then returns that. An OSError is a no."""
    deadline, last = time.monotonic() + seconds, None
    while True:
        try:
            last = attempt()
            if last:
                return last
        except OSError as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s" + (f": {last}" if last else ""))
        time.sleep(PAUSE_SECONDS)


class Processes:
    """All that runs, by (service, number); numbers begin with 1. A session of its own for each, so that Ctrl-C reaches the demo alone,
    which then ends them in order."""

    def __init__(self, place):
        self.place, self.running, self.exits = place, {}, []
        self.logs = place.folder / "logs"
        self.logs.mkdir()

    def up(self, say, left_out=()):
        """Starts each service once those that it depends on are as it wants them, as an engine does."""
        waited = set()

        def wait_for(name):
            if name not in waited:
                waited.add(name)
                for number in range(1, self.place.services[name].replicas + 1):
                    self.wait_until_healthy(name, number)
        wanted = [name for name in self.place.services if name not in left_out]
        for name in wanted:
            service = self.place.services[name]
            for before in service.depends_on:
                wait_for(before)
            say(f"starting {name}" + (f", {service.replicas} of it" if service.replicas > 1 else ""))
            for number in range(1, service.replicas + 1):
                self.start(name, number)
        for name in wanted:
            wait_for(name)

    def start(self, name, number=1):
        service = self.place.services[name]
        command = self.place.command(service, number)
        if shutil.which(command[0]) is None:
            raise SystemExit(f"There is no program {command[0]}.")
        with open(self.log_of(name, number), "ab") as log, endings.held():
            self.running[name, number] = subprocess.Popen(
                command, env=self.place.environment(service, number), cwd=self.place.folder, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)

    def log_of(self, name, number=1):
        return self.logs / f"{name}-{number}"

    def wait_until_healthy(self, name, number=1):
        """As its health check has it; what has none is to end well."""
        service = self.place.services[name]
        if not service.health:
            code = self.running[name, number].wait(START_SECONDS)
            del self.running[name, number]
            if code:
                raise AssertionError(f"{name} ended with {code}; its log is {self.log_of(name, number)}")
            return
        check = self.place.health(service, number)

        def healthy():
            if self.running[name, number].poll() is not None:
                raise AssertionError(f"{name}-{number} ended by itself:\n{self.tail(name, number)}")
            return subprocess.run(check, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0
        eventually(START_SECONDS, healthy, f"{name}-{number} healthy")

    def tail(self, name, number=1, lines=15):
        return "\n".join(self.log_of(name, number).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])

    def numbers(self, name):
        return sorted(number for one, number in self.running if one == name)

    def signal(self, name, number, what):
        self.running[name, number].send_signal(what)

    def kill(self, name, number=1):
        """As a power cut does it."""
        self.signal(name, number, signal.SIGKILL)
        self.running[name, number].wait(STOP_SECONDS)
        del self.running[name, number]

    def stop(self, *which):
        """SIGTERM to all of these at once; they drain. Those that do not end with 0 are failures."""
        for one in which:
            self.running[one].send_signal(signal.SIGTERM)
        for one in which:
            process = self.running[one]
            try:
                code = process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
            del self.running[one]
            self.exits.append((one, code))

    def stop_all(self):
        """In the opposite order of the start. Whatever happened: nothing runs afterwards."""
        try:
            for name in reversed(self.place.services):
                which = [one for one in self.running if one[0] == name]
                for one in which:
                    self.running[one].send_signal(signal.SIGCONT)
                self.stop(*which)
        finally:
            for process in self.running.values():
                process.kill()
                process.wait()
            self.running.clear()


def free_network():
    """A network of loopback addresses for this run alone: two runs side by side do not meet."""
    numbers = os.urandom(2)
    return f"127.{16 + numbers[0] % 224}.{numbers[1]}."
