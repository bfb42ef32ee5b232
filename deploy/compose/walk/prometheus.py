"""Whether Prometheus scrapes the nodes and has found what is registered."""
import json
import urllib.request

from processes import eventually

SECONDS = 60


def targets(url):
    """What is scraped well, as (service, id); nodes are ("nodes", address)."""
    with urllib.request.urlopen(url + "/api/v1/targets", timeout=10) as answer:
        active = json.load(answer)["data"]["activeTargets"]
    return {(one["labels"].get("service", one["labels"]["job"]), one["labels"].get("id", one["labels"]["instance"]))
            for one in active if one["health"] == "up"}


def check(processes, say):
    place = processes.place
    wanted = {("nodes", place.url(node).removeprefix("http://")) for node in ("node1", "node2", "node3")}
    wanted |= {(name, f"{name}-{number}") for name in ("prices", "orders", "shop") for number in processes.numbers(name)}
    eventually(SECONDS, lambda: targets(place.url("prometheus")) == wanted, f"Prometheus scraping {sorted(wanted)}")
    say(f"Prometheus scrapes three nodes and {len(wanted) - 3} instances that it found by them")
