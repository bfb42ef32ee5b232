#!/usr/bin/env python3
"""Replays dialogues that were recorded with a real Eureka server against musterd, and judges what differs.

    replay.py                              all scenarios, each against a fresh daemon; this is the CTest test
    replay.py --only 23,27                 those that begin so
    replay.py --base http://HOST:PORT/eureka [--flags eviction]   against a server that runs already
    replay.py --list                       scenario and step of every difference, as JSON
    replay.py --pin                        notes in intended.json how the steps that stand there differ now; then read the diff

A difference must stand in tests/interop/intended.json with its reason, and what stands there must differ just as is pinned
there; anything else fails. Steps that the recording marks as quirks of the real server are counted apart.
tests/interop/transcripts/README.md describes the recordings.
"""
import argparse
import collections
import json
import sys
import time
import urllib.parse
from pathlib import Path

import http_exchange
import musterd
import transcript_text
from transcript_text import differences

INTEROP = Path(__file__).resolve().parents[1] / "interop"
INTENDED = INTEROP / "intended.json"
# What a scenario's flags ask of the real server, in the daemon's own settings.
CONFIGS = {
    (): "",
    ("eviction",): "[self_preservation]\nenabled = false\n[lease]\ndoubled_leases = true\n",
    ("window",): "[retention]\nchange_s = 3\n",
    ("nodelta",): "[eureka]\ndelta = false\n",
}
NOT_COMPARED = {
    "32-batch": "batches of other servers: comes with Java servers as peers",
    "33-batch-strictness": "batches of other servers: comes with Java servers as peers",
    "35-replication-header": "single requests of other servers: comes with Java servers as peers",
    "52-read-cache": "shows the 30 s read cache; here every read shows every write",
    "53-warm-up": "refuses reads after an empty start; here a first start serves at once",
    "60-peer-wire": "a capture between two servers, to read and not to replay",
}
Difference = collections.namedtuple("Difference", "scenario step entry faults lines quirk")


class Player:
    """Sends the requests of recorded steps, each over its own connection, to a server that runs already, or to a daemon
    of its own with the settings that the flags ask for."""

    def __init__(self, base, flags):
        self.daemon, self.flags = None, flags
        parts = urllib.parse.urlsplit(base)
        self.host, self.port, self.prefix = parts.hostname or "127.0.0.1", parts.port, parts.path.rstrip("/") or "/eureka"

    def __enter__(self):
        if self.port is None:
            self.daemon = musterd.Daemon(config=CONFIGS[self.flags])
            self.port = self.daemon.__enter__().port
        return self

    def __exit__(self, *reason):
        if self.daemon:
            self.daemon.__exit__(*reason)
            self.port = None

    def set_apart(self, paths):
        """Ends a part of a scenario. The recorder cancelled what was registered; here a cancel fences the incarnation that
        the next part registers again, so the next part gets a fresh daemon."""
        if self.daemon:
            self.__exit__(None, None, None)
            self.__enter__()
        else:
            for path in paths:
                self.send({"method": "DELETE", "path": path})

    def target(self, path):
        return self.prefix + path[len("/eureka"):] if path.split("?")[0].split("/")[1] == "eureka" else path

    def send(self, request):
        body = request.get("body")
        if body is not None:
            body = body.encode(request.get("bodyCharset", "utf-8"))
            if request.get("bodyGzip"):
                body = transcript_text.compressed(body)
        headers = {"Host": f"{self.host}:{self.port}", "Connection": "close", **request.get("headers", {})}
        with http_exchange.Connection(self.port) as connection:
            return connection.exchange(request["method"], self.target(request["path"]), headers, body)

    def step(self, entry):
        """The reply; of a step with `until` the first with that status, or the last when time is over."""
        until = entry.get("until")
        deadline = time.monotonic() + (until["maxSeconds"] if until else 0)
        while True:
            reply = self.send(entry["request"])
            if not until or reply.status == until["status"] or time.monotonic() > deadline:
                return reply
            time.sleep(0.1)

    def play(self, document):
        """Plays a scenario; returns how many requests it had, and the differences."""
        started_ms, requests, found = time.time() * 1000, 0, []
        for number, entry in enumerate(document["dialogue"]):
            if "wait" in entry:
                time.sleep(entry["wait"])  # the scenario is about time that passes
            elif "delete" in entry:
                if any("request" in later for later in document["dialogue"][number:]):
                    self.set_apart(entry["delete"])
            else:
                requests += 1
                reply = self.step(entry)
                faults = transcript_text.faults(entry, reply, document["apps"], started_ms)
                if faults:
                    lines = transcript_text.lines(entry, reply, document["apps"], started_ms)
                    found.append(Difference(document["name"], number, entry, faults, lines, entry.get("quirk", False)))
        return requests, found


