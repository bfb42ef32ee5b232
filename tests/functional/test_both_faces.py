#!/usr/bin/env python3
"""Goal: what is registered on one face is complete on the other.
Method: register every field on one, read it on the other; and once more through what the first read gave back."""
import musterd
import strict
from eureka import an_instance, ids, lease, read, register

EUREKA = {
    "hostName": "host.example", "ipAddr": "10.9.8.7", "status": "UP", "port": {"$": 8080, "@enabled": "true"},
    "securePort": {"$": 8443, "@enabled": "true"}, "vipAddress": "vip.a,vip.b", "secureVipAddress": "safe.a",
    "homePageUrl": "http://host.example:8080/", "statusPageUrl": "http://host.example:8080/info",
    "healthCheckUrl": "http://host.example:8080/health", "secureHealthCheckUrl": "https://host.example:8443/health",
    "appGroupName": "GROUP", "asgName": "asg-1", "sid": "sid-1", "countryId": 49, "leaseInfo": lease(7, 21),
    "metadata": {"zone": "zone-a", "odd \u00e9 \U0001F600": "v\"<&>'", "empty": ""}}
NATIVE = {
    "address": "10.9.8.7", "host_name": "host.example", "port": 8080, "secure_port": 8443, "vip_address": "vip.a,vip.b",
    "secure_vip_address": "safe.a", "home_page_url": "http://host.example:8080/",
    "status_page_url": "http://host.example:8080/info", "health_check_url": "http://host.example:8080/health",
    "secure_health_check_url": "https://host.example:8443/health", "app_group": "GROUP", "asg_name": "asg-1", "sid": "sid-1",
    "country_id": 49, "metadata": EUREKA["metadata"]}
SHOWN_BY_SERVER = {"leaseInfo", "lastUpdatedTimestamp", "lastDirtyTimestamp", "actionType", "app", "instanceId"}


class BothFaces(musterd.DaemonTest):
    def native(self, service, instance_id):
        return self.expect(self.daemon.get(f"/v1/services/{service}/instances/{strict.quoted(instance_id)}"), 200).json()

    def test_registered_on_the_eureka_face(self):
        self.expect(register(self.daemon, "CROSS1", "c1", **EUREKA), 204)
        shown = self.native("cross1", "c1")
        for key, value in NATIVE.items():
            self.assertEqual(shown[key], value, key)
        self.assertEqual((shown["service"], shown["id"], shown["status"], shown["zone"]), ("cross1", "c1", "UP", "zone-a"))
        self.assertEqual((shown["lease"]["interval_s"], shown["lease"]["duration_s"]), (7, 21))

    def test_registered_on_the_native_face(self):
        body = {**NATIVE, "lease": {"interval_s": 7, "duration_s": 21}}
        self.assertIn(self.daemon.put("/v1/services/cross2/instances/c2", body).status, (200, 201))
        shown = read(self.daemon, "CROSS2", "c2")
        for key, value in EUREKA.items():
            if key not in SHOWN_BY_SERVER:
                self.assertEqual(shown[key], value, key)
        self.assertEqual((shown["app"], shown["instanceId"]), ("CROSS2", "c2"))
        self.assertEqual((shown["leaseInfo"]["renewalIntervalInSecs"], shown["leaseInfo"]["durationInSecs"]), (7, 21))
        strict.whole_registry(self.daemon)

    def test_nothing_given_is_a_complete_eureka_instance(self):
        self.assertIn(self.daemon.put("/v1/services/cross3/instances/10.0.0.7:8080", {}).status, (200, 201))
        shown = read(self.daemon, "CROSS3", "10.0.0.7:8080")
        self.assertEqual((shown["ipAddr"], shown["hostName"]), ("127.0.0.1", "127.0.0.1"))
        self.assertEqual((shown["vipAddress"], shown["port"]), ("cross3", {"$": 8080, "@enabled": "true"}))
        strict.whole_registry(self.daemon)

    def test_what_one_face_reads_can_be_registered_again(self):
        register(self.daemon, "CROSS4", "c4", **EUREKA)
        before = read(self.daemon, "CROSS4", "c4")
        self.assertIn(self.daemon.put("/v1/services/cross4/instances/c4", self.native("cross4", "c4")).status, (200, 201))
        after = read(self.daemon, "CROSS4", "c4")
        for key in set(before) - SHOWN_BY_SERVER:
            self.assertEqual(after[key], before[key], key)
        self.expect(self.daemon.post("/eureka/apps/CROSS4", {"instance": after}), 204)
        native = self.native("cross4", "c4")
        for key, value in NATIVE.items():
            self.assertEqual(native[key], value, key)

    def test_amazon(self):
        amazon = {"@class": strict.AMAZON, "name": "Amazon",
                  "metadata": {"instance-id": "i-1", "availability-zone": "us-east-1c", "local-ipv4": "10.1.1.1"}}
        self.expect(register(self.daemon, "CROSS5", "i-1", dataCenterInfo=amazon), 204)
        shown = self.native("cross5", "i-1")
        self.assertEqual(shown["data_center"], {"name": "Amazon", "metadata": amazon["metadata"]})
        self.assertEqual(shown["zone"], "us-east-1c")

    def test_operations_cross(self):
        register(self.daemon, "CROSS6", "a", status="UP")
        self.daemon.put("/v1/services/cross6/instances/a/drain", {"reason": "kernel"})
        self.assertEqual(read(self.daemon, "CROSS6", "a")["status"], "OUT_OF_SERVICE")
        self.daemon.delete("/eureka/apps/CROSS6/a/status")
        self.assertEqual(self.native("cross6", "a")["status"], "UP")
        self.daemon.put("/eureka/apps/CROSS6/a/status?value=OUT_OF_SERVICE")
        self.assertEqual(self.native("cross6", "a")["override"]["value"], "OUT_OF_SERVICE")
        self.daemon.delete("/v1/services/cross6/instances/a/drain")
        self.assertEqual(read(self.daemon, "CROSS6", "a")["status"], "UP")
        self.daemon.patch("/v1/services/cross6/instances/a/metadata", {"k": "v"})
        self.assertEqual(read(self.daemon, "CROSS6", "a")["metadata"], {"k": "v"})
        self.daemon.put("/v1/services/cross6/instances/a/status", {"status": "DOWN"})
        self.assertEqual(read(self.daemon, "CROSS6", "a")["status"], "DOWN")
        self.expect(self.daemon.put("/eureka/apps/CROSS6/a"), 200)
        self.daemon.delete("/v1/services/cross6/instances/a")
        self.assertEqual(ids(self.daemon, "CROSS6"), [])
        self.expect(self.daemon.put("/eureka/apps/CROSS6/a"), 404)

    def test_lists_agree(self):
        for number in range(5):
            register(self.daemon, "CROSS7", f"e{number}")
            self.daemon.put(f"/v1/services/Cross7/instances/n{number}", {})
        names = sorted(one["id"] for one in self.daemon.get("/v1/services/CROSS7").json()["instances"])
        self.assertEqual(names, ids(self.daemon, "CROSS7"))
        self.assertEqual(len(names), 10)

    def test_an_id_without_instance_id_is_the_host_name(self):
        body = an_instance("CROSS8", "x", instanceId=None, hostName="only.example")
        self.expect(self.daemon.post("/eureka/apps/CROSS8", body), 204)
        self.assertEqual(self.native("cross8", "only.example")["id"], "only.example")


if __name__ == "__main__":
    musterd.main()
