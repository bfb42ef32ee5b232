#!/usr/bin/env python3
"""Goal: the compose file and the Dockerfile keep what their page promises, where no engine can try them.
Method: both are read as what they are. `docker compose config` judges the file, too, where it is installed. That the file's commands,
settings, order and health checks work is shown by the walk, which reads this very file."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import yaml

import dockerfile

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy/compose"
DOCUMENT = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = DOCUMENT["services"]
LONG_RUNNING = {name: one for name, one in SERVICES.items() if one["restart"] != "no"}
SECRET_NAME = re.compile(r"secret|password|passwd|token|credential|private", re.IGNORECASE)
SECRET_LOOK = re.compile(r"\b[0-9a-fA-F]{24,}\b|BEGIN [A-Z ]*PRIVATE KEY")
# Keys of the compose specification that this file may use; a misspelt one would be ignored by this test, not by an engine.
KEYS = {"build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image", "init", "logging", "network_mode",
        "pids_limit", "ports", "read_only", "restart", "security_opt", "stop_grace_period", "tmpfs", "user", "volumes"}


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text).group(1))


class Compose(unittest.TestCase):
    def test_it_has_what_the_page_says(self):
        self.assertEqual({name: one.get("deploy", {}).get("replicas", 1) for name, one in SERVICES.items()},
                         {"secret": 1, "node1": 1, "node2": 1, "node3": 1, "prices": 3, "orders": 2, "shop": 1, "prometheus": 1})

    def test_every_service_is_confined(self):
        for name, one in SERVICES.items():
            with self.subTest(name):
                self.assertLessEqual(set(one), KEYS)
                self.assertIs(one["read_only"], True)
                self.assertNotIn(str(one["user"]).split(":")[0], ("root", "0", ""))
                self.assertEqual(one["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", one["security_opt"])

    def test_only_loopback_is_published(self):
        published = [port for one in SERVICES.values() for port in one.get("ports", [])]
        self.assertEqual(len(published), 5)
        for port in published:
            self.assertRegex(port, r"^127\.0\.0\.1:\d+:\d+$")

    def test_a_service_of_several_has_no_name_and_no_port_of_its_own(self):
        for name in ("prices", "orders"):
            self.assertNotIn("ports", SERVICES[name])
            self.assertNotIn("container_name", SERVICES[name])

    def test_every_service_that_stays_has_a_health_check(self):
        for name, one in LONG_RUNNING.items():
            with self.subTest(name):
                self.assertEqual(one["healthcheck"]["test"][:2], ["CMD", "curl"])
                self.assertGreater(seconds(one["healthcheck"]["timeout"]), 0)

    def test_sigterm_has_the_time_to_drain(self):
        drain_ms = re.search(r"drain_deadline_ms = (\d+)", (ROOT / "config/musterd.toml").read_text(encoding="utf-8")).group(1)
        for name, one in LONG_RUNNING.items():
            self.assertGreater(seconds(one["stop_grace_period"]), int(drain_ms) / 1000, name)

    def test_the_nodes_differ_in_their_volume_and_port_only(self):
        def shared(name):
            return {key: value for key, value in SERVICES[name].items() if key not in ("ports", "volumes")}
        self.assertEqual(shared("node1"), shared("node2"))
        self.assertEqual(shared("node1"), shared("node3"))

    def test_every_volume_is_declared_and_used(self):
        sources = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])}
        self.assertEqual({source for source in sources if not source.startswith(".")}, set(DOCUMENT["volumes"]))
        for source in sources:
            if source.startswith("."):
                self.assertTrue((FOLDER / source).is_file(), source)

    def test_whoever_waits_waits_for_something_that_comes(self):
        for name, one in SERVICES.items():
            for before, how in one.get("depends_on", {}).items():
                wanted = "service_healthy" if before in LONG_RUNNING else "service_completed_successfully"
                self.assertEqual(how["condition"], wanted, f"{name} after {before}")

    def test_an_engine_accepts_it(self):
        if shutil.which("docker") is None or subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
            print("docker compose is not installed: the file is judged by this test alone", file=sys.stderr)
            return
        judged = subprocess.run(["docker", "compose", "-f", FOLDER / "compose.yaml", "config", "--quiet"],
                                capture_output=True, text=True, check=False)
        self.assertEqual((judged.returncode, judged.stderr), (0, ""))


class Secret(unittest.TestCase):
    def test_no_file_has_one(self):
        for path in FOLDER.rglob("*"):
            if path.is_file() and path.suffix != ".sum":
                self.assertIsNone(SECRET_LOOK.search(path.read_text(encoding="utf-8")), path)
        for name, one in SERVICES.items():
            for variable, value in one.get("environment", {}).items():
                if SECRET_NAME.search(variable):
                    self.assertEqual((variable, value), ("MUSTER_CLUSTER_SECRET_FILE", "/run/muster/secret"), name)

    def test_nodes_may_read_it_only(self):
        for name in ("node1", "node2", "node3"):
            self.assertIn("secret:/run/muster:ro", SERVICES[name]["volumes"])
        holders = {name for name, one in SERVICES.items() if any(volume.startswith("secret:") for volume in one.get("volumes", []))}
        self.assertEqual(holders, {"secret", "node1", "node2", "node3"})

    def test_one_is_made_at_the_first_start_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            made = []
            for name in ("a", "b", "a"):
                path = os.path.join(folder, name)
                subprocess.run([FOLDER / "make-secret", path], check=True, capture_output=True)
                self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
                made.append(Path(path).read_text(encoding="ascii"))
            self.assertRegex(made[0], r"^[0-9a-f]{64}\n$")
            self.assertNotEqual(made[0], made[1])
            self.assertEqual(made[0], made[2])
            self.assertEqual(sorted(os.listdir(folder)), ["a", "b"])


class Images(unittest.TestCase):
    def setUp(self):
        self.stages = dockerfile.read(FOLDER / "Dockerfile")

    def test_all_stages_stand_on_one_base_that_can_be_replaced(self):
        self.assertEqual(self.stages.arguments, {"BASE": "debian:12-slim"})
        for stage in self.stages.values():
            self.assertTrue(stage.base == "${BASE}" or stage.base in self.stages, stage.name)

    def test_every_service_has_its_stage_and_its_user(self):
        for name, one in SERVICES.items():
            with self.subTest(name):
                self.assertEqual(one["build"]["dockerfile"], "deploy/compose/Dockerfile")
                self.assertEqual((FOLDER / one["build"]["context"]).resolve(), ROOT)
                stage = self.stages[one["build"]["target"]]
                self.assertEqual(stage.last("USER"), one["user"])
                self.assertLess(max(stage.positions("RUN", "COPY"), default=-1), stage.positions("USER")[-1])

    def test_what_a_service_runs_is_what_its_image_runs(self):
        for name, one in LONG_RUNNING.items():
            self.assertEqual(yaml.safe_load(self.stages[one["build"]["target"]].last("CMD")), one["command"][:1], name)

    def test_what_is_built_stays_out_of_what_runs(self):
        for one in SERVICES.values():
            stages = self.stages.line_of(one["build"]["target"])
            self.assertFalse([stage.name for stage in stages if stage.name.startswith("build-")])

    def test_nothing_comes_from_the_net_but_debian_packages(self):
        for stage in self.stages.values():
            self.assertEqual(stage.positions("ADD"), [])
            for command in stage.commands():
                self.assertNotRegex(command, r"\b(curl|wget|git|npm|pip|go)\b (?!.*runtime-of)")

    def test_steps_call_the_scripts_that_tests_call(self):
        """deploy/package: by tests/run package. deploy/compose/build: by the walk. The rest makes users and folders."""
        allowed = r"deploy/package|deploy/compose/build (prices|runtime-of (health|musterd|orders|shop|prometheus))"
        small = r"rm -rf /var/lib/apt/lists/\*|mv build/package/musterd_\*\.deb build/musterd\.deb|useradd --system .*|install -d -m 0700 .*"
        for stage in self.stages.values():
            for command in stage.commands():
                self.assertRegex(command, rf"^({allowed}|{small})$")
        for script in ("deploy/package", "deploy/compose/build"):
            self.assertTrue(os.access(ROOT / script, os.X_OK), script)

    def test_what_is_copied_is_there(self):
        for stage in self.stages.values():
            for copied in stage.all("COPY"):
                words = copied.split()
                if not words[0].startswith("--from="):
                    for source in words[:-1]:
                        self.assertTrue((ROOT / source).exists(), source)
                else:
                    self.assertIn(words[0].removeprefix("--from="), self.stages)

    def test_what_can_be_written_has_an_owner_in_the_image(self):
        """A named volume takes over the folder that the image has at its place, with its owner."""
        by_packages = {"/var/lib/muster", "/var/lib/prometheus"}
        for name, one in SERVICES.items():
            made = " ".join(self.stages[one["build"]["target"]].commands())
            for volume in one.get("volumes", []):
                source, target = volume.split(":")[:2]
                if not source.startswith(".") and target not in by_packages:
                    self.assertRegex(made, rf"install -d -m 0700 -o {one['user']}( -g \w+)? {target}(?!\S)", name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
