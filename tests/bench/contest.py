"""All servers side by side, filled with the same instances, and measured in turns."""
import shutil
import time
from contextlib import nullcontext

import load
import population as people
import rows as all_of
from servers import Musterd, Nginx, Spring

SERVER_CORE = 0
WARM_UP_S = 120

# What nginx does in place of a registry: answers at once, reads no state, keeps none. It discards the bodies it is sent.
NGINX_LOCATIONS = "location /eureka/apps/ { if ($request_method = POST) { return 204; } return 200; }"


class Contest:
    """Owns one process of each server for as long as the throughput rows run."""

    def __init__(self, directory, names, say, quick):
        makers = {"musterd": Musterd, "spring": Spring, "nginx": self._nginx}
        self.directory = directory
        self.say = say
        self.quick = quick
        self.size = 0
        self.servers = [makers[name](directory / name, core=SERVER_CORE) for name in names]
        self.starts = {}

    @staticmethod
    def _nginx(directory, core):
        return Nginx(directory, core=core, locations=NGINX_LOCATIONS)

    def __enter__(self):
        try:
            for server in self.servers:
                self.say(f"starting {server.name}")
                self.starts[server.name] = server.start().start_seconds
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in self.servers:
            if server.process is not None:
                server.resume()
                server.stop()

    def registries(self):
        return [server for server in self.servers if server.name != "nginx"]

    def grow_to(self, size):
        """Registers more instances, until every registry holds so many."""
        if size <= self.size:
            return
        for server in self.registries():
            server.resume()
            self.say(f"{server.name}: registering up to {size:,} instances")
            people.register_all(server.port, self.size, size)
        first_time, self.size = self.size == 0, size
        if first_time:
            self._warm()

    def _warm(self):
        """A Java server is an order of magnitude slower until its compiler has seen its work."""
        spring = next((server for server in self.servers if server.name == "spring"), None)
        if spring is None:
            return
        seconds = 10 if self.quick else WARM_UP_S
        self.say(f"spring: warming for {seconds} s")
        names = ("heartbeats", "registrations", "full-1k-json", "full-1k-gzip", "full-1k-xml", "service", "delta")
        kinds = [row for row in all_of.all_rows() if row.name in names]
        end, turn = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            row = kinds[turn % len(kinds)]
            turn += 1
            load.wrk(spring.port, self._requests(row, spring), 1 if self.quick else 4)

    def file_for(self, label, path, accept, gzip):
        """Where nginx serves the answer of the first registry to this read."""
        target = self.directory / "nginx" / "files" / label
        name = target.with_name(target.name + ".gz") if gzip else target
        if not name.exists():
            source = self.registries()[0]
            source.resume()
            name.write_bytes(all_of.body_of(source.port, path, accept, gzip))
            if gzip:
                target.write_bytes(all_of.body_of(source.port, path, accept, False))
                shutil.copystat(target, name)
        return f"/files/{label}"

    def _requests(self, row, server):
        file = self.directory / "requests" / f"{row.name}-{server.name}"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            people.write_requests(file, row.requests(self, server))
        return file

    def run(self, row, rounds, seconds):
        """Measures every server once a round, so that what disturbs the machine disturbs all of them alike."""
        self.grow_to(row.size)
        results = {server.name: [] for server in self.servers}
        churned = {}
        files = {server.name: self._requests(row, server) for server in self.servers}
        for server in self.registries():
            server.pause()
        for _ in range(rounds):
            for server in self.servers:
                server.resume()
                churn = row.churn and server.name != "nginx"
                with (load.background("churn", server.port, row.size, all_of.CHURN_PER_SECOND) if churn
                      else nullcontext({})) as report:
                    results[server.name].append(load.measure(server, files[server.name], seconds))
                if churn:
                    churned.setdefault(server.name, []).append(report["rate"])
                if server.name != "nginx":
                    server.pause()
        for server in self.registries():
            server.resume()
        return {"row": row.name, "title": row.title, "goals": row.goals, "servers": results, "churn": churned}
