#!/usr/bin/env python3
"""Goal: what an operator gets by the Debian package: it installs, verifies, runs, is upgraded and goes, and leaves alone what
is the operator's.
Method: dpkg and systemd themselves, in a copy of this system that is thrown away after each test; the service runs in the
sandbox of its unit. Exit code 0: good; 1: not; 3: this machine cannot run it."""
import re
import signal
import subprocess
import sys
import tempfile
import tomllib
import unittest

import packages
from packages import CONFIG, STATE, UNIT
from system import System, eventually, why_impossible

KEPT_OLD = ("--force-confdef", "--force-confold")  # what unattended upgrades answer
STOP_SECONDS = 60
# What systemd and dpkg keep for themselves: backups of the lists of users, logs, caches.
OF_OTHERS = re.compile(r"(/etc/(passwd|group|shadow|gshadow|subuid|subgid)-|/var/(log|cache|lib/systemd|lib/dpkg)(/.*)?|/var/tmp(/.*)?)$")


def documented_exposure():
    text = (packages.ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    return float(re.search(r"exposure level (\d+\.\d)", text).group(1))


class Contents(unittest.TestCase):
    def test_it_holds_what_it_says_and_nothing_else(self):
        files = {path for path in packages.listing() if not path.endswith("/")}
        self.assertEqual(files, {
            "/usr/sbin/musterd", CONFIG, UNIT, "/usr/share/man/man8/musterd.8.gz",
            "/usr/share/doc/musterd/copyright", "/usr/share/doc/musterd/changelog.Debian.gz"})

    def test_all_belongs_to_root_and_is_written_by_nobody_else(self):
        for path, (rights, owner) in packages.listing().items():
            self.assertEqual(owner, "root/root", path)
            wanted = "rwxr-xr-x" if path.endswith("/") or path == "/usr/sbin/musterd" else "rw-r--r--"
            self.assertEqual(rights[1:], wanted, path)

    def test_it_names_the_libraries_that_it_needs(self):
        needs = packages.field("Depends")
        for name in ("adduser", "libc6", "libssl3", "libsimdjson14"):
            self.assertIn(name, needs)
        self.assertNotIn("-dev", needs)


class Life(unittest.TestCase):
    """A fresh copy of the system for each test, with the package installed."""

    systemd = False

    def setUp(self):
        self.system = System(self.systemd)
        self.addCleanup(self.system.stop)
        self.system.start()
        self.system.run("dpkg", "--purge", "musterd")  # where this system has it
        self.before = self.system.changes()
        self.said = self.system.install(packages.package())
        folder = tempfile.TemporaryDirectory(prefix="muster-later-")  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def later(self):
        return packages.later_package(self.folder)

    def edit(self, old, new):
        text = self.system.read(CONFIG)
        self.assertIn(old, text)
        self.system.write(CONFIG, text.replace(old, new))

    def version(self):
        return self.system.run("dpkg-query", "-W", "-f", "${Version} ${db:Status-Status}", "musterd").stdout

    def assert_registered(self, port=8761):
        status, text = self.system.request("PUT", "/v1/services/orders/instances/o1", {"port": 9001}, port)
        self.assertEqual(status, 201, text)
        status, text = self.system.request("GET", "/v1/services/orders", port=port)
        self.assertEqual(status, 200, text)
        self.assertIn('"o1"', text)

    def assert_snapshot(self):
        names = self.system.run("ls", STATE).stdout.split()
        self.assertTrue(any(name.startswith("snapshot-") for name in names), names)

    def assert_nothing_left(self):
        left = {path for path in self.before ^ self.system.changes() if not OF_OTHERS.match(path)}
        self.assertEqual(left, set())
        for name in ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"):
            self.assertNotRegex(self.system.read(name), r"(?m)^muster:", name)


class WithoutSystemd(Life):
    """As in a container: nothing starts by itself, and nothing fails for that."""

    def unit_command(self):
        lines = re.findall(r"^ExecStart=(.*)$", self.system.read(UNIT), re.MULTILINE)
        self.assertEqual(len(lines), 1)
        return lines[0].split()

    def as_muster(self, *words):
        return ("setpriv", "--reuid", "muster", "--regid", "muster", "--init-groups", "--no-new-privs", "--bounding-set",
                "-all", *words)

    def test_it_installs_without_complaint_and_its_files_verify(self):
        self.assertNotRegex(self.said.lower(), r"warning|error|fail|cannot|could not")
        self.assertEqual(self.system.run("dpkg", "--verify", "musterd").stdout, "")
        self.assertEqual(self.system.run("dpkg", "--audit").stdout, "")
        self.assertTrue(self.version().endswith(" installed"))

    def test_its_user_can_do_nothing_else(self):
        name, _, uid, _, _, home, shell = self.system.run("getent", "passwd", "muster").stdout.strip().split(":")
        self.assertEqual((name, home, shell), ("muster", "/nonexistent", "/usr/sbin/nologin"))
        self.assertLess(int(uid), 1000)
        self.assertEqual(self.system.run("stat", "-c", "%U:%G %a", STATE).stdout.strip(), "muster:muster 750")
        writes = self.system.run(*self.as_muster("test", "-w", CONFIG), check=False)
        self.assertEqual(writes.returncode, 1, "its own configuration is not its to change")

    def test_the_configuration_is_the_manual_with_a_place_for_state(self):
        text = self.system.read(CONFIG)
        manual = (packages.ROOT / "config" / "musterd.toml").read_text(encoding="utf-8")
        self.assertEqual({key: value for key, value in tomllib.loads(text).items() if value != {}}, {"data_dir": STATE})
        self.assertEqual(text.replace(f'\ndata_dir = "{STATE}"\n', '\n#data_dir = ""\n'), manual)
        shown = self.system.run("musterd", "--config", CONFIG, "--check-config").stdout
        self.assertIn('listen = "127.0.0.1:8761"', shown)
        self.assertIn("insecure = false", shown)

    def test_the_manual_page_has_every_flag(self):
        page = self.system.run("man", "--warnings", "musterd")
        self.assertEqual(page.stderr, "")
        flags = set(re.findall(r"--[a-z][a-z-]+", self.system.run("musterd", "--help").stdout))
        self.assertLessEqual(flags, set(re.findall(r"--[a-z][a-z-]+", page.stdout.replace("\u2010", "-"))))

    def test_the_unit_is_well_formed_and_as_closed_as_it_is_said_to_be(self):
        verified = self.system.run("systemd-analyze", "verify", "--man=yes", UNIT)
        self.assertEqual(verified.stdout + verified.stderr, "")
        text = self.system.run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT, check=False).stdout
        exposure = float(re.search(r"Overall exposure level for musterd.service: (\d+\.\d)", text).group(1))
        self.assertLessEqual(exposure, documented_exposure(), text)

    def test_the_command_of_the_unit_serves_and_keeps_its_state(self):
        self.edit('#listen = "127.0.0.1:8761"', 'listen = "127.0.0.1:18761"')
        daemon = self.system.spawn(*self.as_muster(*self.unit_command()))
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(daemon.kill)
        self.system.await_ready(18761)
        self.assert_registered(18761)
        self.system.run("pkill", f"-{signal.SIGTERM}", "-x", "musterd")
        said = daemon.communicate(timeout=STOP_SECONDS)[1]
        self.assertEqual(daemon.returncode, 0, said)
        self.assert_snapshot()

    def test_an_edited_configuration_survives_an_upgrade(self):
        self.edit("#duration_s = 90", "duration_s = 60")
        said = self.system.install(self.later(), *KEPT_OLD)
        self.assertIn("Keeping old config file", said)
        self.assertIn("\nduration_s = 60\n", self.system.read(CONFIG))
        self.assertIn(packages.LATER_COMMENT, self.system.read(CONFIG + ".dpkg-dist"))
        self.assertEqual(self.version(), "99.0-1 installed")
        self.system.run("dpkg", "--purge", "musterd")
        self.assert_nothing_left()

    def test_an_upgrade_renews_a_configuration_that_nobody_edited(self):
        self.system.install(self.later())
        self.assertIn(packages.LATER_COMMENT, self.system.read(CONFIG))
        self.assertEqual(self.system.run("dpkg", "--verify", "musterd").stdout, "")

    def test_removal_keeps_what_is_the_operators(self):
        self.system.run("touch", f"{STATE}/snapshot-1")
        self.system.run("dpkg", "--remove", "musterd")
        self.assertTrue(self.system.exists(CONFIG))
        self.assertTrue(self.system.exists(f"{STATE}/snapshot-1"))
        self.system.run("getent", "passwd", "muster")
        self.assertFalse(self.system.exists("/usr/sbin/musterd"))
        self.assertFalse(self.system.exists(UNIT))
        self.system.install(packages.package())
        self.assertTrue(self.system.exists(f"{STATE}/snapshot-1"))
        self.assertEqual(self.system.run("dpkg", "--verify", "musterd").stdout, "")

    def test_a_purge_leaves_nothing(self):
        self.system.run("touch", f"{STATE}/snapshot-1")
        self.system.run("dpkg", "--purge", "musterd")
        self.assert_nothing_left()


