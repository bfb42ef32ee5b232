"""The two clocks: monotonic for everything that lasts, wall time for incarnations and dates of files."""
from __future__ import annotations

import time


class Clock:
    """Times in milliseconds. Tests put their own in its place, and shift the wall."""

    shift_ms: float = 0

    def now(self) -> float:
        return time.monotonic() * 1000

    def wall(self) -> int:
        return int(time.time() * 1000 + self.shift_ms)
