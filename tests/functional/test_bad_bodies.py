#!/usr/bin/env python3
"""Goal: whoever registers by hand and mistypes is told which field is wrong.
Method: a table of bad requests, each with the field that the answer must name; none may be answered 5xx, and none may
change anything."""
import musterd

INSTANCE = "/v1/services/bad/instances/a"
BAD = [
    # method, path, body, field that must be named
    ("PUT", INSTANCE, "{", "body"),
    ("PUT", INSTANCE, "[]", "body"),
    ("PUT", INSTANCE, "null", "body"),
    ("PUT", INSTANCE, "1", "body"),
    ("PUT", INSTANCE, '"text"', "body"),
    ("PUT", INSTANCE, "port=80", "body"),
    ("PUT", INSTANCE, "<instance/>", "body"),
    ("PUT", INSTANCE, '{"port":80,}', "body"),
    ("PUT", INSTANCE, '{"port":80} x', "body"),
    ("PUT", INSTANCE, b'{"zone":"\xff"}', "zone"),
    ("PUT", INSTANCE, '{"prot":80}', "prot"),
    ("PUT", INSTANCE, '{"Port":80}', "Port"),
    ("PUT", INSTANCE, '{"port":80,"port":81}', "port"),
    ("PUT", INSTANCE, '{"port":"80"}', "port"),
    ("PUT", INSTANCE, '{"port":0}', "port"),
    ("PUT", INSTANCE, '{"port":-1}', "port"),
    ("PUT", INSTANCE, '{"port":65536}', "port"),
    ("PUT", INSTANCE, '{"port":80.5}', "port"),
    ("PUT", INSTANCE, '{"port":true}', "port"),
    ("PUT", INSTANCE, '{"port":[80]}', "port"),
    ("PUT", INSTANCE, '{"secure_port":"https"}', "secure_port"),
    ("PUT", INSTANCE, '{"address":"orders.example"}', "address"),
    ("PUT", INSTANCE, '{"address":""}', "address"),
    ("PUT", INSTANCE, '{"address":"10.0.0.256"}', "address"),
    ("PUT", INSTANCE, '{"address":7}', "address"),
    ("PUT", INSTANCE, '{"host_name":7}', "host_name"),
    ("PUT", INSTANCE, '{"host_name":{"a":1}}', "host_name"),
    ("PUT", INSTANCE, '{"host_name":"a\\u0000b"}', "host_name"),
    ("PUT", INSTANCE, '{"zone":false}', "zone"),
    ("PUT", INSTANCE, '{"zone":"%s"}' % ("z" * 3000), "zone"),
    ("PUT", INSTANCE, '{"status":"up"}', "status"),
    ("PUT", INSTANCE, '{"status":"RUNNING"}', "status"),
    ("PUT", INSTANCE, '{"status":1}', "status"),
    ("PUT", INSTANCE, '{"lease":30}', "lease"),
    ("PUT", INSTANCE, '{"lease":{"interval_s":0}}', "lease.interval_s"),
    ("PUT", INSTANCE, '{"lease":{"interval_s":"30"}}', "lease.interval_s"),
    ("PUT", INSTANCE, '{"lease":{"duration_s":-5}}', "lease.duration_s"),
    ("PUT", INSTANCE, '{"lease":{"duration_s":1e300}}', "lease.duration_s"),
    ("PUT", INSTANCE, '{"lease":{"duration":90}}', "lease.duration"),
    ("PUT", INSTANCE, '{"metadata":[]}', "metadata"),
    ("PUT", INSTANCE, '{"metadata":"a=b"}', "metadata"),
    ("PUT", INSTANCE, '{"metadata":{"owner":{"name":"x"}}}', "metadata.owner"),
    ("PUT", INSTANCE, '{"metadata":{"owner":["x"]}}', "metadata.owner"),
    ("PUT", INSTANCE, '{"metadata":{"a":"1","a":"2"}}', "metadata.a"),
    ("PUT", INSTANCE, '{"metadata":{"big":"%s"}}' % ("x" * 5000), "metadata.big"),
    ("PUT", INSTANCE, '{"metadata":{%s}}' % ",".join(f'"k{n}":"v"' for n in range(200)), "metadata"),
    ("PUT", INSTANCE, '{"incarnation":-1}', "incarnation"),
    ("PUT", INSTANCE, '{"incarnation":"x"}', "incarnation"),
    ("PUT", INSTANCE, '{"incarnation":9007199254740993}', "incarnation"),
    ("PUT", INSTANCE, '{"country_id":"DE"}', "country_id"),
    ("PUT", INSTANCE, '{"data_center":"Amazon"}', "data_center"),
    ("PUT", INSTANCE, '{"data_center":{"name":""}}', "data_center.name"),
    ("PUT", INSTANCE, '{"data_center":{"name":"MyOwn","metadata":{"a":"b"}}}', "data_center.metadata"),
    ("PUT", INSTANCE, '{"id":"b"}', "id"),
    ("PUT", INSTANCE, '{"service":"other"}', "service"),
    ("PUT", INSTANCE, '{"a":' * 100, "a"),
    ("PUT", INSTANCE + "?w=0", "{}", "w"),
    ("PUT", INSTANCE + "?w=many", "{}", "w"),
    ("PUT", INSTANCE + "?wait=1", "{}", "wait"),
    ("PUT", "/v1/services/%20bad/instances/a", "{}", "service"),
    ("PUT", f"/v1/services/{'s' * 300}/instances/a", "{}", "service"),
    ("PUT", "/v1/services/b%C3%A4d/instances/a", "{}", "service"),
    ("PUT", "/v1/services/bad/instances/a%01", "{}", "id"),
    ("PUT", f"/v1/services/bad/instances/{'i' * 600}", "{}", "id"),
    ("POST", "/v1/services/bad/instances", '{"id":"mine"}', "id"),
    ("PUT", "/v1/services/held/instances/a/status", "{}", "status"),
    ("PUT", "/v1/services/held/instances/a/status", '{"status":"down"}', "status"),
    ("PUT", "/v1/services/held/instances/a/status", '{"state":"DOWN"}', "state"),
    ("PUT", "/v1/services/held/instances/a/drain", '{"ttl_s":0}', "ttl_s"),
    ("PUT", "/v1/services/held/instances/a/drain", '{"ttl":60}', "ttl"),
    ("PUT", "/v1/services/held/instances/a/drain", '{"reason":5}', "reason"),
    ("PUT", "/v1/services/held/instances/a/drain", '{"reason":"%s"}' % ("x" * 2000), "reason"),
    ("PATCH", "/v1/services/held/instances/a/metadata", '{"k":{"a":1}}', "metadata.k"),
    ("PATCH", "/v1/services/held/instances/a/metadata", "[]", "body"),
    ("PATCH", "/v1/services/held/instances/a/metadata", '{"%s":"v"}' % ("k" * 300), "metadata"),
    ("POST", "/v1/renew", "{}", "instances"),
    ("POST", "/v1/renew", '{"instances":{}}', "instances"),
    ("POST", "/v1/renew", '{"instances":[{"service":"a"}]}', "instances[0].id"),
    ("POST", "/v1/renew", '{"instances":[{"service":"a","id":1}]}', "instances[0].id"),
    ("POST", "/v1/renew", '{"instances":["a"]}', "instances[0]"),
    ("GET", "/v1/services/held?status=UP&status=down", None, "status"),
    ("GET", "/v1/services/held?colour=red", None, "colour"),
]


