#!/usr/bin/env python3
"""Goal: one client cannot break the readers of all others.
Method: register what breaks or hangs other servers, one body after the other, and read the whole registry strictly in all
forms after each. A body may be refused; what is accepted must be readable by everybody, and nothing may hang."""
import gzip
import json

import musterd
import strict
from eureka import XML_CLASS, an_instance, an_xml_instance

ODD_TEXTS = {
    "quotes": 'a"b\'c\\d', "markup": "<b>&amp;]]></b>", "line ends": "a\r\nb\tc", "control": "a\x00b\x01c\x1fd\x7fe",
    "separators": "a\u2028b\u2029c", "surrogate pair": "a\U0001F600b", "noncharacter": "a\ufffeb\uffffc",
    "right to left": "\u202eabc", "combining": "e\u0301\u0301\u0301", "byte order mark": "\ufeffa", "long": "x" * 2000,
    "entity bomb": "&lol;&lol;&lol;", "comment": "<!-- --> -->", "cdata": "<![CDATA[x]]>", "percent": "%00%2e%s%n",
    "blank": " ", "spaces": "  a  "}
TEXT_FIELDS = ("hostName", "ipAddr", "vipAddress", "secureVipAddress", "homePageUrl", "statusPageUrl", "healthCheckUrl",
               "secureHealthCheckUrl", "appGroupName", "asgName", "sid")
ODD_KEYS = ("", " ", "a:b", "a b", "1a", "-a", ".a", "$a", "a_b", "xml", "xmlns", "xmlns:a", "@class", "a/b", "<a>", "a&b",
            "\u00e9", "\U0001F600", "a\x00b", "a\x1fb", "\ufffe", "class", "a" * 200, "_", "__", "_-", "_.002f")
EXTRAS = (1, True, "text", {}, [], {"a": {"b": [1, {"c": None}]}}, [1, [2, [3]]], 1.5e300, -1)


