"""The address that an instance registers with."""
from __future__ import annotations

import os
import socket
from typing import Mapping, Optional, Tuple
from urllib.parse import urlsplit


def choose(given: Optional[str], node: str, environment: Optional[Mapping[str, str]] = None) -> Tuple[Optional[str], str]:
    """The address and why it is that: `given`, `MUSTER_ADDRESS`, `POD_IP`, `route`; or None and `caller`: the node
    records where the request comes from."""
    if given:
        return given, "given"
    environment = os.environ if environment is None else environment
    for name in ("MUSTER_ADDRESS", "POD_IP"):
        if environment.get(name):
            return environment[name], name
    address = route(node)
    return (address, "route") if address else (None, "caller")


def route(node: str) -> Optional[str]:
    """The source address of a packet to this node. A UDP socket is connected, nothing is sent."""
    parts = urlsplit(node)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return None
    for family, kind, protocol, _, address in found:
        try:
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(address)
                return str(probe.getsockname()[0]).partition("%")[0]
        except OSError:
            continue
    return None
