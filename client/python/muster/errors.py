"""What goes wrong, in words that say what to do next."""
from __future__ import annotations

from typing import Optional


class MusterError(Exception):
    """The base of all errors of this package."""


class SettingError(MusterError, ValueError):
    """A setting or an argument is wrong."""


class LimitReached(MusterError):
    """A limit of the client; the text names it."""


class Unavailable(MusterError):
    """No node answered. Everything goes on with what is known."""


class NoEndpoint(MusterError):
    """There is nothing to pick."""


class Refused(MusterError):
    """A node said that the request is wrong: asking again, or elsewhere, does not help."""

    def __init__(self, status: int, kind: str, detail: str, field: Optional[str] = None):
        super().__init__(f"{status} {kind}: {detail}" if kind else f"{status}: {detail}")
        self.status, self.kind, self.detail, self.field = status, kind, detail, field


class TransportError(MusterError):
    """One request to one node got no answer that can be read."""
