#!/usr/bin/env python3
"""Checks that C++ sources are laid out as .clang-format says. With --fix, lays them out."""
import subprocess
import sys

import project

TOOL = "clang-format-14"  # other versions lay out differently
AT_ONCE = 40


def run(paths, fix, root=project.ROOT):
    """Output of the tool for badly formatted files; empty when all is well."""
    output = ""
    for start in range(0, len(paths), AT_ONCE):
        how = ["-i"] if fix else ["--dry-run", "-Werror"]
        done = subprocess.run([TOOL, *how, *paths[start:start + AT_ONCE]], cwd=root, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            output += done.stderr
    return output


def main(arguments):
    fix = "--fix" in arguments
    chosen = [name for name in arguments if name != "--fix"]
    paths = chosen or [path for path in project.files() if path.endswith(project.CPP)]
    output = run(paths, fix)
    places = sorted({line for line in output.splitlines() if "error:" in line})
    if output and not places:
        places = [output]
    return project.report(places)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
