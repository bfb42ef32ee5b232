"""A small reader of C++: enough to know statements, braces and lambdas. It knows no types and no preprocessor."""
import re
from typing import NamedTuple

TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"                                  # comments
    r'|R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"'       # raw strings
    r'|"(?:\\.|[^"\\\n])*"'                                # strings
    r"|'(?:\\.|[^'\\\n])+'"                                # characters
    r"|\#[^\n]*(?:\\\n[^\n]*)*"                            # preprocessor lines
    r"|\d(?:'?[\w.])*"                                     # numbers, digit separators included
    r"|\w+|->|::|&&|\|\||[^\s\w]", re.S)
TYPE_OPENERS = {"namespace", "struct", "class", "enum", "union", "extern", "concept"}
BEFORE_BLOCK = {")", "{", "}", ";", ":", "else", "do", "try", "const", "noexcept", "override", "final", "mutable", "]"}


class Token(NamedTuple):
    text: str
    line: int


class Block(NamedTuple):
    """A `{...}` that holds statements. `kind` is type, lambda or code."""
    kind: str
    head: list   # tokens of the statement before the brace
    first_line: int
    last_line: int
    depth: int   # number of code blocks around it


class Statement(NamedTuple):
    tokens: list          # without nested blocks
    braced_values: list   # lines of `{...}` initialisers
    captures: list        # lines of lambdas that capture


def tokens(text):
    line, at = 1, 0
    for match in TOKEN.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        word = match.group()
        if not word.startswith(("//", "/*", "#")):
            yield Token(word, line)


class Reader:
    """Splits a file into `blocks` and `statements`."""

    def __init__(self, text):
        self.tokens = list(tokens(text))
        self.blocks, self.statements = [], []
        self.at = 0
        while self.at < len(self.tokens):
            self._statements(0)

    def _statements(self, depth):
        """Reads statements up to the brace that closes the block."""
        while self.at < len(self.tokens):
            if self.tokens[self.at].text == "}":
                self.at += 1
                return
            statement = Statement([], [], [])
            self._statement(statement, depth, closers=[])
            if statement.tokens:
                self.statements.append(statement)

    def _statement(self, statement, depth, closers):
        lambdas = 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.text == "}" and not closers:
                return
            self.at += 1
            if token.text == ";" and not closers:
                statement.tokens.append(token)
                return
            if token.text == "[" and self._opens_lambda(statement):
                lambdas += 1
                if self.tokens[self.at].text != "]":
                    statement.captures.append(token.line)
            if token.text == "{":
                kind = self._kind(statement, lambdas)
                if kind == "value":
                    statement.braced_values.append(token.line)
                    closers.append("}")
                else:
                    self._block(kind, statement, token, depth)
                    lambdas -= kind == "lambda"
                    if kind != "lambda" and not closers:
                        return
                    continue
            elif token.text in "([":
                closers.append({"(": ")", "[": "]"}[token.text])
            elif closers and token.text == closers[-1]:
                closers.pop()
            statement.tokens.append(token)

    def _block(self, kind, statement, opening, depth):
        head = list(statement.tokens)
        self._statements(depth if kind == "type" else depth + 1)
        last = self.tokens[self.at - 1].line
        self.blocks.append(Block(kind, head, head[0].line if head else opening.line, last, depth))

    @staticmethod
    def _opens_lambda(statement):
        """An index or an array bound follows a name or a closing bracket; a lambda does not."""
        if not statement.tokens:
            return True
        before = statement.tokens[-1].text
        return before in {"return", "co_return", "co_await", "co_yield"} or not re.fullmatch(r"\w+|[\])\[>\"]", before)

    @staticmethod
    def _kind(statement, lambdas):
        words = [token.text for token in statement.tokens]
        if not words:
            return "code"
        if TYPE_OPENERS.intersection(words) and "(" not in words and "=" not in words:
            return "type"
        if lambdas and (words[-1] in BEFORE_BLOCK or "->" in words):
            return "lambda"
        if words[-1] in BEFORE_BLOCK:
            return "code"
        # `auto f() -> awaitable<void> {`: a trailing return type ends in a name or '>'.
        if "->" in words and words[words.index("->") - 1] == ")" and "co_await" not in words:
            return "code"
        return "value"
