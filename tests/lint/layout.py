#!/usr/bin/env python3
"""Checks the top level and that every room says what lives there."""
import sys

import project

TOP = {"CMakeLists.txt", "README.md", "LICENSE", "proto", "config", "server", "client", "tests", "deploy"}
ROOMS = ("proto", "config", "server", "client", "tests", "deploy")
SPLIT_ROOMS = ("server", "tests")  # each folder in them is a room of its own
README_LINES_MAX = 120             # a room's page is short; the project's own is not a room's


def findings(paths):
    for name in sorted({path.split("/")[0] for path in paths}):
        if not name.startswith(".") and name not in TOP:
            yield f"{name}:1: does not belong at the top level"
    if "README.md" not in paths:
        yield "README.md:1: missing"
    rooms = set(ROOMS)
    for path in paths:
        parts = path.split("/")
        if len(parts) > 2 and parts[0] in SPLIT_ROOMS:
            rooms.add("/".join(parts[:2]))
    for room in sorted(rooms):
        if f"{room}/README.md" not in paths:
            yield f"{room}/README.md:1: missing: what lives here, what may come in, what may not"


def lengths(paths):
    for path in paths:
        if path.endswith("/README.md"):
            lines = project.read(path).count("\n")
            if lines > README_LINES_MAX:
                yield f"{path}:1: {lines} lines; a room's page has at most {README_LINES_MAX}"


def main():
    paths = project.files()
    return project.report([*findings(set(paths)), *lengths(paths)])


if __name__ == "__main__":
    sys.exit(main())
