#!/usr/bin/env python3
"""Goal: the comparison with the recordings sees what matters and nothing else.
Method: each recorded reply against itself must not differ; altered in one place it must."""
import unittest

import http_exchange
import replay
import strict
import transcript_text

STARTED_MS = 1770000000000  # after every time that a client of the recordings made up


def reply_of(response, body=None):
    headers = {name.lower(): value for name, value in response["headers"].items()}
    encoding = headers.get("content-encoding")
    raw = (response["body"] if body is None else body).encode("utf-8")
    return http_exchange.Reply(response["status"], headers, transcript_text.compressed(raw) if encoding == "gzip" else raw)


class Comparison(unittest.TestCase):
    def steps(self):
        for document in replay.scenarios(()):
            for entry in document.get("dialogue", []):
                if "request" in entry:
                    yield document, entry

    def test_a_recording_does_not_differ_from_itself(self):
        count = 0
        for document, entry in self.steps():
            count += 1
            timeless = entry["response"]["body"].replace(transcript_text.FUTURE, transcript_text.NOW)
            found = transcript_text.faults(entry, reply_of(entry["response"], timeless), document["apps"], STARTED_MS)
            self.assertEqual(found, [], f"{document['name']} {entry['request']['path']}")
        self.assertGreater(count, 1500)

    def test_one_changed_value_is_seen(self):
        seen = 0
        for document, entry in self.steps():
            body = entry["response"]["body"]
            if entry["response"]["status"] == 200 and '"hostName":"n1.example"' in body and "/status" not in entry["request"]["path"]:
                if '"name":"' in body and not any(f'"name":"{app}"' in body for app in document["apps"]):
                    continue
                altered = body.replace(transcript_text.FUTURE, transcript_text.NOW).replace('"hostName":"n1.example"', '"hostName":"n2.example"', 1)
                found = transcript_text.faults(entry, reply_of(entry["response"], altered), document["apps"], STARTED_MS)
                self.assertEqual([what for what, *_ in found], ["body"])
                seen += 1
        self.assertGreater(seen, 100)

    def test_the_strict_reader_takes_what_a_real_server_writes(self):
        count = 0
        for document, entry in self.steps():
            body = entry["response"]["body"]
            odd = entry.get("quirk") or '"@class":"x"' in body or "StatusInfo" in body
            if body.startswith(('{"application', '{"instance"', "<application", "<instance>")) and not odd:
                (strict.from_json if body[0] == "{" else strict.from_xml)(body)
                count += 1
        self.assertGreater(count, 500)

    def test_order_does_not_count_and_times_do_not(self):
        entry = {"request": {"path": "/eureka/apps"}, "response": {"status": 200, "headers": {}, "body": (
            '{"applications":{"application":[{"name":"A","instance":[{"app":"A","t":2222222222222},{"app":"A","t":1760000000000}]}]}}')}}
        now = ('{"applications":{"application":[{"name":"X","instance":[]},{"instance":[{"t":1760000000000,"app":"A"},'
               '{"t":%d,"app":"A"}],"name":"A"}]}}')

        def differs(started_ms, value):
            return transcript_text.faults(entry, http_exchange.Reply(200, {}, (now % value).encode()), ["A"], started_ms) != []
        self.assertFalse(differs(STARTED_MS, 1770000000123))
        self.assertTrue(differs(STARTED_MS, 1760000000123))

    def test_every_difference_that_is_meant_has_a_place(self):
        names = {document["name"]: len(document.get("dialogue", [])) for document in replay.scenarios(())}
        for scenario, step in replay.intended():
            self.assertLess(step, names[scenario])
        self.assertLessEqual(set(replay.NOT_COMPARED), set(names))
        flags = {tuple(document["flags"]) for document in replay.scenarios(()) if document["name"] not in replay.NOT_COMPARED}
        self.assertEqual(flags, set(replay.CONFIGS), "every scenario is replayed or said not to be")


if __name__ == "__main__":
    unittest.main(verbosity=2)