class WithSystemd(Life):
    """The service under systemd itself, in the whole sandbox of its unit."""

    systemd = True

    def systemctl(self, *words, check=True):
        return self.system.run("systemctl", *words, check=check)

    def shown(self, name):
        return self.systemctl("show", "--property", name, "--value", "musterd").stdout.strip()

    def journal(self):
        return self.system.run("journalctl", "--no-pager", "--unit", "musterd").stdout

    def test_it_runs_and_comes_again_at_the_next_start_of_the_machine(self):
        self.assertEqual(self.systemctl("is-active", "musterd").stdout, "active\n")
        self.assertEqual(self.systemctl("is-enabled", "musterd").stdout, "enabled\n")
        self.system.await_ready()
        self.assert_registered()
        listening = self.system.run("ss", "-Hltn").stdout.split("\n")
        self.assertEqual([line.split()[3] for line in listening if line], ["127.0.0.1:8761"])

    def test_it_runs_without_rights_and_its_thread_may_be_nicer(self):
        self.system.await_ready()
        process = self.shown("MainPID")
        status = self.system.read(f"/proc/{process}/status")
        self.assertRegex(status, r"CapBnd:\s+0000000000000000\n")
        self.assertRegex(status, r"NoNewPrivs:\s+1\n")
        self.assertRegex(status, r"Seccomp:\s+2\n")
        self.assertIn("5", self.system.run("ps", "-L", "-o", "ni=", "-p", process).stdout.split())
        self.assertEqual(self.system.run("ps", "-o", "user=", "-p", process).stdout.strip(), "muster")
        # What the unit asks for is granted as far as this machine may; all that is granted is used.
        self.assertEqual(self.shown("LimitNOFILE"), "1048576")
        self.assertRegex(self.system.read(f"/proc/{process}/limits"), r"Max open files\s+(\d+)\s+\1\s")

    def test_a_stop_drains_and_the_next_start_has_what_was_there(self):
        self.system.await_ready()
        self.assert_registered()
        self.systemctl("stop", "musterd")
        self.assertEqual((self.shown("Result"), self.shown("ExecMainStatus")), ("success", "0"))
        self.assert_snapshot()
        self.systemctl("start", "musterd")
        self.system.await_ready()
        self.assertIn('"o1"', self.system.request("GET", "/v1/services/orders")[1])
        self.assertNotRegex(self.journal(), r" (warning|error|critical) ")

    def test_a_crash_is_followed_by_a_start(self):
        self.system.await_ready()
        before = self.shown("MainPID")
        self.systemctl("kill", "--signal", "KILL", "musterd")

        def restarted():
            self.assertNotIn(self.shown("MainPID"), (before, "0"))
            self.system.await_ready()
        eventually(STOP_SECONDS, restarted, "the restart")

    def test_a_reload_takes_what_was_edited(self):
        self.system.await_ready()
        self.edit("#duration_s = 90", "duration_s = 60")
        self.systemctl("reload", "musterd")
        eventually(STOP_SECONDS, lambda: self.assertIn("reloaded changed=", self.journal()), "the reload")

    def test_a_mistake_fails_the_reload_and_the_start_and_says_where(self):
        self.system.await_ready()
        self.edit("#duration_s = 90", 'duration_s = "long"')
        self.assertNotEqual(self.systemctl("reload", "musterd", check=False).returncode, 0)
        self.assertEqual(self.system.request("GET", "/readyz")[0], 200)
        self.assertNotEqual(self.systemctl("restart", "musterd", check=False).returncode, 0)
        self.assertRegex(self.journal(), rf"{CONFIG}:\d+.*duration_s")

    def test_an_upgrade_restarts_it_with_the_configuration_and_the_registry_of_before(self):
        self.edit('#listen = "127.0.0.1:8761"', 'listen = "127.0.0.1:18761"')
        self.systemctl("restart", "musterd")
        self.system.await_ready(18761)
        self.assert_registered(18761)
        before = self.shown("MainPID")
        self.system.install(self.later(), *KEPT_OLD)
        self.assertNotIn(self.shown("MainPID"), (before, "0"))
        self.system.await_ready(18761)
        self.assertIn('"o1"', self.system.request("GET", "/v1/services/orders", port=18761)[1])

    def test_an_upgrade_leaves_disabled_what_an_operator_disabled(self):
        self.systemctl("disable", "musterd")
        self.system.install(self.later())
        self.assertEqual(self.systemctl("is-enabled", "musterd", check=False).stdout, "disabled\n")

    def test_removal_stops_it_and_a_purge_leaves_nothing(self):
        self.system.await_ready()
        self.system.run("dpkg", "--remove", "musterd")
        self.assertEqual(self.system.run("pgrep", "-x", "musterd", check=False).stdout, "")
        self.assert_snapshot()
        self.system.run("dpkg", "--purge", "musterd")
        self.assert_nothing_left()
        self.assertEqual(self.systemctl("list-units", "--all", "--plain", "--no-legend", "musterd*").stdout, "")


def main():
    reason = why_impossible()
    if reason:
        print(reason)
        return 3
    if "--possible" in sys.argv:
        return 0
    # Cleanups of tests run for SIGTERM as they do for Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    packages.package()
    unittest.main(verbosity=2)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        sys.exit(f"{failed.cmd} ended with {failed.returncode}")
