#!/usr/bin/env python3
"""Goal: an operator who asks why an instance left finds the answer in GET /v1/events.
Method: one daemon, in which instances come and leave in every way that needs no cluster; reading by `after`."""
import signal

import musterd

BASE = "/v1/services/orders/instances"
LATE_S = 20  # how much later than due is still the machine's fault


class Events(musterd.DaemonTest):
    config = "[self_preservation]\nenabled = false\n"

    def setUp(self):
        self.restart()

    def events(self, query="?after=0"):
        return self.expect(self.daemon.get("/v1/events" + query), 200).json()

    def causes(self, query="?after=0"):
        return [(one["cause"], one["id"]) for one in self.events(query)["events"]]

    def register(self, instance_id, service="orders", **body):
        self.assertIn(self.daemon.put(f"/v1/services/{service}/instances/{instance_id}", body).status, (200, 201))

    def test_every_way_to_come_and_leave_has_its_cause(self):
        self.assertEqual(self.events(), {"events": [], "next": 0, "dropped": False})
        self.register("a")
        self.register("a")  # an equal one is no event, nor is a heartbeat
        self.expect(self.daemon.put(f"{BASE}/a/renew"), 204)
        self.register("a", port=80)
        self.expect(self.daemon.put(f"{BASE}/a/drain", {"reason": "test"}), 200)
        self.daemon.delete(f"{BASE}/a/drain")
        self.daemon.delete(f"{BASE}/a")
        self.assertEqual(self.causes(), [(cause, "a") for cause in
                                         ("registered", "changed", "drained", "undrained", "cancelled")])
        seen = self.events()
        self.assertEqual([one["number"] for one in seen["events"]], [1, 2, 3, 4, 5])
        self.assertEqual({one["by"] for one in seen["events"]}, {"127.0.0.1"})
        self.assertRegex(seen["events"][0]["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

        self.register("b", lease={"interval_s": 1, "duration_s": 2})
        after = f"?after={seen['next']}"

        def gone():
            self.assertEqual(self.causes(after), [("registered", "b"), ("expired", "b")])
        musterd.eventually(2 + LATE_S, gone, "the lease's end")
        self.assertIsNone(self.events(after)["events"][-1]["by"])
        self.assertEqual(self.events(after)["next"], 7)
        self.assertEqual(self.events("?after=7"), {"events": [], "next": 7, "dropped": False})

    def test_picking_some(self):
        for number in range(5):
            self.register(f"i{number}")
        self.register("i1", service="bills")
        self.assertEqual([one for _, one in self.causes("?limit=2&service=ORDERS")], ["i3", "i4"])
        self.assertEqual(self.causes("?service=orders&id=i1"), [("registered", "i1")])
        self.assertEqual([one["service"] for one in self.events("?id=i1")["events"]], ["orders", "bills"])
        first = self.events("?after=0&limit=4")
        self.assertEqual((len(first["events"]), first["next"]), (4, 4))
        self.assertEqual([one["number"] for one in self.events("?after=4&limit=4")["events"]], [5, 6])

    def test_a_registration_of_a_eureka_client_is_one_too(self):
        body = {"instance": {"app": "ORDERS", "instanceId": "e", "hostName": "h", "ipAddr": "10.0.0.1", "status": "UP",
                             "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}}}
        self.expect(self.daemon.post("/eureka/apps/ORDERS", body, content_type="application/json"), 204)
        self.expect(self.daemon.delete("/eureka/apps/ORDERS/e"), 200)
        self.assertEqual(self.causes("?service=orders&id=e"), [("registered", "e"), ("cancelled", "e")])

    def test_what_did_not_change_is_not_sent_again(self):
        self.register("a")
        tag = self.daemon.get("/v1/events").headers["etag"]
        self.expect(self.daemon.get("/v1/events", if_none_match=tag), 304)
        self.register("b")
        self.expect(self.daemon.get("/v1/events", if_none_match=tag), 200)

    def test_mistakes_are_named(self):
        for query, field in (("after=x", "after"), ("limit=0", "limit"), ("limit=1001", "limit"), ("servce=a", "servce")):
            reply = self.expect(self.daemon.get("/v1/events?" + query), 400)
            self.assertEqual((reply.media_type, reply.json()["field"]), ("application/problem+json", field))


class Few(musterd.DaemonTest):
    config = "[limits]\nevents = 3\n"

    def test_the_oldest_go_first_and_the_reader_is_told(self):
        for number in range(5):
            self.assertEqual(self.daemon.put(f"{BASE}/i{number}", {}).status, 201)
        late = self.daemon.get("/v1/events?after=1").json()
        self.assertEqual(([one["id"] for one in late["events"]], late["next"], late["dropped"]), (["i2", "i3", "i4"], 5, True))
        self.assertFalse(self.daemon.get("/v1/events?after=2").json()["dropped"])

        self.daemon.write_config("[limits]\nevents = 0\n")
        self.daemon.signal(signal.SIGHUP)
        self.daemon.wait_for_log(r"reloaded key=limits\.events")
        self.assertEqual(self.daemon.get("/v1/events").json(), {"events": [], "next": 5, "dropped": False})


if __name__ == "__main__":
    musterd.main()
