"""Whether a loss is believed. Pure functions; `client/README.md`, "A loss must have a reason", has the rules."""
from __future__ import annotations

from typing import AbstractSet, Any, Set

LOSS_MIN = 3  # fewer are an ordinary day
REASONS = ("cancelled", "hold_expired", "hold_released")


def sharp(known: AbstractSet[str], answered: AbstractSet[str], missing: AbstractSet[str], only_empty: bool = False) -> bool:
    """Whether this answer needs a reason. `only_empty`: what is known is old."""
    if not known:
        return False
    if not answered:
        return True
    lost = known - answered
    if only_empty:
        return False
    return bool(lost & missing) or (len(lost) >= LOSS_MIN and 2 * len(lost) > len(known))


def explained(events: Any, lost: AbstractSet[str]) -> Set[str]:
    """Those of `lost` whose latest event says that they were taken out. `events` is the answer of /v1/events."""
    latest = {}
    found = events.get("events") if isinstance(events, dict) else None
    for event in found if isinstance(found, list) else ():
        if isinstance(event, dict) and event.get("id") in lost:
            latest[event["id"]] = event.get("cause")  # they come oldest first
    return {name for name, cause in latest.items() if cause in REASONS}
