#!/usr/bin/env python3
"""Goal: the comparison with the recordings sees what matters and nothing else.
Method: each recorded reply against itself must not differ; altered in one place it must. A daemon's answer to a step that is
meant to differ is altered on its way, and must be told from the pinned difference."""
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import http_exchange
import replay
import strict
import transcript_text
from transcript_text import differences

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

    def test_an_error_without_a_body_must_have_none(self):
        seen = 0
        for document, entry in self.steps():
            if entry["response"]["status"] >= 400 and not entry["response"]["body"]:
                found = transcript_text.faults(entry, reply_of(entry["response"], "{}"), document["apps"], STARTED_MS)
                self.assertEqual([what for what, *_ in found], ["body"])
                seen += 1
        self.assertGreater(seen, 20)

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
        for (scenario, step), lines in replay.intended().items():
            self.assertLess(step, names[scenario])
            self.assertTrue(lines, f"{scenario} #{step} has no pinned difference: replay.py --pin")
        self.assertLessEqual(set(replay.NOT_COMPARED), set(names))
        flags = {tuple(document["flags"]) for document in replay.scenarios(()) if document["name"] not in replay.NOT_COMPARED}
        self.assertEqual(flags, set(replay.CONFIGS), "every scenario is replayed or said not to be")


class Doctored(replay.Player):
    """Lets `change` alter the reply to one step."""

    def __init__(self, entry, change):
        super().__init__("", ())
        self.entry, self.change = entry, change

    def step(self, entry):
        reply = super().step(entry)
        return self.change(reply) if entry is self.entry else reply


class MeantDifferences(unittest.TestCase):
    def judged(self, scenario, step, change):
        """(exit code, what was printed) of a replay in which the reply to a step that is meant to differ was altered."""
        self.assertTrue(any(name.startswith(scenario) and number == step for name, number in replay.intended()))
        document = next(replay.scenarios((scenario,)))
        with Doctored(document["dialogue"][step], change) as player:
            total, differ = player.play(document)
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            code = replay.judge(total, differ, {document["name"]}, complete=False)
        return code, shown.getvalue()

    def caught(self, scenario, step, change, *lines):
        code, shown = self.judged(scenario, step, change)
        self.assertEqual(code, 1, shown)
        self.assertIn(f"#{step} is meant to differ, but not so", shown)
        self.assertIn(" 0 differ, ", shown)
        self.assertIn(" 1 otherwise than intended", shown)
        for line in lines:
            self.assertIn("  " + line + "\n", shown)

    def replaced(self, old, new):
        def change(reply):
            self.assertIn(old, reply.raw)
            return reply._replace(raw=reply.raw.replace(old, new, 1))
        return change

    def test_an_answer_that_is_left_alone_is_as_pinned(self):
        code, shown = self.judged("25", 10, lambda reply: reply)
        self.assertEqual(code, 0, shown)

    def test_another_value_where_a_value_differs(self):
        self.caught("25", 10, self.replaced(b'"MODIFIED"', b'"DELETED"'), 'new   body.instance.actionType "ADDED" -> "DELETED"',
                    'gone  body.instance.actionType "ADDED" -> "MODIFIED"')

    def test_another_value_elsewhere(self):
        self.caught("25", 10, self.replaced(b'"port":{"$":9000', b'"port":{"$":9001'), "new   body.instance.port.$ 9000 -> 9001")

    def test_a_field_that_is_gone_or_came(self):
        self.caught("25", 10, self.replaced(b'"countryId":1,', b'"sid":"na",'), "new   body.instance.countryId missing",
                    'new   body.instance.sid + "na"')

    def test_another_value_in_xml(self):
        self.caught("25", 23, self.replaced(b'"true">9000<', b'"false">9000<'), 'new   body.instance.port@enabled "true" -> "false"')

    def test_a_value_past_the_lines_that_are_kept(self):
        self.caught("05", 14, self.replaced(b'"status":"UP"', b'"status":"DOWN"'),
                    'new   body.applications.application[PATHS].instance[h:paths:1].status + "DOWN"')

    def test_another_status(self):
        self.caught("20", 16, lambda reply: reply._replace(status=500), "new   status 204 -> 500", "gone  status 204 -> 404")

    def test_another_header(self):
        self.caught("25", 10, lambda reply: reply._replace(headers={**reply.headers, "content-type": "text/plain"}),
                    "new   header Content-Type application/json -> text/plain")

    def test_no_difference_any_more(self):
        code, shown = self.judged("25", 10, self.replaced(b'"MODIFIED"', b'"ADDED"'))
        self.assertEqual(code, 1)
        self.assertIn("#10 stands in intended.json and does not differ", shown)


class Lines(unittest.TestCase):
    def test_one_line_stands_for_what_is_missing_and_each_value_that_came_has_its_own(self):
        left = {"a": [{"name": "X", "b": {"c": 1, "d": 2}}, {"name": "Y"}], "e": [], "f": "1"}
        right = {"a": [{"name": "Y"}, {"name": "Z", "g": [1, True]}], "e": [{"id": "i"}], "f": 1}
        self.assertEqual(differences.lines(left, right), [
            "body.a[X] missing", "body.a[Z].g[0] + 1", "body.a[Z].g[1] + true", 'body.a[Z].name + "Z"', "body.e missing",
            'body.e[i].id + "i"', 'body.f "1" -> 1'])
        self.assertEqual(differences.lines(left, left), [])
        self.assertEqual(differences.lines("", "text"), ['body "" -> "text"'])

    def test_what_no_line_can_say_still_differs(self):
        self.assertRegex(differences.lines({"a": [1]}, {"a[0]": 1})[0], "no line can say it, sha256 [0-9a-f]{12}$")

    def test_long_lists_and_long_lines_are_cut_and_their_ends_count(self):
        many = [f"line {number}" for number in range(30)]
        self.assertEqual(len(differences.bounded(many)), differences.LINES_MAX + 1)
        self.assertEqual(differences.news(differences.bounded(many), many), [])
        self.assertIn("new   other", differences.news(differences.bounded(many), many[:-1] + ["other"]))
        self.assertNotEqual(differences.bounded(["x" * 400 + "y"]), differences.bounded(["x" * 400 + "z"]))
        self.assertLess(len(differences.bounded(["x" * 400])[0]), 200)

    def test_pinning_keeps_steps_and_reasons(self):
        entries = [{"scenario": "s", "steps": [3, 1, 2], "reason": "long enough to be a reason"}]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "intended.json"
            path.write_text(json.dumps(entries))
            self.assertEqual(differences.read(path, "scenario"), {("s", 3): None, ("s", 1): None, ("s", 2): None})
            pins = {("s", 3): ["a"], ("s", 1): ["b", "c"], ("s", 2): ["a"]}
            differences.write(path, "scenario", pins)
            self.assertEqual(differences.read(path, "scenario"), pins)
            differs = [{"steps": [3, 2], "how": ["a"]}, {"steps": [1], "how": ["b", "c"]}]
            self.assertEqual(json.loads(path.read_text()), [{**entries[0], "differs": differs}])
            once = path.read_text()
            differences.write(path, "scenario", pins)
            self.assertEqual(path.read_text(), once)


if __name__ == "__main__":
    unittest.main(verbosity=2)
