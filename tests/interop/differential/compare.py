#!/usr/bin/env python3
"""Sends the same dialogues to two servers and prints where their answers differ.

    compare.py --reference http://127.0.0.1:8761/eureka --tested http://127.0.0.1:8762/eureka [--only NAME,...] [--verbose]

Status, media type, content encoding and the meaning of the body must agree. intended.json lists the differences that are wanted,
each with its reason and, where it matters, the status that the tested server answers instead. Ends with 1 when others differ,
or when an intended difference is gone: then its line must go too.
"""
import argparse
import json
import sys
import time
from pathlib import Path

import clients
import oddities
from ask import Step, digest, send


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", required=True)
    parser.add_argument("--tested", required=True)
    parser.add_argument("--only", default="", help="comma-separated names of dialogues")
    parser.add_argument("--same", action="store_true", help="both are the reference: nothing is intended to differ")
    parser.add_argument("--verbose", action="store_true", help="show the intended differences too")
    options = parser.parse_args()
    intended = {} if options.same else read_intended()
    only = set(filter(None, options.only.split(",")))
    began = int(time.time() * 1000)
    totals = {"requests": 0, "differ": 0, "intended": 0}
    for dialogue in clients.dialogues() + oddities.dialogues():
        if only and dialogue.name not in only:
            continue
        run(dialogue, options, intended, totals, began)
    gone = [] if only else sorted(intended)
    for dialogue, step in gone:
        print(f"{dialogue} / {step}: listed in intended.json, but the answers agree or the step is gone")
    print(f"{totals['requests']} requests, {totals['differ']} differ, {totals['intended']} differ as intended")
    return 1 if totals["differ"] or gone else 0


def read_intended():
    entries = json.loads((Path(__file__).parent / "intended.json").read_text(encoding="utf-8"))
    return {(entry["dialogue"], step): entry for entry in entries for step in entry["steps"]}


def run(dialogue, options, intended, totals, began):
    for step in dialogue.steps:
        wanted, got = (attempt(base, step, dialogue.services, began) for base in (options.reference, options.tested))
        totals["requests"] += 1
        if wanted == got:
            continue
        entry = intended.pop((dialogue.name, step.name), None)
        fits = entry is not None and got["status"] == entry.get("status", got["status"])
        totals["intended" if fits else "differ"] += 1
        if not fits or options.verbose:
            show(dialogue, step, wanted, got, entry)
    for base in (options.reference, options.tested):
        tidy(base, dialogue)


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


def show(dialogue, step, wanted, got, entry):
    print(f"{dialogue.name} / {step.name}: {step.method} {step.path} {json.dumps(step.headers)}"
          + (f"\n    intended: {entry['reason']}" if entry else ""))
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
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
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
