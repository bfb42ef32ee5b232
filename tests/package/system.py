"""A copy of this system that is thrown away: packages are installed into it for real, and nothing of it stays."""
import atexit
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "functional"))

from musterd import eventually  # noqa: E402  the path is set above

BOOT_SECONDS = 30
COMMAND_SECONDS = 120
NAMESPACES = ["--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc"]


class Ended(AssertionError):
    """The first process is gone before it was there."""


class System:
    """Runs from `start` to `stop`. With systemd as its first process, or without it, as in a container."""

    def __init__(self, systemd):
        self.kind = "with-systemd" if systemd else "without-systemd"
        self.folder = tempfile.mkdtemp(prefix="muster-package-")  # a mount point; what is in it exists inside only
        self.cgroup, self.process, self.first = None, None, None
        atexit.register(self.stop)

    def start(self):
        self.cgroup = _new_cgroup(os.path.basename(self.folder))
        with open(self.folder + ".log", "wb") as log:
            self.process = subprocess.Popen([HERE / "boot", self.cgroup, self.folder, self.kind],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            eventually(BOOT_SECONDS, self._made, "the copy of the system", passing=Ended)
        except AssertionError as reason:
            self.stop(keep_log=True)
            said = Path(self.folder + ".log").read_text(encoding="utf-8", errors="replace")
            os.unlink(self.folder + ".log")
            raise AssertionError(f"{reason}; it said: {said}") from reason
        if self.kind == "with-systemd":
            # Journald is what a service needs besides; it would be wanted by what was taken out.
            self.run("systemctl", "start", "systemd-journald.service")
        return self

    def _made(self):
        # The child of unshare, which has become this process.
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        if self.process.poll() is not None:
            raise Ended(f"it ended with {self.process.returncode}")
        self.first = next(iter(children.read_text(encoding="ascii").split()), None)
        assert self.first, "no first process"
        done = self.run("test", "-e", "/run/throwaway/made", check=False)
        assert done.returncode == 0, done.stderr
        if self.kind == "with-systemd":
            state = self.run("systemctl", "is-system-running", check=False).stdout.strip()
            assert state in ("running", "degraded"), f"systemd says {state!r}"

    def stop(self, keep_log=False):
        """The kernel ends its processes with the first one, and its mounts and its network with the last."""
        atexit.unregister(self.stop)
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        if self.cgroup is not None:
            eventually(BOOT_SECONDS, lambda: _remove_cgroup(self.cgroup), "the end of its processes")
        if os.path.isdir(self.folder):
            os.rmdir(self.folder)
        if not keep_log and os.path.exists(self.folder + ".log"):
            os.unlink(self.folder + ".log")
        self.process = self.cgroup = None

    # ---------------------------------------------------------------------------------------------- what is done in it

    def command(self, *words):
        return ["nsenter", "--target", self.first, *NAMESPACES, "--root", "--wd", "env", "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *words]

    def run(self, *words, check=True, input=None):  # pylint: disable=redefined-builtin
        done = subprocess.run(self.command(*words), input=input, stdin=None if input else subprocess.DEVNULL, text=True,
                              capture_output=True, check=False, timeout=COMMAND_SECONDS)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def spawn(self, *words):
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True)

    def read(self, path):
        return self.run("cat", path).stdout

    def write(self, path, text):
        self.run("tee", path, input=text)

    def copy_in(self, path):
        """A file of this machine, at the same place in memory of the copy."""
        inside = f"/tmp/{os.path.basename(path)}"
        with open(path, "rb") as source:
            subprocess.run(self.command("tee", inside), stdin=source, stdout=subprocess.DEVNULL, check=True)
        return inside

    def exists(self, path):
        return self.run("test", "-e", path, check=False).returncode == 0

    def install(self, path, *options):
        """dpkg -i; returns what it said."""
        done = self.run("dpkg", *options, "--install", self.copy_in(path))
        return done.stdout + done.stderr

    def request(self, method, target, body=None, port=8761):
        """(status, text); AssertionError when there is no answer."""
        words = ["curl", "-sS", "-m", "10", "-X", method, "-w", "\n%{http_code}", f"http://127.0.0.1:{port}{target}"]
        if body is not None:
            words += ["-d", json.dumps(body)]
        text, _, status = self.run(*words).stdout.rpartition("\n")
        return int(status), text

    def await_ready(self, port=8761):
        def ready():
            status, text = self.request("GET", "/readyz", port=port)
            assert status == 200, text
        eventually(BOOT_SECONDS, ready, "/readyz")

    def changes(self):
        """The paths that are in the copy and not in this system, and `-PATH` for those that are gone from it."""
        out = set()
        for line in self.run("find", "/run/throwaway", "-path", "*/upper-*", "-printf", "%y %P\n").stdout.splitlines():
            kind, _, found = line.partition(" ")
            part, _, rest = found.removeprefix("upper").partition("/")
            path = os.path.join(part.replace("-", "/"), rest)
            if kind == "c":  # how an overlay notes that something is gone
                out.add("-" + path)
            elif not os.path.lexists(path):
                out.add(path)
        return out


def why_impossible():
    """Why this machine cannot run the tests; empty when it can."""
    if os.geteuid() != 0:
        return "it needs root."
    try:
        System(systemd=True).start().stop()
    except (AssertionError, OSError) as reason:
        return f"a copy of this system could not be started: {reason}"
    return ""


def _cgroup_mount():
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, where, kind, *_ = line.split(" ")
            if kind == "cgroup2":
                return where
    raise OSError("no control groups of version 2 are mounted")


def _new_cgroup(name):
    with open("/proc/self/cgroup", encoding="utf-8") as groups:
        own = next(line.rstrip("\n")[len("0::"):] for line in groups if line.startswith("0::"))
    path = os.path.join(_cgroup_mount() + own, name)
    os.mkdir(path)
    return path


def _remove_cgroup(path):
    """Fails with OSError as long as a process is in it."""
    for folder, _, _ in os.walk(path, topdown=False):
        os.rmdir(folder)
