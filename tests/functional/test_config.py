#!/usr/bin/env python3
"""Goal: settings come from file, environment and flags, in that order; mistakes are named before anything starts.
Method: start the daemon with each; read what GET /v1/node says is in force, and where it came from."""
import os
import signal
import subprocess
import tempfile
import unittest

import musterd


def run(*options, environment=None, config=None):
    """Runs the daemon to its end, for starts that must fail. Returns exit code and what it said."""
    with tempfile.TemporaryDirectory() as folder:
        command = [musterd.binary(), *options]
        if config is not None:
            path = os.path.join(folder, "musterd.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            command += ["--config", path]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MUSTER_")}
        done = subprocess.run(command, cwd=folder, env={**clean, **(environment or {})}, capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr


def effective(daemon):
    """{key: (value, source)} of GET /v1/node."""
    document = daemon.get("/v1/node").json()
    entries = document["config"]
    if isinstance(entries, dict):
        return {key: (one["value"], one["source"]) for key, one in entries.items()}
    return {one["key"]: (one["value"], one["source"]) for one in entries}


class Sources(unittest.TestCase):
    def test_defaults(self):
        with musterd.Daemon() as daemon:
            settings = effective(daemon)
            self.assertEqual(settings["lease.duration_s"], (90, "default"))
            self.assertIn("--listen", settings["listen"][1])

    def test_file_environment_and_flags_in_this_order(self):
        config = 'listen = "127.0.0.1:1"\n[lease]\nduration_s = 40\ninterval_s = 11\n'
        with musterd.Daemon(config=config, environment={"MUSTER_LEASE_DURATION_S": "50"}) as daemon:
            settings = effective(daemon)
            self.assertEqual(settings["lease.interval_s"][0], 11)
            self.assertRegex(settings["lease.interval_s"][1], r"musterd\.toml:4$")
            self.assertEqual(settings["lease.duration_s"][0], 50)
            self.assertIn("MUSTER_LEASE_DURATION_S", settings["lease.duration_s"][1])
            self.assertIn("--listen", settings["listen"][1])
            self.assertEqual(daemon.put("/v1/services/a/instances/a", {}).json()["lease"]["duration_s"], 50)

    def test_every_key_is_shown(self):
        with musterd.Daemon() as daemon:
            settings = effective(daemon)
        manual = os.path.join(os.path.dirname(__file__), "../../config/musterd.toml")
        with open(manual, encoding="utf-8") as file:
            text = file.read()
        for name in settings:
            self.assertIn(name.rpartition(".")[2], text, f"config/musterd.toml does not document {name}")


class Mistakes(unittest.TestCase):
    def refused(self, expected, *options, **inputs):
        code, said = run(*options, **inputs)
        self.assertNotEqual(code, 0, said)
        self.assertGreater(code, 0, f"ended by a signal: {said}")
        for text in expected:
            self.assertIn(text, said)

    def test_an_unknown_key_suggests_the_nearest(self):
        self.refused(["lease.duraton_s", "lease.duration_s"], config="[lease]\nduraton_s = 5\n")
        self.refused(["MUSTER_LEASE_DURATOIN_S", "MUSTER_LEASE_DURATION_S"], environment={"MUSTER_LEASE_DURATOIN_S": "5"})

    def test_values_out_of_range_or_of_the_wrong_kind(self):
        self.refused(["lease.duration_s", "86400"], config="[lease]\nduration_s = 0\n")
        self.refused(["lease.duration_s"], config='[lease]\nduration_s = "90"\n')
        self.refused(["musterd.toml:2"], config="[lease]\nduration_s = \n")
        self.refused(["log.level", "trace"], config='[log]\nlevel = "loud"\n')
        self.refused(["--config"], "--config", "/nonexistent/musterd.toml")
        self.refused(["--lisen"], "--lisen", "127.0.0.1:0")

    def test_other_than_loopback_needs_insecure(self):
        self.refused(["--insecure"], "--listen", "0.0.0.0:0")
        with musterd.Daemon("--insecure", listen="0.0.0.0:0") as daemon:
            self.assertEqual(daemon.get("/healthz").status, 200)

    def test_a_taken_port_is_named(self):
        with musterd.Daemon() as daemon:
            self.refused([str(daemon.port)], "--listen", f"127.0.0.1:{daemon.port}")

    def test_check_config(self):
        code, said = run("--check-config", config="[lease]\nduration_s = 75\n")
        self.assertEqual(code, 0, said)
        self.refused(["duraton_s"], "--check-config", config="[lease]\nduraton_s = 5\n")

    def test_the_manual_is_a_valid_file(self):
        manual = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../config/musterd.toml")
        code, said = run("--check-config", "--config", manual)
        self.assertEqual(code, 0, said)

    def test_help_and_version(self):
        code, said = run("--help")
        self.assertEqual(code, 0)
        for flag in ("--listen", "--data-dir", "--peer", "--config", "--check-config", "--insecure"):
            self.assertIn(flag, said)
        self.assertEqual(run("--version")[0], 0)


class ExitCodes(unittest.TestCase):
    def ends_with(self, expected, *options, **inputs):
        code, said = run(*options, **inputs)
        self.assertEqual(code, expected, said)

    def test_every_refusal_to_start_ends_with_2(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "node-id"), "w", encoding="utf-8") as file:
                file.write("damaged")
            for options in (["--lisen", "127.0.0.1:0"], ["word"], ["--config", "/nonexistent/musterd.toml"],
                            ["--config", "/"], ["--listen", "here"], ["--listen", "0.0.0.0:0"],
                            ["--listen", "192.0.2.1:0", "--insecure"], ["--log-level", "loud"],
                            ["--data-dir", "/proc/nothing"], ["--data-dir", folder]):
                with self.subTest(options=options):
                    self.ends_with(2, *options)
        self.ends_with(2, config="colour = 1\n")
        self.ends_with(2, environment={"MUSTER_COLOUR": "1"})
        with musterd.Daemon() as daemon:
            self.ends_with(2, "--listen", f"127.0.0.1:{daemon.port}")
            self.ends_with(2, "--listen", "127.0.0.1:0", "--data-dir", daemon.data_dir)

    def test_a_check_ends_with_0_or_1(self):
        self.ends_with(0, "--check-config", config="[lease]\nduration_s = 75\n")
        self.ends_with(1, "--check-config", config="colour = 1\n")
        self.ends_with(1, "--check-config", "--config", "/nonexistent/musterd.toml")
        self.ends_with(1, "--check-config", "--listen", "0.0.0.0:0")
        self.ends_with(2, "--check-config", "--lisen", "127.0.0.1:0")

    def test_help_tells_them(self):
        said = run("--help")[1]
        for line in ("Exit codes:", "  0  ", "  1  ", "  2  did not start"):
            self.assertIn(line, said)


