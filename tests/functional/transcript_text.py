"""Compares a reply with a recorded one by meaning: what depends on the clock, the machine or the order is made equal.

Not significant: the order of instances, applications, JSON keys and XML elements; layout; error pages that a servlet
container wrote (only their status counts); memory, uptime, address and port in `status`; applications of other scenarios.
An error that was recorded without a body has none here either.
"""
import gzip
import json
import re
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "interop"))

import differences

NOW = "1111111111111"     # stands for a clock value of the server
FUTURE = "2222222222222"  # one that lies in the future: the real server's renewal times do, a true one is as good
MILLISECONDS = re.compile(r"(?<![\w.])1\d{12}(?!\w)")
DAY_MS = 86_400_000
DATES = (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"),
         re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} \d\d \d\d:\d\d:\d\d \w+ \d{4}"))
OF_THE_MACHINE = {"num-of-cpus", "total-avail-memory", "current-memory-usage", "server-uptime", "ipAddr", "instanceId", "port",
                  "management.port"}
CONTAINER_PAGES = ('{"timestamp":', "<Map>", "<html>", "<!doctype html>")


def compressed(data):
    return gzip.compress(data)


def faults(entry, reply, apps, started_ms):
    """[(what, recorded, now)] of what differs."""
    recorded = entry["response"]
    body = reply.body.decode("utf-8", "replace")
    if recorded["status"] != reply.status:
        return [("status", recorded["status"], f"{reply.status} {body}")]
    found = []
    if "Allow" in recorded["headers"]:
        found += _differs("Allow", _set(recorded["headers"]["Allow"]), _set(reply.headers.get("allow", "")))
    if recorded["status"] >= 400 and recorded["body"].startswith(CONTAINER_PAGES):
        return found
    if recorded["status"] >= 400 and not recorded["body"]:
        return found + _differs("body", "", body)
    found += _differs("Content-Encoding", recorded["headers"].get("Content-Encoding", ""), reply.headers.get("content-encoding", ""))
    if recorded["body"]:
        found += _differs("Content-Type", _media(recorded["headers"].get("Content-Type", "")), _media(reply.headers.get("content-type", "")))
    route = entry["request"]["path"].split("?")[0].rstrip("/")
    want = _meaning(recorded["body"].replace(FUTURE, NOW), route, apps)
    got = _meaning(_timeless(body, started_ms), route, apps)
    if want != got:
        found.append(("body", recorded["body"], body))
    return found


def lines(entry, reply, apps, started_ms):
    """How a reply that differs does so, whole: also in what `faults` need not look at to see that it differs."""
    recorded = entry["response"]
    found = [] if recorded["status"] == reply.status else [f"status {recorded['status']} -> {reply.status}"]
    for name, form in HEADERS.items():
        want, got = form(recorded["headers"].get(name, "")), form(reply.headers.get(name.lower(), ""))
        if want != got:
            found.append(f"header {name} " + (f"{want} -> {got}" if want and got else f"+ {got}" if got else "missing"))
    page = recorded["status"] >= 400 and recorded["body"].startswith(CONTAINER_PAGES)
    route = entry["request"]["path"].split("?")[0].rstrip("/")
    want = "" if page else _meaning(recorded["body"].replace(FUTURE, NOW), route, apps)
    return found + differences.lines(want, _meaning(_timeless(reply.body.decode("utf-8", "replace"), started_ms), route, apps))


def clipped(value, length=1500):
    text = str(value)
    return text if len(text) <= length else text[:length] + f"... ({len(text)})"


def _differs(what, want, got):
    return [] if want == got else [(what, want, got)]


def _set(text):
    return sorted(part.strip() for part in text.split(",") if part.strip())


def _media(text):
    return text.split(";")[0].strip().lower()


HEADERS = {"Allow": lambda text: ", ".join(_set(text)), "Content-Encoding": str, "Content-Type": _media}


def _timeless(text, started_ms):
    """Clock values since the scenario began, or later, become NOW; a client's own times stay."""
    latest = time.time() * 1000 + 400 * DAY_MS
    text = MILLISECONDS.sub(lambda match: NOW if started_ms - 2000 <= int(match.group()) < latest else match.group(), text)
    for date in DATES:
        text = date.sub("a date", text)
    return text


def _meaning(text, route, apps):
    """A value that is equal for bodies that mean the same."""
    for date in DATES:
        text = date.sub("a date", text)
    status = route.endswith("/status") and "/apps/" not in route and "/asg/" not in route
    delta = route.endswith("/delta")
    try:
        return _json_value(json.loads(text), apps, status, delta)
    except ValueError:
        pass
    try:
        return _xml_value(ElementTree.fromstring(text), apps, status, delta)
    except ElementTree.ParseError:
        return text


def _json_value(value, apps, status, delta, key=""):
    if status and key in OF_THE_MACHINE:
        return "of the machine"
    if isinstance(value, dict):
        return {name: _json_value(one, apps, status, delta, name) for name, one in value.items()}
    if isinstance(value, list):
        kept = [one for one in value if key != "application" or not isinstance(one, dict) or one.get("name") in apps]
        items = [_json_value(one, apps, status, delta) for one in kept]
        return sorted(items, key=_json_order) if key in ("application", "instance") else items
    return _counter(key, value, delta)


def _json_order(value):
    """Names first, so that two lists stay side by side where only a member differs."""
    names = [str(value.get(key, "")) for key in ("name", "instanceId", "hostName")] if isinstance(value, dict) else []
    return names, json.dumps(value, sort_keys=True)


def _xml_value(element, apps, status, delta):
    if status and element.tag in OF_THE_MACHINE:
        return (element.tag, [], "of the machine", [])
    kept = [one for one in element if one.tag != "application" or one.findtext("name") in apps]
    children = sorted((_xml_value(one, apps, status, delta) for one in kept), key=repr)
    text = "" if len(element) else (element.text or "")
    return (element.tag, sorted(element.attrib.items()), _counter(element.tag, text, delta), children)


def _counter(key, value, delta):
    """The delta's version counts changes: only whether it is positive is told."""
    if delta and key == "versions__delta" and str(value).isdigit() and int(value) > 0:
        return "1"
    return value
