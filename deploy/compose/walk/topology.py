"""What compose.yaml says, as processes: the same commands, settings, order and health checks on loopback addresses."""
import dataclasses
import os
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "deploy/compose/compose.yaml"
IMAGE_ROOT = "/opt/muster"  # where the images have what the checkout has
EVERY_ADDRESS = re.compile(r"\b(?:0\.0\.0\.0|127\.0\.0\.1)\b")


@dataclasses.dataclass(frozen=True)
class Service:
    """One service of the file, before it is placed."""

    name: str
    command: list
    environment: dict
    replicas: int
    volumes: dict  # target: source; a source that begins with a dot is a file beside the compose file
    depends_on: dict
    health: list   # empty: none
    port: int      # that it listens on; 0: none


def read(path=FILE):
    """The services of the file, by name, each after those that it depends on."""
    with open(path, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    services = {name: _service(name, one) for name, one in document["services"].items()}
    ordered = {}

    def add(name):
        for before in services[name].depends_on:
            add(before)
        ordered.setdefault(name, services[name])
    for name in services:
        add(name)
    return ordered


def _service(name, one):
    health = one.get("healthcheck", {}).get("test", [])
    ports = re.findall(r"http://127\.0\.0\.1:(\d+)/", " ".join(health))
    return Service(
        name=name, command=list(one["command"]), environment=dict(one.get("environment", {})),
        replicas=one.get("deploy", {}).get("replicas", 1),
        volumes={target: source for source, target, *_ in (volume.split(":") for volume in one.get("volumes", []))},
        depends_on={before: how["condition"] for before, how in one.get("depends_on", {}).items()},
        health=health[1:] if health[:1] == ["CMD"] else [], port=int(ports[0]) if ports else 0)


class Place:
    """Where a topology runs: addresses and folders. It alone says what differs between a container and a process:
    * a name of a service is an address of its own on loopback, and so is what a container calls 0.0.0.0 or 127.0.0.1;
    * what is in an image under /opt/muster is in the checkout;
    * a volume is a folder in one temporary directory, a file that is mounted is a copy with the addresses filled in;
    * what an engine tells a container by its network and host name, a process that
      registers is told: MUSTER_ADDRESS and INSTANCE."""

    def __init__(self, services, folder, network):
        self.services, self.folder, self.network = services, Path(folder), network
        self._addresses = {}  # (service, number): the last part
        for name in services:
            self.address(name, 1)

    def address(self, name, number):
        return self.network + str(self._addresses.setdefault((name, number), len(self._addresses) + 1))

    def url(self, name, number=1):
        return f"http://{self.address(name, number)}:{self.services[name].port}"

    def translated(self, text, service, number):
        text = EVERY_ADDRESS.sub(self.address(service.name, number), text)
        for name in self.services:
            text = re.sub(rf"\b{name}(?=:\d)", self.address(name, 1), text)
        for target, source in service.volumes.items():
            text = re.sub(rf"(^|=){re.escape(target)}\b", lambda found, source=source: found.group(1) + str(self._volume(source)), text)
        return re.sub(rf"^{IMAGE_ROOT}\b", str(ROOT), text)

    def _volume(self, source):
        path = self.folder / "volumes" / source.lstrip("./")
        if not source.startswith("."):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        elif not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.of_a_file(FILE.parent / source), encoding="utf-8")
        return path

    def of_a_file(self, path):
        text = path.read_text(encoding="utf-8")
        for name in self.services:
            text = re.sub(rf"\b{name}(?=:\d)", self.address(name, 1), text)
        return text

    def command(self, service, number):
        return [self.translated(word, service, number) for word in service.command]

    def health(self, service, number):
        return [self.translated(word, service, number) for word in service.health]

    def environment(self, service, number):
        given = {name: self.translated(str(value), service, number) for name, value in service.environment.items()}
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ}
        if "MUSTER_NODES" in given:
            given |= {"MUSTER_ADDRESS": self.address(service.name, number), "INSTANCE": f"{service.name}-{number}"}
        return kept | given
