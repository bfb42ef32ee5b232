"""Starts, measures and stops the servers that the interop tests and the benchmarks talk to.

Every server here is a process of ours, on a loopback port, pinned to one core when asked, and is stopped by its id.
"""
import http.client
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("MUSTER_CACHE", ROOT / "build" / "interop-cache"))
TICKS = os.sysconf("SC_CLK_TCK")


class StartFailed(Exception):
    """A server did not become ready; the text holds the end of its log."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_musterd():
    """The daemon to test: $MUSTERD, or the release build."""
    path = Path(os.environ.get("MUSTERD", ROOT / "build" / "release" / "bin" / "musterd"))
    if not path.exists():
        raise StartFailed(f"{path} does not exist: build it with `cmake --build build/release --target musterd`, "
                          "or name another one in MUSTERD")
    return path


class Process:
    """One server process. `name` is what reports call it, `base` the Eureka root without a slash at its end."""

    name = "server"
    ready_within = 60.0

    def __init__(self, directory, core=None, port=None):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.core = core
        self.port = port
        self.process = None
        self.started = None
        self.start_seconds = None

    def command(self):
        raise NotImplementedError

    def ready(self):
        raise NotImplementedError

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/eureka"

    @property
    def log(self):
        return self.directory / f"{self.name}.log"

    def start(self):
        self.launch()
        return self.wait_ready()

    def launch(self):
        """Starts the process. It ends with the thread that started it."""
        if self.port is None:
            self.port = free_port()
        pin = ["taskset", "-c", str(self.core)] if self.core is not None else []
        tied = ["setpriv", "--pdeathsig", "TERM"]  # whatever ends this program ends its servers
        self.started = time.monotonic()
        with open(self.log, "ab") as output:
            self.process = subprocess.Popen(tied + pin + self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=self.environment(), start_new_session=True)

    def wait_ready(self):
        deadline = self.started + self.ready_within
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
                self.stop(at_once=True)
                raise StartFailed(f"{self.name} did not become ready; its log {self.log} ends:\n{tail}")
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - self.started
        return self

    def environment(self):
        # Variables named MUSTER_... are settings of musterd; those that steer these tests are not meant for it.
        rest = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        return dict(rest, LC_ALL="C.UTF-8")

    def stop(self, at_once=False):
        """Ends the process and returns its exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if at_once else signal.SIGTERM)
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code, self.process = self.process.returncode, None
        return code

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def pid(self):
        """The process whose work and memory count."""
        return self.process.pid

    def cpu_seconds(self):
        """User and system time of all its threads so far."""
        fields = Path(f"/proc/{self.pid()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self):
        match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid()}/status").read_text())
        return int(match.group(1)) * 1024

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def answers(self, path):
        """Whether a GET of the path is answered with 200 now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        except http.client.HTTPException:
            return False
        finally:
            connection.close()


class Musterd(Process):
    name = "musterd"
    ready_within = 20.0

    def __init__(self, directory, core=None, port=None, options=()):
        super().__init__(directory, core, port)
        self.options = list(options)

    def command(self):
        return [str(find_musterd()), "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.directory / "data"),
                *self.options]

    def environment(self):
        # The daemon takes MUSTER_... for its settings and refuses those that it does not know, such as ours.
        return {name: value for name, value in super().environment().items() if not name.startswith("MUSTER_")}

    def ready(self):
        return self.answers("/readyz")


class Spring(Process):
    """The Spring Cloud Netflix Eureka Server built from tests/interop/eureka-server."""

    name = "spring"
    ready_within = 180.0

    def __init__(self, directory, core=None, port=None, options=()):
        super().__init__(directory, core, port)
        self.options = list(options)

    def command(self):
        return ["java", "-jar", str(CACHE / "eureka-server" / "eureka-server.jar"), f"--server.port={self.port}",
                *self.options]

    def ready(self):
        return self.answers("/eureka/apps")


class Nginx(Process):
    """Debian's nginx with one worker: the yardstick for what a server can do at all with such requests."""

    name = "nginx"
    ready_within = 10.0

    def __init__(self, directory, core=None, port=None, locations=""):
        super().__init__(directory, core, port)
        self.locations = locations

    def command(self):
        files = self.directory / "files"
        files.mkdir(exist_ok=True)
        configuration = self.directory / "nginx.conf"
        configuration.write_text(f"""
            daemon off; worker_processes 1; pid {self.directory}/nginx.pid; error_log {self.directory}/error.log warn;
            user root;
            events {{ worker_connections 1024; }}
            http {{
              access_log off; keepalive_requests 1000000000; keepalive_timeout 3600; sendfile on; tcp_nopush on;
              open_file_cache max=100 inactive=3600s; default_type application/json;
              types {{ application/xml xml; application/json json; }}
              client_body_temp_path {self.directory}/body; proxy_temp_path {self.directory}/proxy;
              fastcgi_temp_path {self.directory}/fastcgi; uwsgi_temp_path {self.directory}/uwsgi;
              scgi_temp_path {self.directory}/scgi;
              server {{
                listen 127.0.0.1:{self.port};
                location = /ready {{ return 200; }}
                location /files/ {{ root {self.directory}; gzip_static on; }}
                {self.locations}
              }}
            }}""", encoding="utf-8")
        return ["nginx", "-p", str(self.directory), "-c", str(configuration)]

    def ready(self):
        return self.answers("/ready")

    def pid(self):
        """The worker: the master only waits."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[0])
