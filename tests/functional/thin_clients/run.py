#!/usr/bin/env python3
"""Runs the scenarios against the client of one language: run.py LANGUAGE [WORD of a name]... See README.md."""
import os
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

# pylint: disable=wrong-import-position
import languages  # noqa: E402
from scenarios import MODULES  # noqa: E402
from scenarios.base import Scenario  # noqa: E402


def tests_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part


def main(arguments):
    if not arguments:
        print(f"run.py LANGUAGE [WORD]...: {', '.join(languages.LANGUAGES)}", file=sys.stderr)
        return 2
    language, words = arguments[0], arguments[1:]
    with tempfile.TemporaryDirectory(prefix="muster-agent-") as folder:
        Scenario.command = languages.command(language, folder)
        loaded = [unittest.defaultTestLoader.loadTestsFromModule(module) for module in MODULES]
        chosen = [test for test in tests_of(loaded) if all(word in test.id() for word in words)]
        if not chosen:
            print(f"No scenario has {' '.join(words)!r} in its name.", file=sys.stderr)
            return 2
        result = unittest.TextTestRunner(verbosity=2).run(unittest.TestSuite(chosen))
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
