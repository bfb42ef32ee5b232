"""One request to a server and what of the answer counts, in a form in which equal answers are equal."""
import gzip as gzips
import http.client
import json
import re
import time
import urllib.parse
import xml.etree.ElementTree as tree
from dataclasses import dataclass, field

CLOCK = "CLOCK"
# Times that a server may set: from when the dialogue began to a day ahead (a renewal may lie in the future).
AHEAD_MS = 86_400_000


@dataclass
class Step:
    """A request. `name` is unique in its dialogue; intended differences refer to it."""

    name: str
    method: str
    path: str
    body: object = None  # text, bytes or None
    headers: dict = field(default_factory=dict)
    gzip: bool = False  # compress the body and say so


def send(base, step):
    """(status, headers, raw body) of one request over a connection of its own."""
    parts = urllib.parse.urlsplit(base)
    body = step.body.encode() if isinstance(step.body, str) else step.body
    headers = dict(step.headers)
    if step.gzip:
        body = gzips.compress(body, mtime=0)
        headers["Content-Encoding"] = "gzip"
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    try:
        connection.putrequest(step.method, parts.path + step.path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Connection", "close")
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def digest(answer, services, began_ms):
    """What counts of an answer. `services`: the names whose instances belong to the dialogue."""
    status, headers, raw = answer
    encoding = headers.get("content-encoding", "")
    text = (gzips.decompress(raw) if encoding == "gzip" else raw).decode("utf-8", "replace")
    result = {"status": status, "encoding": encoding}
    if "allow" in headers:
        result["allow"] = sorted(word.strip() for word in headers["allow"].split(","))
    if status >= 400 and container_page(text):
        result["body"] = ""  # the pages of a servlet container are no part of the dialect
    else:
        result["body"] = meaning(without_clock(text, began_ms), services)
        result["type"] = headers.get("content-type", "").split(";")[0].strip().lower() if text else ""
    return result


def container_page(text):
    return text == "" or text.startswith(('{"timestamp":', "<Map>", "<html>", "<!doctype html>"))


def without_clock(text, began_ms):
    now = int(time.time() * 1000)

    def replace(match):
        return CLOCK if began_ms - 1000 <= int(match.group()) <= now + AHEAD_MS else match.group()

    return re.sub(r"(?<![\d.])\d{13}(?!\d)", replace, text)


def meaning(text, services):
    """A value that is equal for documents that mean the same, whatever their order and layout."""
    try:
        return of_json(json.loads(re.sub(r"(?<=[:,\[])" + CLOCK, f'"{CLOCK}"', text)), services)
    except ValueError:
        pass
    try:
        return of_xml(tree.fromstring(text), services)
    except tree.ParseError:
        return text


def of_json(value, services):
    if isinstance(value, dict):
        items = {key: of_json(one, services) for key, one in value.items()}
        # The counter of a delta moves as each server likes; apps and vips have constants.
        if str(items.get("versions__delta", "")).isdigit():
            items["versions__delta"] = "number"
        return items
    if isinstance(value, list):
        kept = [of_json(one, services) for one in value
                if not (isinstance(one, dict) and "name" in one and one["name"] not in services)]
        return sorted(kept, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def of_xml(element, services):
    children = [of_xml(child, services) for child in element
                if not (child.tag == "application" and child.findtext("name") not in services)]
    text = "" if children else (element.text or "").strip()
    if element.tag == "versions__delta" and text.isdigit():
        text = "number"
    return (element.tag, sorted(element.attrib.items()), text, sorted(children, key=repr))  # a tuple, unlike what JSON has