class Poison(musterd.DaemonTest):
    answers = (204, 400, 413)

    def setUp(self):
        self.restart()
        self.expect(self.daemon.post("/eureka/apps/HEALTHY", an_instance("HEALTHY", "good")), 204)

    def feed(self, bodies, content_type="application/json"):
        """Registers one body after the other, and reads everything after each."""
        for name, body in bodies:
            with self.subTest(body=name):
                data = json.dumps(body, ensure_ascii=True) if isinstance(body, dict) else body
                reply = self.daemon.post("/eureka/apps/POISON", data, content_type=content_type)
                self.assertIn(reply.status, self.answers, f"{reply.raw[:300]!r}")
                self.check(thorough=False)
        self.check(thorough=True)

    def check(self, thorough):
        def healthy():
            apps = strict.whole_registry(self.daemon, thorough)
            self.assertEqual([one["instanceId"] for one in apps.get("HEALTHY", [])], ["good"])
        musterd.eventually(strict.SETTLED_S, healthy, "the healthy instance", passing=strict.Bad)

    def test_unknown_keys_at_every_level(self):
        bodies = []
        for number, extra in enumerate(EXTRAS):
            for position in ("first", "last"):
                def put(target, extra=extra, position=position):
                    return {"unknown": extra, **target} if position == "first" else {**target, "unknown": extra}
                base = an_instance("POISON", f"unknown-{number}-{position}", metadata={"k": "v"},
                                   leaseInfo={"durationInSecs": 90})["instance"]
                for key in ("port", "securePort", "leaseInfo", "dataCenterInfo"):
                    base[key] = put(base[key])
                bodies.append((f"{extra!r} {position}", put({"instance": put(base)})))
        self.feed(bodies)

    def test_odd_characters_in_every_field(self):
        self.feed([(f"{field} {name}", an_instance("POISON", f"odd-{field}", **{field: odd}))
                   for name, odd in ODD_TEXTS.items() for field in TEXT_FIELDS[::4] if field != "long"])
        self.feed([(f"all {name}", an_instance("POISON", f"all-{number}", **dict.fromkeys(TEXT_FIELDS, odd)))
                   for number, (name, odd) in enumerate(ODD_TEXTS.items())])

    def test_odd_instance_ids(self):
        self.feed([(name, an_instance("POISON", odd)) for name, odd in ODD_TEXTS.items()])
        self.feed([(odd, an_instance("POISON", odd)) for odd in ("a/b", "a\\b", "..", ".", "a;b=c", "a?b#c", "%2F", "delta")])

    def test_odd_metadata(self):
        self.feed([(f"key {key!r}", an_instance("POISON", f"key-{number}", metadata={key: "value", "other": "1"}))
                   for number, key in enumerate(ODD_KEYS)])
        self.feed([(f"value {name}", an_instance("POISON", f"value-{number}", metadata={"key": odd}))
                   for number, (name, odd) in enumerate(ODD_TEXTS.items())])
        self.feed([(f"kind {value!r}", an_instance("POISON", f"kind-{number}", metadata={"a": value, "b": "2"}))
                   for number, value in enumerate((*EXTRAS, None, False))])
        self.feed([("all keys", an_instance("POISON", "all-keys", metadata=dict.fromkeys(ODD_KEYS, "v")))])
        self.feed([("many", an_instance("POISON", "many", metadata={f"k{n}": "v" for n in range(3000)})),
                   ("huge", an_instance("POISON", "huge", metadata={"k": "v" * 500_000}))])

    def test_odd_amazon_metadata(self):
        amazon = {"@class": strict.AMAZON, "name": "Amazon"}
        self.feed([(f"{key!r}", an_instance("POISON", f"amazon-{number}",
                                            dataCenterInfo={**amazon, "metadata": {key: "v", "instance-id": f"i-{number}"}}))
                   for number, key in enumerate(ODD_KEYS)])

    def test_values_of_the_wrong_kind(self):
        wrong = (None, 0, -1, 70000, 1.5, 10**30, True, "", "up", "text", [], {}, [1], {"a": 1})
        for field in ("status", "overriddenStatus", "port", "securePort", "countryId", "leaseInfo", "metadata",
                      "dataCenterInfo", "lastDirtyTimestamp", "lastUpdatedTimestamp", "actionType", "instanceId", "app",
                      "hostName", "isCoordinatingDiscoveryServer"):
            body = an_instance("POISON", "wrong")["instance"]
            self.feed([(f"{field}={value!r}", {"instance": {**body, field: value}}) for value in wrong])

    def test_what_hangs_or_fails_other_servers(self):
        deep = "[" * 100_000 + "]" * 100_000
        good = an_instance("POISON", "hang")["instance"]
        bodies = [("list", '{"instance":[]}'), ("list metadata", {"instance": {**good, "metadata": []}}), ("null", "null"),
                  ("empty", ""), ("blank", "  "), ("not JSON", "instance"), ("open", '{"instance":{"app":"PO'), ("deep", deep),
                  ("deep member", '{"instance":{"metadata":' + deep + "}}"), ("deep objects", '{"a":' * 50_000),
                  ("not UTF-8", b'{"instance":{"app":"POISON","instanceId":"\xff\xfe","hostName":"h"}}'),
                  ("lone surrogate", json.dumps(an_instance("POISON", "s", metadata={"k": "\ud800"}))),
                  ("zero byte", b'{"instance":\x00}'), ("comment", '/* */ {"instance":{}}'), ("BOM", "\ufeff" + json.dumps({"instance": good})),
                  ("twice", '{"instance":{"app":"POISON","app":"OTHER"}}'), ("number", "1e999999"), ("text after", json.dumps({"instance": good}) + "}}}"),
                  ("two roots", json.dumps({"instance": good, "other": {"instance": good}})), ("bare", good)]
        self.feed(bodies)

    def test_xml_that_breaks_readers(self):
        good = an_xml_instance("POISON", "xml")
        entities = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + good.replace("n1.example", "&b;")
        outside = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + good.replace("n1.example", "&x;")
        self.feed([("entities", entities), ("file", outside), ("root", "<applications/>"), ("open", good[:-5]),
                   ("text", "instance"), ("empty", ""), ("deep", "<a>" * 50_000), ("deep closed", "<a>" * 5000 + "</a>" * 5000),
                   ("metadata", an_xml_instance("POISON", "m", "<metadata><a:b>1</a:b><_-k>2</_-k><x><y/></x></metadata>")),
                   ("cdata", an_xml_instance("POISON", "c", "<metadata><a><![CDATA[<&>]]></a></metadata>")),
                   ("unknown", an_xml_instance("POISON", "u", "<unknown a='1'><deep><deeper/></deep></unknown>")),
                   ("control reference", an_xml_instance("POISON", "r", "<metadata><a>&#1;&#x1F;</a></metadata>")),
                   ("encoding", f'<?xml version="1.0" encoding="UTF-16"?>{good}'), ("not UTF-8", good.encode()[:-11] + b"\xff</instance>"),
                   ("no port", good.replace('<port enabled="true">9000</port>', "<port/>")),
                   ("class", good.replace(XML_CLASS, "java.lang.Runtime"))], content_type="application/xml")

    def test_compressed_bodies_that_are_none(self):
        good = json.dumps(an_instance("POISON", "zip")).encode()
        for name, body in (("plain", good), ("cut", gzip.compress(good)[:-6]), ("flipped", gzip.compress(good)[:20] + b"\xff" * 30),
                           ("empty", b""), ("nested", gzip.compress(gzip.compress(good))), ("bomb", gzip.compress(b" " * 50_000_000))):
            with self.subTest(body=name):
                reply = self.daemon.post("/eureka/apps/POISON", body, content_type="application/json", content_encoding="gzip")
                self.assertIn(reply.status, (204,) if name == "plain" else (400, 413))
        strict.whole_registry(self.daemon)

    def test_from_the_native_face(self):
        for number, (name, odd) in enumerate(ODD_TEXTS.items()):
            with self.subTest(odd=name):
                path = f"/v1/services/poison/instances/native-{number}"
                reply = self.daemon.put(path, json.dumps({"host_name": odd, "zone": odd, "metadata": {"a:b": odd, "": odd}}),
                                        content_type="application/json")
                self.assertLess(reply.status, 500)
                self.check(thorough=False)
        for number, key in enumerate(ODD_KEYS):
            with self.subTest(key=key):
                reply = self.daemon.patch("/v1/services/healthy/instances/good/metadata", json.dumps({key: "v"}),
                                          content_type="application/merge-patch+json")
                self.assertLess(reply.status, 500)
                self.check(thorough=False)
        for key in ODD_KEYS:
            name = strict.quoted(key)
            self.assertLess(self.daemon.put(f"/eureka/apps/HEALTHY/good/metadata?{name}=%00%01%3C").status, 500)
            self.check(thorough=False)
        self.check(thorough=True)

    def test_status_values_that_are_none(self):
        for value in ("", "up", "NONSENSE", "UP%00", "%F0%9F%98%80", "UP,DOWN"):
            with self.subTest(value=value):
                self.expect(self.daemon.put(f"/eureka/apps/HEALTHY/good/status?value={value}"), 400)
        self.check(thorough=True)


if __name__ == "__main__":
    musterd.main()
