#!/usr/bin/env python3
"""Goal: whoever ends the demo, however early, is left with nothing: no process, no file.
Method: it is started with --stay in a temporary directory of its own, ended by each of the usual signals, and asked for what is left."""
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "deploy/compose/demo"
END_SECONDS = 60


def left(folder):
    """Processes that have anything to do with the folder, but for this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if folder.encode() in told:
            found.append(entry.name)
    return found


class End(unittest.TestCase):
    def ended(self, number, until, code):
        """Starts it, waits for a line, sends the signal; it ends with the code and leaves nothing."""
        with tempfile.TemporaryDirectory(prefix="muster-demo-end-") as folder:
            demo = subprocess.Popen([DEMO, "--processes", "--stay"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, env={**os.environ, "TMPDIR": folder})
            said = ""
            for line in demo.stdout:
                said += line
                if re.search(until, line):
                    break
            self.assertTrue(left(folder), said)
            demo.send_signal(number)
            rest, _ = demo.communicate(timeout=END_SECONDS)
            self.assertEqual(demo.returncode, code, said + rest)
            self.assertEqual(left(folder), [])
            self.assertEqual(os.listdir(folder), [])

    def test_ctrl_c_once_it_runs(self):
        self.ended(signal.SIGINT, "Ctrl-C stops everything", 130)

    def test_sigterm_while_it_starts(self):
        for line in ("starting secret", "starting node1", "starting shop"):
            with self.subTest(line):
                self.ended(signal.SIGTERM, line, 143)


if __name__ == "__main__":
    unittest.main(verbosity=2)
