"""The throughput rows: what is asked of each server, and the goals."""
import http.client
from dataclasses import dataclass, field

import population as people

SIZES = (1_000, 10_000)
CHURN_PER_SECOND = 100
VERSIONS = 10  # of each registration, so that every one in a run is a change


@dataclass
class Row:
    """One line of the table. `goals` are the least ratios to other servers that the project wants."""

    name: str
    title: str
    size: int
    requests: object  # callable(contest, server) -> list of raw requests
    churn: bool = False
    goals: dict = field(default_factory=dict)


def heartbeats(contest, server):
    return [people.heartbeat(number) for number in range(contest.size)]


def registrations(contest, server):
    return [people.registration(number, version) for version in range(1, VERSIONS + 1) for number in range(1_000)]


def reading(label, path, accept, gzip):
    """The same read of every server; nginx serves a file of the bytes that the registry answered with."""
    def requests(contest, server):
        if server.name != "nginx":
            return [people.read(path, accept, gzip)]
        return [people.read(contest.file_for(label, path, accept, gzip), accept, gzip)]
    return requests


def body_of(port, path, accept, gzip):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Accept": accept}
    if gzip:
        headers["Accept-Encoding"] = "gzip"
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"GET {path} answered {answer.status}")
    if gzip and answer.getheader("Content-Encoding") != "gzip":
        raise RuntimeError(f"GET {path} was not compressed")
    return body


READS = {
    "json": ("JSON", "application/json", False, {"nginx": 0.9, "spring": 6}),
    "gzip": ("JSON gzip", "application/json", True, {"nginx": 0.9, "spring": 11}),
    "xml": ("XML", "application/xml", False, {"nginx": 0.9, "spring": 6}),
}


def all_rows():
    rows = [
        Row("heartbeats", "heartbeats", SIZES[0], heartbeats, goals={"nginx": 1.0, "spring": 9}),
        Row("registrations", f"registrations of {people.BODY_BYTES:,} bytes, each a change", SIZES[0], registrations,
            goals={"nginx": 0.9, "spring": 8}),
        Row("service", f"read of a service of {SIZES[0] // people.SERVICES} instances, JSON", SIZES[0],
            reading("service.json", "/eureka/apps/SERVICE-000", "application/json", False)),
    ]
    for size in SIZES:
        count = f"{size // 1000}k"
        for key, (words, accept, gzip, goals) in READS.items():
            suffix = "xml" if key == "xml" else "json"
            make = reading(f"full-{count}-{key}.{suffix}", "/eureka/apps", accept, gzip)
            rows.append(Row(f"full-{count}-{key}", f"full read of {count}, {words}", size, make, goals=goals))
            rows.append(Row(f"full-{count}-{key}-churn", f"full read of {count}, {words}, "
                            f"{CHURN_PER_SECOND} changes/s", size, make, churn=True))
        if size == SIZES[0]:
            rows.append(Row("delta", f"delta of {count}, JSON, {CHURN_PER_SECOND} changes/s", size,
                            reading("delta.json", "/eureka/apps/delta", "application/json", False), churn=True))
    return rows
