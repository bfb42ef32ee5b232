"""Signals that end the demo. One becomes a SystemExit, whose clearing up no further one interrupts."""
import contextlib
import signal

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_held, _came = False, None


def install():
    for number in NUMBERS:
        signal.signal(number, _handle)


def _handle(number, _frame):
    global _came
    for one in NUMBERS:
        signal.signal(one, signal.SIG_IGN)
    _came = number
    if not _held:
        raise SystemExit(128 + number)


@contextlib.contextmanager
def held():
    """A signal waits for the end of this: between making something and noting that it is there."""
    global _held
    _held = True
    try:
        yield
    finally:
        _held = False
    if _came is not None:
        raise SystemExit(128 + _came)