def scenarios(only):
    for path in sorted((INTEROP / "transcripts").glob("*.json")):
        if not only or path.name.startswith(only):
            yield json.loads(path.read_text(encoding="utf-8"))


def play_all(options):
    """Plays each scenario. Returns (requests, differences, names of what was played)."""
    total, found, played = 0, [], set()
    for document in scenarios(options.only):
        flags = tuple(document["flags"])
        if document["name"] in NOT_COMPARED or (options.base and ",".join(flags) != options.flags):
            continue
        with Player(options.base, flags) as player:
            requests, differ = player.play(document)
        total, found = total + requests, found + differ
        played.add(document["name"])
    return total, found, played


def intended():
    """{(scenario, step): the lines that say how it differs}"""
    return differences.read(INTENDED, "scenario")


def pin(differ):
    """Takes the differences of steps that are intended as the pinned ones."""
    pins = intended()
    for one in differ:
        if (one.scenario, one.step) in pins:
            pins[one.scenario, one.step] = differences.bounded(one.lines)
    differences.write(INTENDED, "scenario", pins)


def show(difference):
    request = difference.entry["request"]
    print(f"\n{difference.scenario} #{difference.step}: {request['method']} {request['path']} "
          f"{json.dumps(request['headers'], ensure_ascii=False)} {difference.entry.get('note', '')}")
    if "body" in request:
        print("  sent      " + transcript_text.clipped(request["body"]))
    for what, want, got in difference.faults:
        print(f"  {what}\n    recorded  {transcript_text.clipped(want)}\n    now       {transcript_text.clipped(got)}")


def judge(total, differ, played, complete):
    pins = intended()
    quirks = {(one.scenario, one.step) for one in differ if one.quirk}
    found = {(one.scenario, one.step): one for one in differ if not one.quirk}
    defects = sorted(set(found) - set(pins))
    for pair in defects:
        show(found[pair])
    otherwise = sorted(pair for pair in found if pair in pins and differences.news(pins[pair], found[pair].lines))
    reasons = differences.reasons(INTENDED, "scenario")
    for pair in otherwise:
        print(f"\n{pair[0]} #{pair[1]} is meant to differ, but not so (after review: replay.py --pin)\n  why   {reasons[pair]}")
        print("\n".join("  " + line for line in differences.news(pins[pair], found[pair].lines)))
        show(found[pair])
    stale = sorted(pair for pair in set(pins) - set(found) if pair[0] in played)
    unknown = sorted(pair for pair in pins if complete and pair[0] not in played)
    for scenario, step in stale:
        print(f"\n{scenario} #{step} stands in intended.json and does not differ (or is a quirk)")
    for scenario, step in unknown:
        print(f"\n{scenario} #{step} stands in intended.json; there is no such scenario to replay")
    for name, reason in NOT_COMPARED.items():
        print(f"not compared: {name}: {reason}")
    meant = len(set(found) & set(pins)) - len(otherwise)
    print(f"{total} requests in {len(played)} scenarios: {len(defects)} differ, {meant} differ as intended, {len(otherwise)} otherwise "
          f"than intended, {len(quirks)} differ in quirks of the real server, {len(stale) + len(unknown)} intended ones do not differ")
    return 1 if defects or otherwise or stale or unknown or not total else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="beginnings of scenario names, separated by commas")
    parser.add_argument("--base", default="", help="a server that runs already")
    parser.add_argument("--flags", default="", help="with --base: replay the scenarios with these flags")
    parser.add_argument("--list", action="store_true", help="print all differences as JSON and judge nothing")
    parser.add_argument("--pin", action="store_true", help="pin how intended steps differ, and judge then")
    options = parser.parse_args()
    options.only = tuple(filter(None, options.only.split(",")))
    total, differ, played = play_all(options)
    if options.list:
        print(json.dumps([[one.scenario, one.step, one.quirk, one.lines] for one in differ], ensure_ascii=False))
        return 0
    if options.pin:
        pin(differ)
    return judge(total, differ, played, complete=not options.only and not options.base)


if __name__ == "__main__":
    sys.exit(main())
