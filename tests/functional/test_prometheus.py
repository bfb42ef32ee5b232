#!/usr/bin/env python3
"""Goal: Prometheus finds what is registered, and scrapes the daemon itself.
Method: Debian's Prometheus, unchanged, with eureka_sd_configs against the daemon; its own API says what it discovered."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

import musterd
from eureka import a_spring_instance, an_xml_instance

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
  - job_name: discovered
    eureka_sd_configs:
      - server: http://127.0.0.1:{port}/eureka
        refresh_interval: 2s
    relabel_configs:
      - {{source_labels: [__meta_eureka_app_name], target_label: app}}
      - {{source_labels: [__meta_eureka_app_instance_id], target_label: id}}
      - {{source_labels: [__meta_eureka_app_instance_status], target_label: status}}
      - {{source_labels: [__meta_eureka_app_instance_metadata_zone], target_label: zone}}
  - job_name: musterd
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus:
    """A real Prometheus on a port of its choice, found by the line that it logs."""

    def __init__(self, config):
        self.folder = tempfile.mkdtemp(prefix="muster-prometheus-")
        path = os.path.join(self.folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={path}", f"--storage.tsdb.path={self.folder}/data",
             "--web.listen-address=127.0.0.1:0"], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.port = musterd.eventually(60, self._find_port, "Prometheus listening")

    def _find_port(self):
        """The port that it listens on, from the kernel's table: the log only repeats port 0."""
        inodes = set()
        for name in os.listdir(f"/proc/{self.process.pid}/fd"):
            try:
                link = os.readlink(f"/proc/{self.process.pid}/fd/{name}")
            except FileNotFoundError:
                continue
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
        with open("/proc/net/tcp", encoding="ascii") as file:
            for line in file.readlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[9] in inodes:
                    return int(fields[1].rpartition(":")[2], 16)
        raise AssertionError("it listens on nothing yet")

    def api(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=10) as reply:
            return json.load(reply)["data"]

    def close(self):
        self.process.terminate()
        self.process.wait(timeout=60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Discovery(unittest.TestCase):
    def setUp(self):
        self.daemon = musterd.Daemon()
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        sent = a_spring_instance(1, "SHOP")
        sent["instance"]["metadata"] = {"zone": "z1", "odd key:": "a<b", "1": "2", "management.port": "1"}
        self.assertEqual(self.daemon.post("/eureka/apps/SHOP", sent).status, 204)
        self.assertEqual(self.daemon.post("/eureka/apps/LEGACY", an_xml_instance("LEGACY", "x1"),
                                          content_type="application/xml").status, 204)
        self.assertLess(self.daemon.put("/v1/services/native/instances/n1", {"port": 8000, "zone": "z2",
                                                                            "metadata": {"zone": "z2"}}).status, 300)
        self.prometheus = Prometheus(CONFIG.format(port=self.daemon.port))
        self.addCleanup(self.prometheus.close)

    def targets(self):
        return {one["labels"]["id"]: one for one in self.prometheus.api("targets")["activeTargets"]
                if one["scrapePool"] == "discovered"}

    def test_discovers_follows_and_scrapes(self):
        def discovered():
            found = self.targets()
            self.assertEqual(set(found), {"host1.example:shop:8080", "x1", "n1"})
            return found
        found = musterd.eventually(60, discovered, "discovery")
        shop = found["host1.example:shop:8080"]
        self.assertEqual((shop["labels"]["app"], shop["labels"]["status"], shop["labels"]["zone"]), ("SHOP", "UP", "z1"))
        self.assertEqual(shop["discoveredLabels"]["__address__"], "host1.example:8080")
        self.assertEqual(found["n1"]["discoveredLabels"]["__address__"], "127.0.0.1:8000")
        self.assertEqual(found["n1"]["labels"]["zone"], "z2")
        self.daemon.put("/v1/services/native/instances/n1/drain", {})
        self.daemon.delete("/eureka/apps/LEGACY/x1")

        def followed():
            now = self.targets()
            self.assertNotIn("x1", now)
            self.assertEqual(now["n1"]["labels"]["status"], "OUT_OF_SERVICE")
        musterd.eventually(60, followed, "discovery of the changes")

        def scraped():
            result = self.prometheus.api("query?query=muster_registrations_total")["result"]
            self.assertTrue(result and float(result[0]["value"][1]) >= 3, result)
        musterd.eventually(60, scraped, "the daemon's own metrics")
        with open(self.prometheus.log.name, encoding="utf-8") as file:
            self.assertNotIn("level=error", file.read())

    def test_promtool_accepts_the_metrics(self):
        self.daemon.put("/v1/services/odd%22%7Bname%7D/instances/a", {})
        checked = subprocess.run(["promtool", "check", "metrics"], input=self.daemon.get("/metrics").raw,
                                 capture_output=True, timeout=60, check=False)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, b"", b""))


if __name__ == "__main__":
    musterd.main()
