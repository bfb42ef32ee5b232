#!/usr/bin/env python3
"""Finds the coroutine statements that g++ 12 miscompiles (GCC bug 107288).

When a statement holds `co_await` and also a braced value or a lambda that captures, g++ 12 copies the temporary bit by
bit and destroys it twice: memory corruption without a warning. The value belongs in a named variable, a line above.
"""
import sys

import cpp_tokens
import project


def findings(path, text):
    if "co_await" not in text:
        return
    for statement in cpp_tokens.Reader(text).statements:
        awaits = [token.line for token in statement.tokens if token.text == "co_await"]
        if not awaits:
            continue
        for line in statement.braced_values:
            yield f"{path}:{line}: a braced value in a statement with co_await: name it on the line above"
        for line in statement.captures:
            yield f"{path}:{line}: a lambda that captures in a statement with co_await: name it on the line above"


def main():
    sources = [path for path in project.files() if path.endswith(project.CPP)]
    return project.report(found for path in sources for found in findings(path, project.read(path)))


if __name__ == "__main__":
    sys.exit(main())
