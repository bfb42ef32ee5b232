"""Settings with their defaults; `client/README.md` says what each does."""
from __future__ import annotations

import dataclasses
import os
import secrets
from typing import Iterable, Optional, Tuple
from urllib.parse import urlsplit

from .errors import SettingError

NODES_MAX = 64
REGISTRATIONS_MAX = 64
SERVICES_MAX = 256
ANSWER_BYTES_MAX = 64 << 20
DEFAULT_NODE = "http://127.0.0.1:8761"
STATUSES = ("UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN")


def node_url(text: str) -> str:
    """The URL of a node as it is compared: without a trailing slash. Raises SettingError for what is none."""
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no number
    except ValueError as error:
        raise SettingError(f"{text!r} is no URL of a node ({error}); write http://HOST:PORT") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise SettingError(f"{text!r} is no URL of a node; write http://HOST:PORT, without a path")
    return url


def _nodes_of_environment() -> Tuple[str, ...]:
    return tuple(part for part in os.environ.get("MUSTER_NODES", "").split(",") if part.strip()) or (DEFAULT_NODE,)


@dataclasses.dataclass(frozen=True)
class Settings:
    """All in milliseconds. Values that cannot work raise SettingError."""

    nodes: Iterable[str] = dataclasses.field(default_factory=_nodes_of_environment)
    client_id: str = dataclasses.field(default_factory=lambda: secrets.token_hex(16))
    cache_dir: Optional[str] = None
    poll_ms: float = 5000
    peers_ms: float = 300_000
    connect_timeout_ms: float = 500
    request_timeout_ms: float = 2000
    retry_ms: float = 250
    quarantine_ms: float = 1000
    quarantine_max_ms: float = 60_000
    ready_timeout_ms: float = 3000
    hold_ms: float = 0
    eject_after: int = 3
    eject_ms: float = 10_000
    eject_max_ms: float = 300_000
    drain_ms: float = 6000
    stop_timeout_ms: float = 2000

    def __post_init__(self) -> None:
        if isinstance(self.nodes, str):
            raise SettingError("nodes is a list of URLs, not one text: nodes=['http://HOST:PORT']")
        nodes = tuple(dict.fromkeys(node_url(node) for node in self.nodes))
        if not 1 <= len(nodes) <= NODES_MAX:
            raise SettingError(f"nodes has {len(nodes)} URLs; give 1 to {NODES_MAX}")
        object.__setattr__(self, "nodes", nodes)
        for field in dataclasses.fields(self):
            if field.name in ("nodes", "client_id", "cache_dir"):
                continue
            value = getattr(self, field.name)
            least = 0 if field.name in ("hold_ms", "drain_ms", "ready_timeout_ms") else 1
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < 1e10:
                raise SettingError(f"{field.name} is {value!r}; give a number of at least {least}")


def service_key(service: str) -> str:
    """The name of a service as it is compared: lower case. Raises SettingError for what cannot be one."""
    if not isinstance(service, str) or not 1 <= len(service) <= 255 or service in (".", "..") \
            or service != service.strip(" ") or any(not " " <= one <= "~" or one in "/\\?#%" for one in service):
        raise SettingError(f"{service!r} is no name of a service; give 1 to 255 printable ASCII characters, none of / \\ ? # %")
    return service.lower()


def instance_key(instance: str) -> str:
    """The id of an instance as it is; raises SettingError for what cannot be one."""
    if not isinstance(instance, str) or instance in ("", ".", "..") or len(instance.encode("utf-8", "surrogatepass")) > 512 \
            or any(one < " " or one == "\x7f" or "\ud800" <= one <= "\udfff" for one in instance):
        raise SettingError(f"{instance!r} is no id of an instance; give 1 to 512 bytes without control characters")
    return instance
