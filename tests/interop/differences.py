"""Says in lines how two answers differ, and keeps such lines in intended.json.

    status 404 -> 200                                               what the real server says, then what musterd says
    body.application[A].instance[h1].actionType "ADDED" -> "MODIFIED"
    body.application[A].instance[h2].sid missing                    only the real server says it; what is under it goes with it
    body.application[A].instance[h3].sid + "na"                     only musterd says it
    and 20 more, sha256 0123456789ab of all                         ends a long list, and stands for all its lines

Clocks, dates and what depends on the machine must have been made equal before. Lists go by the names of their members, not by
their order. To one recorded answer, different answers have different lines.
"""
import hashlib
import json

LINES_MAX = 8
LENGTH_MAX = 160
SHOWN_MAX = 40
NAMES = ("instanceId", "id", "hostName", "name")


def lines(wanted, got):
    """How one document differs from another: JSON values, or XML elements as tuples (tag, attributes, text, children)."""
    found = list(_compared("body", _tree(wanted), _tree(got)))
    if not found and wanted != got:
        found = [f"body differs where no line can say it, sha256 {_digest([repr(wanted), repr(got)])}"]
    return found


def bounded(all_lines):
    """The same in a form that is short enough to be kept."""
    kept = [line if len(line) <= LENGTH_MAX else f"{line[:LENGTH_MAX]}... sha256 {_digest([line])}" for line in all_lines]
    if len(kept) <= LINES_MAX + 1:  # a last line that says "1 more" would be no shorter
        return kept
    return kept[:LINES_MAX] + [f"and {len(kept) - LINES_MAX} more, sha256 {_digest(all_lines)} of all"]


def news(pinned, found):
    """What a difference has that the pinned one has not, and the other way round; empty if they are the same. Of a long list only
    the beginning is kept, so what came is then among the lines shown as `new`."""
    shown = bounded(found)
    if pinned == shown:
        return []
    came = [line for line in found if bounded([line])[0] not in (pinned or [])]
    more = [f"      and {len(came) - SHOWN_MAX} more"] if len(came) > SHOWN_MAX else []
    return [f"new   {line}" for line in came[:SHOWN_MAX]] + more + [f"gone  {line}" for line in pinned or [] if line not in shown]


def _digest(texts):
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _tree(value):
    """Nested dicts whose keys are the segments of a path and whose leaves are texts."""
    if isinstance(value, tuple):
        return {"." + value[0]: _of_element(value)}
    if isinstance(value, dict):
        return _merged(_segments("." + key, one) for key, one in value.items()) or "{}"
    if isinstance(value, list):
        return _merged([_segments("", value)]) if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def _segments(key, value):
    if not isinstance(value, list) or not value:
        return [(key, _tree(value))]
    return [(f"{key}[{_name(one, place)}]", _tree(one)) for place, one in enumerate(value)]


def _of_element(element):
    _, attributes, text, children = element
    if not attributes and not children:
        return json.dumps(text, ensure_ascii=False)
    parts = [[(f"@{name}", json.dumps(value, ensure_ascii=False))] for name, value in attributes]
    if text:
        parts.append([(".text", json.dumps(text, ensure_ascii=False))])
    for child in children:
        members = {one[0]: one[2] for one in child[3]}
        names = [members[key] for key in NAMES if key in members] if child[0] in ("application", "instance") else []
        parts.append([(f".{child[0]}" + (f"[{names[0]}]" if names else ""), _of_element(child))])
    return _merged(parts)


def _name(value, place):
    members = value if isinstance(value, dict) else {}
    return next((members[key] for key in NAMES if isinstance(members.get(key), str)), place)


def _merged(parts):
    """One dict of lists of (segment, tree); a segment that is there already gets a number."""
    whole = {}
    for segment, tree in (pair for part in parts for pair in part):
        count, free = 1, segment
        while free in whole:
            count += 1
            free = f"{segment}#{count}"
        whole[free] = tree
    return whole


def _compared(path, wanted, got):
    if wanted == got:
        return
    if isinstance(wanted, dict) and isinstance(got, dict):
        for segment in sorted(set(wanted) | set(got)):
            if segment not in got:
                yield f"{path}{segment} missing"
            elif segment not in wanted:
                yield from _added(path + segment, got[segment])
            else:
                yield from _compared(path + segment, wanted[segment], got[segment])
    elif isinstance(got, dict):
        if wanted not in ("{}", "[]", '""'):
            yield f"{path} {wanted} missing"
        yield from _added(path, got)
    else:
        yield f"{path} {_leaf(wanted)} -> {got}"


def _added(path, tree):
    if isinstance(tree, dict):
        for segment in sorted(tree):
            yield from _added(path + segment, tree[segment])
    else:
        yield f"{path} + {tree}"


def _leaf(tree):
    return "{..}" if isinstance(tree, dict) else tree


# ---------------------------------------------------------------------------------------------- intended.json


def read(path, dialogue):
    """{(dialogue, step): pinned lines, or None before they were first pinned}. `dialogue` is the name of that member."""
    pins = {}
    for entry in json.loads(path.read_text(encoding="utf-8")):
        assert set(entry) - {"differs"} == {dialogue, "steps", "reason"} and len(entry["reason"]) > 20, entry
        kept = {step: group["how"] for group in entry.get("differs", []) for step in group["steps"]}
        assert set(kept) <= set(entry["steps"]), f"`differs` has other steps than `steps`: {entry}"
        for step in entry["steps"]:
            assert (entry[dialogue], step) not in pins, f"{path.name} has {entry[dialogue]} {step} twice"
            pins[entry[dialogue], step] = kept.get(step)
    return pins


def reasons(path, dialogue):
    """{(dialogue, step): why it is meant to differ}"""
    return {(entry[dialogue], step): entry["reason"] for entry in json.loads(path.read_text(encoding="utf-8")) for step in entry["steps"]}


def write(path, dialogue, pins):
    """Sets `differs` of every entry to `pins`; steps and reasons stay. Steps that differ alike share a group."""
    entries = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        groups = []
        for step in entry["steps"]:
            how = pins[entry[dialogue], step]
            alike = next((group for group in groups if group["how"] == how), None)
            if how and alike:
                alike["steps"].append(step)
            elif how:
                groups.append({"steps": [step], "how": how})
        entries.append(_entry_text({**entry, "differs": groups}))
    path.write_text("[\n" + ",\n".join(entries) + "\n]\n", encoding="utf-8")


def _entry_text(entry):
    def text(value):
        return json.dumps(value, ensure_ascii=False)
    head = ", ".join(f"{text(key)}: {text(value)}" for key, value in entry.items() if key != "differs")
    groups = [f'    {{"steps": {text(group["steps"])}, "how": [\n' + ",\n".join("      " + text(line) for line in group["how"])
              + "]}" for group in entry["differs"]]
    return f'  {{{head}, "differs": [\n' + ",\n".join(groups) + "]}"
