#!/usr/bin/env python3
"""The client behind lines of JSON, for the kit in tests/functional/thin_clients, whose page has the verbs."""
from __future__ import annotations

import dataclasses
import json
import os
import sys
import threading
from typing import Any, Dict, List

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import muster  # noqa: E402  pylint: disable=wrong-import-position

LINE_BYTES_MAX = 1 << 20
COUNT_MAX = 10_000


class Agent:
    def __init__(self, client: muster.Client):
        self.client = client
        self.done = False

    def answer(self, request: Dict[str, Any]) -> Dict[str, Any]:
        verb = getattr(self, "do_" + str(request.get("do")), None)
        if verb is None:
            raise muster.MusterError(f"there is no verb {request.get('do')!r}; see tests/functional/thin_clients/README.md")
        arguments = {name: value for name, value in request.items() if name not in ("id", "do")}
        return verb(**arguments) or {}

    def do_hello(self):
        return {"language": "python", "version": muster.__version__}

    def do_register(self, service: str, instance: str, **fields: Any):
        return told(self.client.register(service, instance, **fields))

    def do_registration(self, service: str, instance: str):
        return told(self.client.registration(service, instance))

    def do_status(self, service: str, instance: str, status: str):
        one = self.client.registration(service, instance)
        one.set_status(status)
        return told(one)

    def do_cancel(self, service: str, instance: str, drain_ms: float = 0):
        one = self.client.registration(service, instance)
        one.cancel(drain_ms)
        return told(one)

    def do_find(self, service: str):
        listing = self.client.find(service)
        shown = ("id", "status", "address", "port", "secure_port", "weight", "metadata")
        return {"service": listing.service, "source": listing.source, "state": listing.state, "age_ms": listing.age_ms,
                "missing": list(listing.missing),
                "instances": [{name: getattr(one, name) for name in shown} for one in listing.endpoints]}

    def do_pick(self, service: str, policy: str = "round_robin", count: int = 1, secure: bool = False):
        return {"picks": [self.client.pick(service, policy, secure).id for _ in range(checked(count))]}

    def do_report(self, service: str, instance: str, success: bool, count: int = 1):
        for _ in range(checked(count)):
            self.client.report(service, instance, success)
        return {"ejected": self.client.ejected(service)}

    def do_nodes(self):
        nodes = self.client.nodes
        return {"nodes": nodes.order, "configured": list(self.client.settings.nodes), "learnt": nodes.learnt,
                "quarantined": nodes.quarantined, "current": nodes.current}

    def do_stats(self):
        return self.client.stats()

    def do_clock(self, shift_ms: float):
        self.client.clock.shift_ms = shift_ms
        return {"now_ms": self.client.clock.wall()}

    def do_whoami(self):
        address, why = self.client.whoami()
        return {"address": address, "why": why}

    def do_exit(self, drain_ms: Any = None):
        self.client.close(drain_ms)
        self.done = True


def told(one: muster.Registration) -> Dict[str, Any]:
    return {name: getattr(one, name) for name in ("service", "instance", "state", "status", "acknowledged", "incarnation",
                                                  "address", "renewals", "error")}


def checked(count: int) -> int:
    if not 1 <= count <= COUNT_MAX:
        raise muster.SettingError(f"count is {count}; give 1 to {COUNT_MAX}")
    return count


def say(document: Dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def parsed(line: bytes) -> Dict[str, Any]:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        request = None
    if not isinstance(request, dict):
        raise muster.MusterError('a line is one object of JSON: {"id": 1, "do": "hello"}')
    return request


def one_line(agent: Agent, line: bytes) -> Dict[str, Any]:
    number = None
    try:
        if len(line) > LINE_BYTES_MAX + 1:
            raise muster.MusterError(f"a line has more than {LINE_BYTES_MAX} bytes; split the request")
        request = parsed(line)
        number = request.get("id")
        return {"id": number, "ok": True, **agent.answer(request)}
    except (muster.MusterError, TypeError, ValueError) as error:
        return {"id": number, "ok": False, "error": str(error)}


def options(arguments: List[str]) -> Dict[str, Any]:
    """`--poll-ms 100` is the setting poll_ms; `--node` may be given several times."""
    numbers = {field.name for field in dataclasses.fields(muster.Settings)} - {"nodes", "client_id", "cache_dir"}
    texts = {"--cache": "cache_dir", "--client-id": "client_id"}
    found: Dict[str, Any] = {}
    for name, value in zip(arguments[::2], [*arguments[1::2], None]):
        setting = name[2:].replace("-", "_")
        if value is None:
            raise muster.SettingError(f"{name} wants a value")
        if name == "--node":
            found.setdefault("nodes", []).append(value)
        elif name in texts:
            found[texts[name]] = value
        elif name.startswith("--") and setting in numbers:
            found[setting] = float(value)
        else:
            raise muster.SettingError(f"unknown option {name}; see client/README.md for the settings")
    return found


def main() -> int:
    try:
        client = muster.Client(**options(sys.argv[1:]))
    except (muster.MusterError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    client.close_on_sigterm(then=lambda: os._exit(0))
    agent = Agent(client)
    lines = threading.Thread(target=serve, args=(agent,), daemon=True)
    lines.start()
    while lines.is_alive():
        lines.join(0.2)  # so that the main thread takes signals
    return 0


def next_line() -> bytes:
    """With its end; of one that is too long the rest is skipped."""
    line = piece = sys.stdin.buffer.readline(LINE_BYTES_MAX + 2)
    while len(piece) == LINE_BYTES_MAX + 2 and not piece.endswith(b"\n"):
        piece = sys.stdin.buffer.readline(LINE_BYTES_MAX + 2)
    return line


def serve(agent: Agent) -> None:
    while not agent.done:
        line = next_line()
        if not line:
            agent.client.close()
            break
        say(one_line(agent, line))


if __name__ == "__main__":
    sys.exit(main())
