"""One request to the cluster: node after node, and what their answers mean."""
from __future__ import annotations

import json
import threading
from typing import Any, Callable, Collection, Dict, Mapping, Optional, Tuple

from .clock import Clock
from .errors import Refused, TransportError, Unavailable
from .nodes import Nodes
from .settings import Settings

ATTEMPTS_MAX = 3
PROBLEM = "urn:muster:problem:"


class Answer:
    """A good answer, or a problem of muster's that is an answer, too (`kind`: its type without the prefix)."""

    def __init__(self, node: str, status: int, headers: Mapping[str, str], document: Any, kind: str):
        self.node, self.status, self.headers, self.document, self.kind = node, status, headers, document, kind


def is_false() -> bool:
    return False


class Caller:
    """Safe to use from any thread. `heard` is called after every answer."""

    def __init__(self, settings: Settings, nodes: Nodes, transport, clock: Clock):
        self.nodes = nodes
        self._settings, self._transport, self._clock = settings, transport, clock
        self._lock = threading.Lock()
        self._counts: Dict[str, int] = {}
        self.last_error: Optional[str] = None
        self.heard: Callable[[], None] = lambda: None

    def count(self, name: str, more: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + more

    def counted(self, name: str) -> int:
        with self._lock:
            return self._counts.get(name, 0)

    def ask(self, method: str, path: str, document: Any = None, tag: str = "", kinds: Collection[str] = (),
            check: Callable[[Answer], Optional[str]] = lambda _: None, only: Optional[str] = None,
            without: Collection[str] = (), attempts: int = ATTEMPTS_MAX, deadline: float = float("inf"),
            give_up: Callable[[], bool] = is_false) -> Answer:
        """Asks up to `attempts` nodes. `kinds` are the problems that are answers; `check` says what is wrong with a good
        answer, if anything. Raises Refused when the request is wrong, Unavailable when no node answered."""
        tried = set(without)
        reason = "every node is in quarantine as it asked for; the next request goes out when that is over"
        for _ in range(attempts):
            left = deadline - self._clock.now()
            if left <= 0 or give_up():
                break
            node = only or self.nodes.next(tried)
            if node is None or only and self.nodes.asks_for_delay(node):
                break
            tried.add(node)
            answer, reason = self._ask_one(node, method, path, document, tag, kinds, check, left)
            if answer is not None:
                return answer
            if only:
                break
        raise Unavailable(f"no node answered {method} {path} ({reason}); check that one of "
                          f"{', '.join(self.nodes.order[:3])} runs and can be reached")

    def _ask_one(self, node: str, method: str, path: str, document: Any, tag: str, kinds: Collection[str],
                 check: Callable[[Answer], Optional[str]], left: float) -> Tuple[Optional[Answer], str]:
        headers = {"Accept": "application/json"}
        body = None
        if document is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(document).encode()
        if tag:
            headers["If-None-Match"] = tag
        self.count("requests")
        sent, retry_after = self._clock.now(), None
        try:
            response = self._transport.request(method, node + path, headers, body, self._settings.connect_timeout_ms,
                                               min(self._settings.request_timeout_ms, left))
            if response.status in (429, 503):
                retry_after = response.headers.get("retry-after")
            answer, fault = judge(node, response, bool(tag), kinds)
            if answer is not None:
                fault = check(answer) or ""
        except TransportError as error:
            answer, fault = None, str(error)
        except Exception:
            self.nodes.failed(node, sent)  # whoever waits for what comes of this request does not wait for ever
            raise
        if answer is None or fault:
            self.count("failures")
            self.last_error = fault
            self.nodes.failed(node, sent, retry_after)
            return None, fault
        self.nodes.succeeded(node)
        self.heard()
        if answer.status >= 400 and answer.kind not in kinds:
            problem = answer.document if isinstance(answer.document, dict) else {}
            raise Refused(answer.status, answer.kind, str(problem.get("detail", "the node gave no reason")), problem.get("field"))
        return answer, ""


def judge(node: str, response, tagged: bool, kinds: Collection[str]) -> Tuple[Optional[Answer], str]:
    """The answer, or why this is a failure of the node."""
    status = response.status
    document = None
    if response.body:
        try:
            document = json.loads(response.body)
        except (ValueError, RecursionError):
            if status < 400:
                return None, f"{node}: the answer is no JSON"
    kind = str(document.get("type", "")) if isinstance(document, dict) and status >= 400 else ""
    known = kind.startswith(PROBLEM)
    kind = kind[len(PROBLEM):] if known else ""
    if status == 304 and not tagged or 300 <= status < 304 or 304 < status < 400:
        return None, f"{node}: answered {status}; give the URL of the node itself"
    # The parameters are this client's own, so a node that does not know one is older than the client: no fault of the caller.
    older = status == 400 and kind == "invalid-parameter"
    if status in (408, 429) or status >= 500 or status in (404, 409, 410) and not known or status < 200 or older:
        detail = document.get("detail", "") if isinstance(document, dict) else ""
        return None, f"{node}: answered {status} {detail}".rstrip()
    return Answer(node, status, response.headers, document, kind), ""
