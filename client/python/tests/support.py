"""What the tests share."""
from __future__ import annotations

import json
import os
import random
import sys
from typing import Any, Callable, List, Optional, Tuple

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

# pylint: disable=wrong-import-position
from muster.caller import Caller  # noqa: E402
from muster.clock import Clock  # noqa: E402
from muster.errors import TransportError  # noqa: E402
from muster.nodes import Nodes  # noqa: E402
from muster.settings import Settings  # noqa: E402
from muster.transport import Response  # noqa: E402

A, B, C = (f"http://192.0.2.{number}:1" for number in (1, 2, 3))  # no names: nothing is resolved


class ManualClock(Clock):
    def __init__(self) -> None:
        self.time, self.date = 1000.0, 1_700_000_000_000

    def now(self) -> float:
        return self.time

    def wall(self) -> int:
        return int(self.date + self.shift_ms)


class Script:
    """A transport. `answer(method, url, document)` gives (status, document) or (status, document, headers), or None: no answer."""

    def __init__(self, answer: Callable[[str, str, Any], Optional[Tuple]]):
        self.answer = answer
        self.asked: List[Tuple[str, str, Any]] = []

    def request(self, method, url, headers, body, connect_ms, total_ms):
        document = json.loads(body) if body else None
        self.asked.append((method, url, document))
        found = self.answer(method, url, document)
        if found is None:
            raise TransportError(f"{url}: no answer")
        status, document, *more = found
        text = document if isinstance(document, bytes) else b"" if document is None else json.dumps(document).encode()
        return Response(status, more[0] if more else {}, text)


def problem(status: int, kind: str, **more):
    return status, {"type": "urn:muster:problem:" + kind, "status": status, "detail": "as told", **more}


def parts(script: Script, **options):
    """Settings, clock and caller around a scripted transport. The home is the first of `parts(...)[2].nodes.order`."""
    settings = Settings(**{"nodes": [A], "client_id": "test", **options})
    clock = ManualClock()
    nodes = Nodes(settings, clock, random.Random(1))
    return settings, clock, Caller(settings, nodes, script, clock)
