#!/usr/bin/env python3
"""Checks what no compiler looks at: blanks, lengths of files and functions, words that do not belong in the project."""
import ast
import re
import sys

import cpp_tokens
import project

FILE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
# Split, so that this file does not contain what it forbids.
MARKERS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b")
FOREIGN_PATHS = re.compile(r"(?:\.\./sha" r"red\b|(?<![\w.-])/wo" r"rk/|/tmp/[A-Za-z])")
TABS_ALLOWED = (".go", ".mod", ".sum", "Makefile", ".md")  # Go is written with tabs, in pages too
SOURCE = project.CPP + (".py", ".sh", ".go", ".js", ".mjs")
BINARY = (".png", ".ico", ".gz", ".woff2", ".jar")


def findings(path, text):
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: the last line does not end"
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"
        if "\t" in line and not path.endswith(TABS_ALLOWED):
            yield f"{path}:{number}: a tab"
        if MARKERS.search(line):
            yield f"{path}:{number}: unfinished work is not kept in comments"
        if FOREIGN_PATHS.search(line):
            yield f"{path}:{number}: a path that exists on one machine only"
    if is_source(path, text) and len(lines) - 1 > FILE_LINES_MAX:
        yield f"{path}:1: {len(lines) - 1} lines; split files before {FILE_LINES_MAX}"
    for line, name, length in functions(path, text):
        if length > FUNCTION_LINES_MAX:
            yield f"{path}:{line}: {name} has {length} lines; a function has at most {FUNCTION_LINES_MAX}"


def is_source(path, text):
    return path.endswith(SOURCE) or text.startswith("#!")


def functions(path, text):
    """(line, name, number of lines) of each function."""
    if path.endswith(project.CPP):
        for block in cpp_tokens.Reader(text).blocks:
            if block.kind == "code" and block.depth == 0 and block.head:
                name = next((a.text for a, b in zip(block.head, block.head[1:]) if b.text == "("), block.head[0].text)
                yield block.first_line, name, block.last_line - block.first_line + 1
    elif path.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.lineno, node.name, node.end_lineno - node.lineno + 1


def main():
    paths = [path for path in project.files() if not project.is_data(path) and not path.endswith(BINARY)]
    return project.report(found for path in paths for found in findings(path, project.read(path)))


if __name__ == "__main__":
    sys.exit(main())
