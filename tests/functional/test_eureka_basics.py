#!/usr/bin/env python3
"""Goal: the life of an instance on the Eureka face, as clients of that dialect live it.
Method: one daemon; plain requests; each step's status, body and effect on what the next reader sees."""
import musterd
import strict
from eureka import DIRTY_MS, a_spring_instance, an_instance, an_xml_instance, ids, lease, read, register


class Life(musterd.DaemonTest):
    def test_register_is_answered_204_without_a_body(self):
        reply = self.expect(register(self.daemon, "LIFE", "a"), 204)
        self.assertEqual(reply.raw, b"")
        self.assertNotIn("content-type", reply.headers)
        self.assertEqual(read(self.daemon, "LIFE", "a")["status"], "UP")

    def test_register_in_xml_and_compressed(self):
        import gzip
        self.expect(self.daemon.post("/eureka/apps/LIFE", an_xml_instance("LIFE", "x"), content_type="application/xml"), 204)
        body = gzip.compress(an_xml_instance("LIFE", "z").encode())
        self.expect(self.daemon.post("/eureka/apps/LIFE", body, content_type="application/xml", content_encoding="gzip"), 204)
        self.assertLessEqual({"x", "z"}, set(ids(self.daemon, "LIFE")))

    def test_a_heartbeat_of_an_unknown_instance_is_404_and_empty(self):
        reply = self.expect(self.daemon.put("/eureka/apps/NOBODY/none", body="{}"), 404)
        self.assertEqual((reply.raw, reply.headers.get("content-length")), (b"", "0"))

    def test_heartbeats_compare_the_dirty_timestamp(self):
        register(self.daemon, "BEAT", "a")
        path = "/eureka/apps/BEAT/a?status=UP&lastDirtyTimestamp="
        for stamp, status in ((DIRTY_MS, 200), (DIRTY_MS - 1, 200), (DIRTY_MS + 1, 404)):
            with self.subTest(stamp=stamp):
                self.assertEqual(self.expect(self.daemon.put(f"{path}{stamp}"), status).raw, b"")
        self.expect(self.daemon.put(f"{path}soon"), 400)

    def test_cancel_and_register_again(self):
        register(self.daemon, "GONE", "a")
        self.expect(self.daemon.delete("/eureka/apps/GONE/a"), 200)
        self.expect(self.daemon.delete("/eureka/apps/GONE/a"), 404)
        self.expect(self.daemon.put("/eureka/apps/GONE/a"), 404)
        self.expect(self.daemon.get("/eureka/apps/GONE"), 404)
        self.expect(register(self.daemon, "GONE", "a", lastDirtyTimestamp=str(DIRTY_MS + 1)), 204)
        self.assertEqual(ids(self.daemon, "GONE"), ["a"])

    def test_override_and_back(self):
        register(self.daemon, "OVER", "a")
        self.expect(self.daemon.put("/eureka/apps/OVER/a/status?value=OUT_OF_SERVICE"), 200)
        shown = read(self.daemon, "OVER", "a")
        self.assertEqual((shown["status"], shown["overriddenStatus"]), ("OUT_OF_SERVICE", "OUT_OF_SERVICE"))
        self.expect(self.daemon.put("/eureka/apps/OVER/a"), 200)
        self.expect(self.daemon.delete("/eureka/apps/OVER/a/status"), 200)
        shown = read(self.daemon, "OVER", "a")
        self.assertEqual((shown["status"], shown["overriddenStatus"]), ("UP", "UNKNOWN"))
        self.expect(self.daemon.put("/eureka/apps/OVER/a/status?value=Up"), 400)
        self.expect(self.daemon.put("/eureka/apps/OVER/none/status?value=UP"), 404)

    def test_an_override_does_not_hide_what_the_instance_says_of_itself(self):
        for said in ("DOWN", "STARTING"):
            register(self.daemon, "SAYS", said, status=said)
            self.expect(self.daemon.put(f"/eureka/apps/SAYS/{said}/status?value=UP"), 200)
            self.assertEqual(read(self.daemon, "SAYS", said)["status"], said)

    def test_metadata(self):
        register(self.daemon, "META", "a", metadata={"kept": "1", "changed": "1"})
        self.expect(self.daemon.put("/eureka/apps/META/a/metadata?changed=2&new=a+b"), 200)
        self.assertEqual(read(self.daemon, "META", "a")["metadata"], {"kept": "1", "changed": "2", "new": "a b"})
        register(self.daemon, "META", "a", metadata={"kept": "3"}, lastDirtyTimestamp=str(DIRTY_MS + 5))
        self.assertEqual(read(self.daemon, "META", "a")["metadata"], {"kept": "3", "changed": "2", "new": "a b"},
                         "what was patched from outside survives a registration")

    def test_names_ignore_case_and_paths_forgive(self):
        register(self.daemon, "PATHS", "host:paths:1")
        for path in ("/eureka/apps/paths/host:paths:1", "/eureka/v2/apps/PATHS/host%3Apaths%3A1", "/eureka//apps/Paths/host:paths:1/",
                     "//eureka/apps/PATHS/host:paths:1"):
            with self.subTest(path=path):
                self.expect(self.daemon.get(path, accept="application/json"), 200)
        self.expect(self.daemon.get("/eureka/apps/PATHS/HOST:paths:1"), 404)

    def test_delta_tells_of_a_cancel_and_agrees_with_the_hash(self):
        register(self.daemon, "DELTA1", "a")
        register(self.daemon, "DELTA1", "b")
        self.daemon.delete("/eureka/apps/DELTA1/a")
        delta = strict.decode(self.daemon.get("/eureka/apps/delta", accept="application/json"))
        actions = {one["instanceId"]: one["actionType"] for one in delta["apps"]["DELTA1"]}
        self.assertEqual(actions, {"a": "DELETED", "b": "ADDED"})
        full = strict.decode(self.daemon.get("/eureka/apps", accept="application/json"))
        self.assertEqual(delta["hash"], full["hash"])
        register(self.daemon, "DELTA1", "c")
        later = strict.decode(self.daemon.get("/eureka/apps/delta", accept="application/json"))
        self.assertNotEqual(later["version"], delta["version"], "the version moves with each change")

    def test_lookups_by_vip_and_id(self):
        register(self.daemon, "VIPS", "v1", vipAddress="one,two", secureVipAddress="safe")
        for path in ("/eureka/vips/one", "/eureka/vips/two", "/eureka/svips/safe"):
            listed = strict.decode(self.daemon.get(path, accept="application/json"))
            self.assertEqual([strict.id_of(one) for one in listed["apps"]["VIPS"]], ["v1"], path)
        self.assertEqual(strict.decode(self.daemon.get("/eureka/vips/none", accept="application/json"))["apps"], {})
        self.assertEqual(strict.decode(self.daemon.get("/eureka/instances/v1"))["app"], "VIPS")

    def test_the_renewal_time_is_true(self):
        register(self.daemon, "TRUE", "a", leaseInfo=lease(10, 30))
        self.daemon.put("/eureka/apps/TRUE/a")
        info = read(self.daemon, "TRUE", "a")["leaseInfo"]
        self.assertEqual((info["renewalIntervalInSecs"], info["durationInSecs"]), (10, 30))
        self.assertLess(info["lastRenewalTimestamp"], info["registrationTimestamp"] + 30_000, "not in the future")

    def test_a_read_shows_every_write(self):
        with self.daemon.connect() as connection:
            for number in range(100):
                instance = an_instance("FRESH", f"i{number}")
                self.assertEqual(connection.exchange("POST", "/eureka/apps/FRESH", {}, instance).status, 204)
                reply = connection.exchange("GET", "/eureka/apps/FRESH", {"Accept": "application/json"})
                self.assertEqual(len(strict.decode(reply)["FRESH"]), number + 1)
                delta = strict.decode(connection.exchange("GET", "/eureka/apps/delta", {"Accept": "application/json"}))
                self.assertIn(f"i{number}", [one["instanceId"] for one in delta["apps"]["FRESH"]])

    def test_a_spring_instance_comes_back_as_it_was(self):
        sent = a_spring_instance(7, "ROUND")
        self.expect(self.daemon.post("/eureka/apps/ROUND", sent), 204)
        shown = read(self.daemon, "ROUND", sent["instance"]["instanceId"])
        for key, value in sent["instance"].items():
            if key not in ("leaseInfo", "lastUpdatedTimestamp"):
                self.assertEqual(shown[key], value, key)

    def test_zz_everything_is_strictly_readable(self):
        self.assertIn("LIFE", strict.whole_registry(self.daemon))


if __name__ == "__main__":
    musterd.main()
