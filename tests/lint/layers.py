#!/usr/bin/env python3
"""Checks the #include lines against the arrows between the rooms, and what the rooms keep out."""
import re
import sys

import project

# A file of the room on the left may include files of the rooms on the right, and of no other.
ARROWS = {
    "proto": {"proto"},
    "config": {"config", "proto"},
    "client": {"client", "proto"},
    "server/core": {"server/core", "proto"},
    "server/store": {"server/store", "server/core", "proto"},
    "server/api": {"server/api", "server/core", "proto"},
    "server/net": {"server/net", "server/api", "server/core", "proto"},
    "server/app": {"server/app", "server/net", "server/api", "server/store", "server/core", "config", "proto"},
    "server/console": {"server/console"},
}
FREE = {"tests"}  # may include everything
FACES = ("server/api/eureka", "server/api/v1", "server/api/ops")
# The core is told the time and told what arrived: it reaches for nothing itself.
CORE_HEADERS = ("boost/asio", "boost/beast", "spdlog/", "thread", "future", "fstream", "iostream", "filesystem",
                "unistd.h", "sys/", "netinet/", "ctime", "time.h")
CORE_WORDS = re.compile(r"::now\s*\(|\brandom_device\b|\bsleep_for\b|\bgetenv\b")
SLOW_HEADERS = ("boost/beast", "nlohmann/json.hpp")  # expensive to compile: in .cpp files only
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def room_of(path):
    parts = path.split("/")
    if parts[0] == "muster":  # the client's public headers, as their users include them
        return "client"
    return "/".join(parts[:2]) if parts[0] == "server" else parts[0]


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def findings(path, text):
    room = room_of(path)
    if path.endswith(".hpp") and "#pragma once" not in text:
        yield f"{path}:1: a header without #pragma once"
    for number, own, foreign in includes(text):
        yield from _own_include(path, number, room, own)
        yield from _foreign_include(path, number, room, foreign)
    if room == "server/core":
        for number, line in enumerate(text.splitlines(), 1):
            if CORE_WORDS.search(line.split("//")[0]):
                yield f"{path}:{number}: the core reads no clock, environment or entropy; it is handed them"


def _own_include(path, number, room, own):
    if own is None or room in FREE:
        return
    if own.startswith("."):
        yield f"{path}:{number}: include \"{own}\" by its path from the project's top"
    elif room_of(own) not in ARROWS.get(room, set()):
        yield f"{path}:{number}: {room} may not include {own}"
    for face in FACES:
        if own.startswith(FACES) and path.startswith(face + "/") and not own.startswith(face + "/"):
            yield f"{path}:{number}: one face may not include another: {own}"


def _foreign_include(path, number, room, foreign):
    if foreign is None:
        return
    if path.endswith(".hpp") and foreign.startswith(SLOW_HEADERS):
        yield f"{path}:{number}: <{foreign}> belongs in .cpp files"
    matches = [name for name in CORE_HEADERS if foreign == name or (foreign.startswith(name) and "/" in name)]
    if room == "server/core" and matches:
        yield f"{path}:{number}: the core may not include <{foreign}>"


def main():
    sources = [path for path in project.files() if path.endswith(project.CPP)]
    return project.report(found for path in sources for found in findings(path, project.read(path)))


if __name__ == "__main__":
    sys.exit(main())
