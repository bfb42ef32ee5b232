#!/usr/bin/env python3
"""Sends the same dialogues to two servers and prints where their answers differ.

    compare.py --reference http://127.0.0.1:8761/eureka --tested http://127.0.0.1:8762/eureka [--only NAME,...] [--verbose]

Status, media type, content encoding and the meaning of the body must agree. intended.json lists the differences that are wanted,
each with its reason and how the answers differ; --pin writes the latter anew. Ends with 1 when others differ, when an intended
one differs otherwise, or when it is gone: then its step must go too.
"""
import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import clients
import differences
import oddities
from ask import Step, digest, send

INTENDED = Path(__file__).resolve().parent / "intended.json"
HEADERS = {"allow": "Allow", "encoding": "Content-Encoding", "type": "Content-Type"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--tested", required=True)
    parser.add_argument("--only", default="", help="comma-separated names of dialogues")
    parser.add_argument("--same", action="store_true", help="both are the reference: nothing is intended to differ")
    parser.add_argument("--verbose", action="store_true", help="show the intended differences too")
    parser.add_argument("--pin", action="store_true", help="write into intended.json how intended steps differ, and judge then")
    options = parser.parse_args()
    intended = {} if options.same else differences.read(INTENDED, "dialogue")
    if options.pin and options.same:
        parser.error("--same has nothing to pin")
    options.pins, options.reasons = dict(intended), differences.reasons(INTENDED, "dialogue")
    only = set(filter(None, options.only.split(",")))
    began = int(time.time() * 1000)
    totals = {"requests": 0, "differ": 0, "intended": 0}
    for dialogue in clients.dialogues() + oddities.dialogues():
        if only and dialogue.name not in only:
            continue
        run(dialogue, options, intended, totals, began)
    if options.pin:
        differences.write(INTENDED, "dialogue", options.pins)
    gone = [] if only else sorted(intended)
    for dialogue, step in gone:
        print(f"{dialogue} / {step}: listed in intended.json, but the answers agree or the step is gone")
    print(f"{totals['requests']} requests, {totals['differ']} differ, {totals['intended']} differ as intended")
    return 1 if totals["differ"] or gone else 0


def run(dialogue, options, intended, totals, began):
    for step in dialogue.steps:
        wanted, got = (attempt(base, step, dialogue.services, began) for base in (options.reference, options.tested))
        totals["requests"] += 1
        if wanted == got:
            continue
        place = (dialogue.name, step.name)
        found, meant = lines(wanted, got), place in intended
        pinned = intended.pop(place, None)
        if meant and options.pin:
            pinned = options.pins[place] = differences.bounded(found)
        news = differences.news(pinned, found) if meant else []
        totals["intended" if meant and not news else "differ"] += 1
        if not meant or news or options.verbose:
            show(dialogue, step, wanted, got, options.reasons[place] if meant else "", news)
    for base in (options.reference, options.tested):
        tidy(base, dialogue)


def lines(wanted, got):
    """How two digests differ."""
    found = [] if wanted["status"] == got["status"] else [f"status {wanted['status']} -> {got['status']}"]
    for key, name in HEADERS.items():
        left, right = wanted.get(key) or "none", got.get(key) or "none"
        if left != right:
            found.append(f"header {name} {left} -> {right}")
    return found + differences.lines(wanted.get("body", ""), got.get("body", ""))


def attempt(base, step, services, began):
    try:
        return digest(send(base, step), services, began)
    except OSError as error:
        return {"status": f"no answer: {error}"}


def tidy(base, dialogue):
    """Cancels what the dialogue registered, so that the next begins with an empty registry."""
    for service in dialogue.services:
        status, _, body = send(base, Step("list", "GET", f"/apps/{service}", headers={"Accept": "application/json"}))
        if status != 200:
            continue
        for instance in json.loads(body)["application"]["instance"]:
            key = instance.get("instanceId") or instance["hostName"]
            send(base, Step("cancel", "DELETE", f"/apps/{service}/{clients.quoted(key)}"))


def show(dialogue, step, wanted, got, reason, news):
    print(f"{dialogue.name} / {step.name}: {step.method} {step.path} {json.dumps(step.headers)}"
          + (f"\n    intended: {reason}" if reason else "")
          + "".join(f"\n    {line}" for line in (["but not so (after review: --pin)", *news] if news else [])))
    if step.body is not None:
        print("    sent      " + clip(step.body))
    for key in sorted(set(wanted) | set(got)):
        if wanted.get(key) != got.get(key):
            left, right = narrow(wanted.get(key), got.get(key))
            print(f"    {key}\n      reference {clip(left)}\n      tested    {clip(right)}")


def narrow(left, right):
    """Goes down to the first part that differs, so that a large document shows only that."""
    if isinstance(left, dict) and isinstance(right, dict):
        keys = [key for key in sorted(set(left) | set(right)) if left.get(key) != right.get(key)]
        if len(keys) == 1 and keys[0] in left and keys[0] in right:
            return narrow(left[keys[0]], right[keys[0]])
        return {key: left.get(key, "absent") for key in keys}, {key: right.get(key, "absent") for key in keys}
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)) and len(left) == len(right):
        places = [place for place, pair in enumerate(zip(left, right)) if pair[0] != pair[1]]
        if len(places) == 1:
            return narrow(left[places[0]], right[places[0]])
        return [left[place] for place in places], [right[place] for place in places]
    return left, right


def clip(value, length=600):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if not isinstance(value, bytes) else repr(value)
    return text if len(text) <= length else text[:length] + f"... ({len(text)})"


if __name__ == "__main__":
    sys.exit(main())
