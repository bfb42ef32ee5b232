#!/usr/bin/env python3
"""Checks scripts and data that nothing compiles: bash -n and shellcheck, Python, JSON, TOML."""
import json
import os
import subprocess
import sys
import tomllib

import project


def shell_findings(paths, root=project.ROOT):
    if not paths:
        return
    for path in paths:
        parsed = subprocess.run(["bash", "-n", path], cwd=root, capture_output=True, text=True, check=False)
        if parsed.returncode:
            yield f"{path}:1: {parsed.stderr.strip()}"
    checked = subprocess.run(["shellcheck", "--format=gcc", "--severity=style", "--external-sources",
                              "--source-path=SCRIPTDIR", *paths], cwd=root, capture_output=True, text=True, check=False)
    if checked.returncode:
        yield from (checked.stdout + checked.stderr).splitlines()


def python_findings(path, text):
    try:
        compile(text, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        yield f"{path}:{error.lineno}: {error.msg}"


def data_findings(path, text):
    try:
        if path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".toml"):
            tomllib.loads(text)
    except ValueError as error:
        yield f"{path}:1: {error}"


def all_findings():
    shell = []
    for path in project.files():
        first = project.shebang(path)
        is_shell = path.endswith(".sh") or "bash" in first or first.rstrip().endswith("/sh")
        if is_shell:
            shell.append(path)
            if first and not os.access(os.path.join(project.ROOT, path), os.X_OK):
                yield f"{path}:1: has a first line of a program but may not be executed"
        elif path.endswith(".py") or "python3" in first:
            yield from python_findings(path, project.read(path))
        elif path.endswith((".json", ".toml")) and not path.startswith("tests/fuzz/"):
            yield from data_findings(path, project.read(path))
    yield from shell_findings(shell)


if __name__ == "__main__":
    sys.exit(project.report(all_findings()))