class Reload(unittest.TestCase):
    def test_hangup_takes_over_what_can_change(self):
        with musterd.Daemon(config="[lease]\nduration_s = 40\ninterval_s = 10\n") as daemon:
            daemon.write_config("[lease]\nduration_s = 60\ninterval_s = 10\n[eureka]\ndelta = false\n")
            daemon.signal(signal.SIGHUP)

            def changed():
                self.assertEqual(effective(daemon)["lease.duration_s"][0], 60)
                self.assertEqual(daemon.get("/eureka/apps/delta").status, 403)
                self.assertEqual(daemon.put("/v1/services/a/instances/a", {}).json()["lease"]["duration_s"], 60)
            musterd.eventually(30, changed, "the reload")

    def test_a_bad_file_changes_nothing_and_is_said(self):
        with musterd.Daemon(config="[lease]\nduration_s = 70\n") as daemon:
            daemon.write_config("[lease]\nduraton_s = 60\n")
            daemon.signal(signal.SIGHUP)
            daemon.wait_for_log("duraton_s")
            self.assertEqual(effective(daemon)["lease.duration_s"][0], 70)

    def test_what_needs_a_restart_is_said(self):
        with musterd.Daemon(listen=None, config='listen = "127.0.0.1:0"\n') as daemon:
            daemon.write_config('listen = "127.0.0.1:1"\n')
            daemon.signal(signal.SIGHUP)
            daemon.wait_for_log("restart")
            self.assertEqual(daemon.get("/healthz").status, 200)


if __name__ == "__main__":
    musterd.main()
