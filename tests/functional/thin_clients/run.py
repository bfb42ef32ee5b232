#!/usr/bin/env python3
"""Runs the scenarios against the client of one language: run.py LANGUAGE [WORD of a name]... See README.md."""
import os
import sys
import tempfile
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

# pylint: disable=wrong-import-position
import languages  # noqa: E402
import musterd  # noqa: E402
from scenarios import MODULES  # noqa: E402
from scenarios.base import Scenario  # noqa: E402

AT_A_TIME = 4  # most of their time passes with waiting


def tests_of(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from tests_of(part)
        else:
            yield part


class Outcome(unittest.TestResult):
    """Of one scenario; its lines are printed together when it has ended."""

    def reasons(self):
        return [text for _, text in [*self.failures, *self.errors]]


def run(test):
    outcome, began = Outcome(), time.monotonic()
    test.run(outcome)
    verdict = "ok" if outcome.wasSuccessful() else "FAILED"
    print(f"{verdict:6} {time.monotonic() - began:5.1f} s  {test.id().removeprefix('scenarios.')}", flush=True)
    return test, outcome


def main(arguments):
    if not arguments:
        print(f"run.py LANGUAGE [WORD]...: {', '.join(languages.LANGUAGES)}", file=sys.stderr)
        return 2
    language, words = arguments[0], arguments[1:]
    musterd.binary()  # says so at once when there is none
    with tempfile.TemporaryDirectory(prefix="muster-agent-") as folder:
        Scenario.command = languages.command(language, folder)
        loaded = [unittest.defaultTestLoader.loadTestsFromModule(module) for module in MODULES]
        chosen = [test for test in tests_of(loaded) if all(word in test.id() for word in words)]
        if not chosen:
            print(f"No scenario has {' '.join(words)!r} in its name.", file=sys.stderr)
            return 2
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            done = list(pool.map(run, chosen))
    failed = [(test, outcome) for test, outcome in done if not outcome.wasSuccessful()]
    for test, outcome in failed:
        print(f"\n======== {language}: {test.id().removeprefix('scenarios.')}\n{test._testMethodDoc}\n", *outcome.reasons())
    print(f"\n{language}: {len(done) - len(failed)} scenarios passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
