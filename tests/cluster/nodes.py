"""Real musterd processes, each in a network namespace and on a disk of its own."""
import http.client
import json
import os
import re
import signal
import subprocess
import time

import world

PORT = 8761
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
FAULT = re.compile(r"(Address|Thread|Leak|Memory)Sanitizer|runtime error:|terminate called|Assertion .* failed")
DISK_MEGABYTES = 16
CONFIG = """
[snapshot]
period_ms = 500
[self_preservation]
enabled = false
[retention]
tombstone_s = 600
[log]
level = "debug"
"""


class Node:
    def __init__(self, number, folder, addresses):
        self.number, self.address = number, addresses[number]
        self.place = world.Place(self.address)
        os.makedirs(folder, exist_ok=True)
        self.folder = os.path.join(folder, f"node{number}")
        world.mount_disk(self.folder, DISK_MEGABYTES)
        self.data = os.path.join(self.folder, "data")
        self.log_path = os.path.join(folder, f"node{number}.log")
        self.clock_path = os.path.join(folder, f"node{number}.clock")
        self.config_path = os.path.join(folder, "musterd.toml")
        self.peers = addresses
        self.process, self.boots = None, 0
        self.set_clock(0)
        with open(self.config_path, "w", encoding="utf-8") as file:
            file.write(CONFIG)

    # ---------------------------------------------------------------------------------------------- life

    def start(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER")}
        environment.update(LD_PRELOAD=FAKETIME, DONT_FAKE_MONOTONIC="1", FAKETIME_TIMESTAMP_FILE=self.clock_path,
                           FAKETIME_CACHE_DURATION="1", FAKETIME_DONT_RESET="1",
                           ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        command = ["setpriv", "--pdeathsig", "KILL", "nsenter", f"--net=/proc/self/fd/{self.place.namespace}",
                   os.environ["MUSTERD"], "--listen", f"{self.address}:{PORT}", "--insecure", "--data-dir", self.data,
                   "--config", self.config_path]
        for peer in self.peers:
            command += ["--peer", f"{peer}:{PORT}"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                            pass_fds=[self.place.namespace])
        self.boots += 1

    def up(self):
        return self.process is not None and self.process.poll() is None

    def crash(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.crash()
            return "not at all"

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def set_clock(self, seconds):
        with open(self.clock_path + ".new", "w", encoding="ascii") as file:
            file.write(f"{seconds:+d}\n")
        os.replace(self.clock_path + ".new", self.clock_path)

    def fill_disk(self):
        with open(os.path.join(self.folder, "ballast"), "wb", buffering=0) as file:
            try:
                while file.write(b"x" * 65536):
                    pass
            except OSError:
                pass

    def free_disk(self):
        os.unlink(os.path.join(self.folder, "ballast"))

    def faults(self):
        """Lines of its log that tell of a fault of the program."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if FAULT.search(line)]

    def log_of(self, text, count=40):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return [line.rstrip() for line in file if text in line][-count:]

    # ---------------------------------------------------------------------------------------------- requests

    def ask(self, method, target, body=None, timeout=2.0):
        """(status, headers, document); status None where no answer came: the request may have been carried out or not."""
        connection = http.client.HTTPConnection(self.address, PORT, timeout=timeout)
        try:
            connection.request(method, target, None if body is None else json.dumps(body))
            reply = connection.getresponse()
            text = reply.read()
            found = json.loads(text) if "json" in (reply.getheader("Content-Type") or "") else None
            return reply.status, reply.headers, found
        except (OSError, http.client.HTTPException, ValueError):
            return None, {}, None
        finally:
            connection.close()

    def wait_listening(self, seconds):
        deadline = time.monotonic() + seconds
        while self.ask("GET", "/healthz")[0] != 200:
            if time.monotonic() > deadline or not self.up():
                raise RuntimeError(f"node {self.number} does not start; its log ends: {self.log_of('', 15)}")
            time.sleep(0.02)
