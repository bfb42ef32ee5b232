"""What a caller sees: endpoints and lists of them. Values that do not change."""
from __future__ import annotations

import dataclasses
from typing import Any, Dict, Mapping, Optional, Tuple

WEIGHT, WEIGHT_MAX = 100, 10_000
LEASE_S = 90  # of a document that does not say


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """One instance of a service. `document` is all that the API shows of it."""

    id: str
    status: str
    address: Optional[str]
    port: Optional[int]
    secure_port: Optional[int]
    zone: Optional[str]
    metadata: Mapping[str, str]
    weight: int
    lease_ms: float
    document: Mapping[str, Any] = dataclasses.field(repr=False, compare=False)

    def callable(self, secure: bool = False) -> bool:
        """Whether it says that it is UP, and where it can be called."""
        return self.status == "UP" and bool(self.address) and bool(self.secure_port if secure else self.port)


@dataclasses.dataclass(frozen=True)
class Listing:
    """The endpoints of one service, sorted by id, and how good that knowledge is."""

    service: str
    endpoints: Tuple[Endpoint, ...]
    source: str              # registry, disk, none
    state: str               # fresh, stale, cached_only, never
    age_ms: Optional[float]  # since a node last confirmed it; None when nobody can tell
    missing: Tuple[str, ...]  # kept, though the last answer lacks them

    @property
    def up(self) -> Tuple[Endpoint, ...]:
        return tuple(one for one in self.endpoints if one.status == "UP")


def weight_of(metadata: Mapping[str, str]) -> int:
    text = metadata.get("weight", "")
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not (digits.isascii() and digits.isdigit()):
        return WEIGHT
    if text.startswith("-"):
        return 1
    digits = digits.lstrip("0")
    return WEIGHT_MAX if len(digits) > 9 else min(max(int(digits or 0), 1), WEIGHT_MAX)


def endpoint_of(document: Any) -> Endpoint:
    """Raises ValueError for what is no instance."""
    if not isinstance(document, dict) or not isinstance(document.get("id"), str) or not isinstance(document.get("status"), str):
        raise ValueError("an instance has no id or no status")
    found = document.get("metadata")
    metadata = {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
    lease = document.get("lease")
    seconds = lease.get("duration_s") if isinstance(lease, dict) else None
    return Endpoint(document["id"], document["status"], _text(document, "address"), _number(document, "port"),
                    _number(document, "secure_port"), _text(document, "zone"), metadata, weight_of(metadata),
                    1000.0 * (seconds if isinstance(seconds, int) and seconds > 0 else LEASE_S), document)


def endpoints_of(document: Any) -> Dict[str, Endpoint]:
    """By id; raises ValueError for what is no list of instances."""
    if not isinstance(document, dict) or not isinstance(document.get("instances"), list):
        raise ValueError("the answer is no list of instances")
    return {one.id: one for one in map(endpoint_of, document["instances"])}


def _text(document: Dict[str, Any], name: str) -> Optional[str]:
    value = document.get(name)
    return value if isinstance(value, str) else None


def _number(document: Dict[str, Any], name: str) -> Optional[int]:
    value = document.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536 else None