class BadBodies(musterd.DaemonTest):
    def test_every_fault_names_its_field(self):
        self.assertGreaterEqual(len(BAD), 50)
        self.assertIn(self.daemon.put("/v1/services/held/instances/a", {}).status, (200, 201))
        before = self.daemon.get("/v1/services/held/instances/a").json()
        for method, path, body, field in BAD:
            with self.subTest(request=f"{method} {path[:80]} {body[:80] if body else ''}"):
                reply = self.daemon.request(method, path, {"Content-Type": "application/json"} if body else {}, body)
                self.assertIn(reply.status, (400, 413), reply.raw[:300])
                self.assertEqual(reply.media_type, "application/problem+json")
                problem = reply.json()
                self.assertEqual(problem["status"], reply.status)
                self.assertTrue(problem["title"] and problem["detail"])
                self.assertTrue(problem["field"].startswith(field), f"names {problem['field']}, not {field}")
                self.assertLess(len(reply.raw), 2000, "an answer does not repeat what was sent")
        self.assertEqual(self.daemon.get("/v1/services/bad").status, 404, "nothing was registered")
        after = self.daemon.get("/v1/services/held/instances/a").json()
        self.assertEqual(after["metadata"], before["metadata"])
        self.assertEqual(after["status"], "UP")

    def test_bad_eureka_requests_are_refused_not_failed(self):
        self.daemon.put("/v1/services/held/instances/a", {})
        for method, path, body in (("POST", "/eureka/apps/BAD", ""), ("POST", "/eureka/apps/BAD", "{"), ("POST", "/eureka/apps/BAD", "<"),
                                   ("POST", "/eureka/apps/BAD", "null"), ("POST", "/eureka/apps/BAD", '{"instance":[]}'),
                                   ("PUT", "/eureka/apps/HELD/a?lastDirtyTimestamp=x", None),
                                   ("PUT", "/eureka/apps/HELD/a/status?value=x", None), ("PUT", "/eureka/apps/HELD/a/status", None)):
            with self.subTest(request=f"{method} {path} {body}"):
                reply = self.daemon.request(method, path, {"Content-Type": "application/json"} if body is not None else {}, body)
                self.expect(reply, 400)


if __name__ == "__main__":
    musterd.main()
