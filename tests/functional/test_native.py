#!/usr/bin/env python3
"""Goal: the native API does what its document says: register, renew, find, drain, patch, cancel.
Method: one daemon; each resource by plain requests; the document itself names every path used."""
import re

import musterd

CREATED = (200, 201)


class Native(musterd.DaemonTest):
    def register(self, service, instance_id, **body):
        reply = self.daemon.put(f"/v1/services/{service}/instances/{instance_id}", body)
        self.assertIn(reply.status, CREATED, reply.raw)
        return reply.json()

    def one(self, service, instance_id):
        return self.expect(self.daemon.get(f"/v1/services/{service}/instances/{instance_id}"), 200).json()

    def test_an_empty_object_registers_the_caller(self):
        first = self.daemon.put("/v1/services/orders/instances/a", {})
        self.expect(first, 201)
        self.assertEqual(first.json()["address"], "127.0.0.1")
        self.assertEqual((first.json()["lease"]["interval_s"], first.json()["lease"]["duration_s"]), (30, 90))
        self.expect(self.daemon.put("/v1/services/orders/instances/a", {}), 200)
        self.expect(self.daemon.put("/v1/services/orders/instances/a"), 200)

    def test_the_server_picks_an_id(self):
        first, second = (self.expect(self.daemon.post("/v1/services/picked/instances", {}), 201) for _ in range(2))
        self.assertNotEqual(first.json()["id"], second.json()["id"])
        self.assertTrue(first.headers["location"].startswith("/v1/services/picked/instances/"))
        self.expect(self.daemon.get(first.headers["location"]), 200)

    def test_an_address_and_a_port_are_an_id(self):
        first = self.expect(self.daemon.post("/v1/services/picked/instances", {"port": 80}), 201)
        self.assertEqual(first.json()["id"], "127.0.0.1:80")
        self.expect(self.daemon.post("/v1/services/picked/instances", {"port": 80}), 200)

    def test_renewing(self):
        self.register("beats", "a")
        self.assertLess(self.daemon.put("/v1/services/beats/instances/a/renew").status, 300)
        self.assertLess(self.daemon.put("/v1/services/beats/instances/a").status, 300)
        life = self.daemon.get("/v1/services/beats/instances/a").json()["incarnation"]
        renew = "/v1/services/beats/instances/a/renew?incarnation="
        self.expect(self.daemon.put(renew + str(life)), 204)
        self.expect(self.daemon.put(renew + str(life + 1)), 404)
        self.expect(self.daemon.put(renew + str(life - 1)), 409)
        self.expect(self.daemon.put(renew + "0"), 400)
        unknown = self.expect(self.daemon.put("/v1/services/beats/instances/none/renew"), 404)
        self.assertEqual(unknown.media_type, "application/problem+json")

    def test_renewing_many_has_a_result_for_each(self):
        self.register("many", "a")
        self.register("many", "b")
        items = [{"service": "many", "id": "a"}, {"service": "many", "id": "none"}, {"service": "MANY", "id": "b"}]
        results = self.expect(self.daemon.post("/v1/renew", {"instances": items}), 200).json()
        results = next(value for value in results.values() if isinstance(value, list))
        self.assertEqual(len(results), 3)
        found = [one["result"] for one in results]
        self.assertEqual(found[0], found[2])
        self.assertNotEqual(found[0], found[1])

    def test_status(self):
        self.register("says", "a")
        self.assertLess(self.daemon.put("/v1/services/says/instances/a/status", {"status": "DOWN"}).status, 300)
        self.assertEqual(self.one("says", "a")["status"], "DOWN")

    def test_drain_and_undrain(self):
        self.register("drained", "a")
        drain = {"reason": "new kernel", "by": "ops", "ttl_s": 600}
        self.assertLess(self.daemon.put("/v1/services/drained/instances/a/drain", drain).status, 300)
        shown = self.one("drained", "a")
        self.assertEqual((shown["status"], shown["reported_status"]), ("OUT_OF_SERVICE", "UP"))
        self.assertEqual((shown["override"]["reason"], shown["override"]["by"]), ("new kernel", "ops"))
        self.assertIsNotNone(shown["override"]["until"])
        self.assertLess(self.daemon.delete("/v1/services/drained/instances/a/drain").status, 300)
        shown = self.one("drained", "a")
        self.assertEqual((shown["status"], shown["override"]), ("UP", None))

    def test_metadata_patch(self):
        self.register("meta", "a", metadata={"kept": "1", "removed": "1"})
        path = "/v1/services/meta/instances/a/metadata"
        self.assertLess(self.daemon.patch(path, {"new": "2", "removed": None}).status, 300)
        self.assertEqual(self.one("meta", "a")["metadata"], {"kept": "1", "new": "2"})
        self.register("meta", "a", metadata={"kept": "3", "removed": "3"})
        self.assertEqual(self.one("meta", "a")["metadata"], {"kept": "3", "new": "2"})
        self.expect(self.daemon.patch("/v1/services/meta/instances/none/metadata", {"a": "b"}), 404)

    def test_filters(self):
        self.register("filter", "a", zone="z1", metadata={"version": "1"})
        self.register("filter", "b", zone="z2", metadata={"version": "1"}, status="DOWN")
        self.register("filter", "c", zone="z1", metadata={"version": "2"})
        for query, want in (("", "abc"), ("status=UP", "ac"), ("zone=z1", "ac"), ("meta.version=1", "ab"),
                            ("zone=z1&meta.version=2", "c"), ("status=DOWN&zone=z1", ""), ("zone=none", "")):
            with self.subTest(query=query):
                reply = self.expect(self.daemon.get(f"/v1/services/filter?{query}"), 200)
                self.assertEqual("".join(sorted(one["id"] for one in reply.json()["instances"])), want)
        self.expect(self.daemon.get("/v1/services/filter?stauts=UP"), 400)
        self.expect(self.daemon.get("/v1/services/filter?status=up"), 400)

    def test_lists(self):
        self.register("listed", "a")
        services = self.expect(self.daemon.get("/v1/services"), 200).json()["services"]
        self.assertIn("listed", [one.get("name", one.get("service")) for one in services])
        self.expect(self.daemon.get("/v1/services/nobody"), 404)

    def test_tags(self):
        self.register("tags", "a")
        for path in ("/v1/services", "/v1/services/tags", "/v1/services/tags/instances/a", "/v1/self-preservation"):
            with self.subTest(path=path):
                first = self.expect(self.daemon.get(path), 200)
                tag = first.headers["etag"]
                again = self.expect(self.daemon.get(path, if_none_match=tag), 304)
                self.assertEqual((again.raw, again.headers["etag"]), (b"", tag))
                self.expect(self.daemon.get(path, if_none_match='"other"'), 200)
        tag = self.daemon.get("/v1/services/tags").headers["etag"]
        self.register("tags", "a", metadata={"new": "1"})
        self.assertNotEqual(self.expect(self.daemon.get("/v1/services/tags", if_none_match=tag), 200).headers["etag"], tag)

    def test_every_get_has_a_tag(self):
        self.register("tagged", "a")
        document = self.daemon.get("/openapi.json").json()
        for path, operations in document["paths"].items():
            if "get" in operations and path.startswith("/v1"):
                with self.subTest(path=path):
                    target = path.replace("{service}", "tagged").replace("{id}", "a")
                    reply = self.daemon.get(target)
                    self.assertEqual(reply.status, 200, reply.raw)
                    self.assertIn("etag", reply.headers)

    def test_a_cancel_fences_the_incarnation(self):
        incarnation = self.register("fenced", "a", incarnation=7)["incarnation"]
        self.assertEqual(incarnation, 7)
        self.assertLess(self.daemon.delete("/v1/services/fenced/instances/a").status, 300)
        self.expect(self.daemon.put("/v1/services/fenced/instances/a", {"incarnation": 7}), 410)
        self.expect(self.daemon.put("/v1/services/fenced/instances/a", {"incarnation": 6}), 410)
        self.expect(self.daemon.put("/v1/services/fenced/instances/a/renew"), 410)
        self.expect(self.daemon.put("/v1/services/fenced/instances/a", {"incarnation": 8}), 201)

    def test_incarnations_are_assigned(self):
        self.assertIsInstance(self.register("assigned", "a")["incarnation"], int)
        self.daemon.delete("/v1/services/assigned/instances/a")
        self.expect(self.daemon.put("/v1/services/assigned/instances/a", {}), 201)

    def test_a_lease_shorter_than_two_intervals_is_raised_and_said(self):
        shown = self.register("short", "a", lease={"interval_s": 10, "duration_s": 12})
        self.assertEqual(shown["lease"]["duration_s"], 20)
        self.assertIn("20", " ".join(shown["warnings"]))
        shown = self.register("third", "a", lease={"duration_s": 12})
        self.assertEqual((shown["lease"]["interval_s"], shown["lease"]["duration_s"]), (4, 12))

    def test_acknowledgement_without_peers_says_what_it_could_do(self):
        reply = self.daemon.put("/v1/services/acked/instances/a?w=2", {})
        self.assertIn(reply.status, CREATED)
        self.assertEqual(reply.headers["muster-acknowledged"], 'w=1; requested=2; reason="no peers"')
        for target in ("a", "a?w=1"):
            reply = self.expect(self.daemon.put(f"/v1/services/acked/instances/{target}", {}), 200)
            self.assertEqual(reply.headers["muster-acknowledged"], "w=1")
        self.expect(self.daemon.put("/v1/services/acked/instances/a?w=all", {}), 400)

    def test_names_in_paths(self):
        for name in ("a%20b", "%C3%A4", "a:b@c", "10.0.0.1:80"):
            self.register("paths", name)
            self.assertEqual(self.one("PATHS", name)["service"], "paths")
        self.expect(self.daemon.get("/v1/services/paths/"), 200)
        self.expect(self.daemon.put("/v1/services/a%2Fb/instances/a", {}), 400)

    def test_methods_and_paths_that_are_none(self):
        for method, path in (("POST", "/v1/services"), ("DELETE", "/v1/services/a"), ("PUT", "/v1/node"), ("PATCH", "/v1/renew")):
            reply = self.expect(self.daemon.request(method, path), 405)
            self.assertIn("allow", reply.headers)
        for path in ("/v1", "/v1/nothing", "/v1/services/a/b/c/d/e"):
            reply = self.expect(self.daemon.get(path), 404)
            self.assertEqual(reply.media_type, "application/problem+json")

    def test_head_is_get_without_a_body(self):
        self.register("head", "a")
        with self.daemon.connect() as connection:
            got = connection.exchange("GET", "/v1/services/head")
            head = connection.exchange("HEAD", "/v1/services/head")
            self.assertEqual((head.status, head.headers["etag"]), (200, got.headers["etag"]))
            self.assertEqual(connection.exchange("GET", "/healthz").status, 200)

    def test_compressed_when_asked(self):
        for number in range(50):
            self.register("packed", f"i{number}", metadata={"text": "x" * 100})
        plain = self.daemon.get("/v1/services/packed")
        packed = self.daemon.get("/v1/services/packed", accept_encoding="gzip")
        self.assertEqual(packed.headers.get("content-encoding"), "gzip")
        self.assertEqual(packed.text, plain.text)
        self.assertLess(len(packed.raw), len(plain.raw))

    def test_the_document_is_complete(self):
        document = self.expect(self.daemon.get("/openapi.json"), 200).json()
        self.assertRegex(document["openapi"], r"^3\.")
        paths = set(document["paths"])
        base = "/v1/services/{service}/instances"
        for path in ("/v1/services", "/v1/services/{service}", base, base + "/{id}", base + "/{id}/renew", base + "/{id}/status",
                     base + "/{id}/drain", base + "/{id}/metadata", "/v1/renew", "/v1/node", "/v1/self-preservation", "/healthz",
                     "/readyz", "/metrics", "/openapi.json"):
            self.assertIn(path, paths)
        for reference in re.findall(r'"\$ref":\s*"#/([^"]+)"', self.daemon.get("/openapi.json").text):
            node = document
            for part in reference.split("/"):
                self.assertIn(part, node, reference)
                node = node[part]


if __name__ == "__main__":
    musterd.main()
