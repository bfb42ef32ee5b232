#!/usr/bin/env python3
"""Goal: every lint can fail. Method: feed each a sample that breaks one rule and the same sample mended."""
import os
import sys
import tempfile
import unittest

import coroutines
import format as layout_of_code
import layers
import layout
import scripts
import text


def found(check, *arguments):
    return list(check(*arguments))


class Layers(unittest.TestCase):
    def judge(self, path, line):
        body = ("#pragma once\n" if path.endswith(".hpp") else "") + line + "\n"
        return found(layers.findings, path, body)

    def test_arrows_between_rooms(self):
        forbidden = [
            ("proto/model/a.cpp", "server/core/node.hpp"), ("config/a.cpp", "server/app/b.hpp"),
            ("server/core/a.cpp", "server/api/http.hpp"), ("server/api/a.cpp", "server/net/server.hpp"),
            ("server/api/a.cpp", "config/settings.hpp"), ("server/net/a.cpp", "config/settings.hpp"),
            ("server/store/a.cpp", "server/api/http.hpp"), ("server/net/a.cpp", "server/app/b.hpp"),
            ("client/src/a.cpp", "server/core/node.hpp"), ("server/app/a.cpp", "muster/client.hpp"),
            ("server/app/a.cpp", "tests/support/b.hpp"), ("client/src/a.cpp", "deploy/b.hpp"),
            ("server/api/v1/a.cpp", "server/api/eureka/face.hpp"), ("server/core/a.cpp", "../api/http.hpp"),
        ]
        for path, include in forbidden:
            with self.subTest(path=path, include=include):
                self.assertTrue(self.judge(path, f'#include "{include}"'))
        allowed = [
            ("config/a.cpp", "proto/model/limits.hpp"), ("server/app/a.cpp", "config/settings.hpp"),
            ("server/net/a.cpp", "server/api/http.hpp"), ("server/api/v1/a.cpp", "server/api/doors.hpp"),
            ("server/api/router.cpp", "server/api/http.hpp"), ("server/store/a.cpp", "server/core/record.hpp"),
            ("client/src/a.cpp", "muster/client.hpp"), ("tests/unit/a.cpp", "server/core/node.hpp"),
        ]
        for path, include in allowed:
            with self.subTest(path=path, include=include):
                self.assertEqual(self.judge(path, f'#include "{include}"'), [])

    def test_the_core_reaches_for_nothing(self):
        for line in ("#include <thread>", "#include <boost/asio/io_context.hpp>", "#include <spdlog/spdlog.h>",
                     "#include <sys/socket.h>", "auto t = std::chrono::steady_clock::now();", "std::random_device r;"):
            with self.subTest(line=line):
                self.assertTrue(self.judge("server/core/a.cpp", line))
        self.assertEqual(self.judge("server/core/a.cpp", "#include <chrono>"), [])
        self.assertEqual(self.judge("server/app/a.cpp", "#include <thread>"), [])

    def test_slow_headers_stay_in_cpp_files(self):
        self.assertTrue(self.judge("server/net/a.hpp", "#include <boost/beast/http.hpp>"))
        self.assertTrue(self.judge("proto/v1/a.hpp", "#include <nlohmann/json.hpp>"))
        self.assertEqual(self.judge("proto/v1/a.hpp", "#include <nlohmann/json_fwd.hpp>"), [])
        self.assertEqual(self.judge("server/net/a.cpp", "#include <boost/beast/http.hpp>"), [])

    def test_headers_are_guarded(self):
        self.assertTrue(found(layers.findings, "proto/model/a.hpp", "struct A {};\n"))


class Coroutines(unittest.TestCase):
    def judge(self, statement):
        return found(coroutines.findings, "a.cpp", f"awaitable<void> f() {{\n  {statement}\n}}\n")

    def test_hazards(self):
        for statement in ("co_await send({.name = x});", "T t{.n = co_await g()};", "co_await run(T{a, b});",
                          "co_await run([x] { return x; });", "co_await run([&] { g(); }, 1);",
                          "auto v = std::vector<int>{co_await g()};", "if (co_await f({1, 2})) { g(); }",
                          "return_to(co_await g(), std::string{});"):
            with self.subTest(statement=statement):
                self.assertTrue(self.judge(statement))

    def test_harmless(self):
        for statement in ("T t{a}; co_await send(t);", "co_await run([] { g(); });", "int a = (co_await g())[i];",
                          "if (co_await g()) { h({1}); }", "auto [ec, n] = co_await g(use_tuple);",
                          "for (int i = 0; i < n; ++i) { co_await g(i); }",
                          'log("co_await {}", T{x});', "// co_await f({1})\n  g();",
                          "spawn([x]() -> awaitable<void> { T t{x}; co_await g(t); }, done);"):
            with self.subTest(statement=statement):
                self.assertEqual(self.judge(statement), [])


class Text(unittest.TestCase):
    def judge(self, path, body):
        return found(text.findings, path, body)

    def test_blanks_and_endings(self):
        self.assertTrue(self.judge("a.md", "word \n"))
        self.assertTrue(self.judge("a.toml", "a\tb\n"))
        self.assertTrue(self.judge("a.md", "no end"))
        self.assertEqual(self.judge("a.md", "word\n"), [])

    def test_markers_and_paths(self):
        for word in ("TO" + "DO: later", "FIX" + "ME", "see /wo" + "rk/main", "../sha" + "red/a.md", "/tmp/" + "a"):
            with self.subTest(word=word):
                self.assertTrue(self.judge("a.md", word + "\n"))
        self.assertEqual(self.judge("a.md", "network/worker, it works\n"), [])

    def test_long_files(self):
        self.assertTrue(self.judge("server/a.cpp", "int a;\n" * (text.FILE_LINES_MAX + 1)))
        self.assertEqual(self.judge("server/a.cpp", "int a;\n" * text.FILE_LINES_MAX), [])
        for path, line in (("a.py", "a = 1"), ("a.go", "// a"), ("a.js", "a();"), ("a.mjs", "a();")):
            self.assertTrue(self.judge("client/" + path, f"{line}\n" * (text.FILE_LINES_MAX + 1)), path)

    def test_long_functions(self):
        for head in ("void f() {", "int A::f(int a) const noexcept {", "auto f() -> std::vector<int> {",
                     'TEST_CASE("a, b") {', "A::A(int a) : a_(a), b_{a} {", "namespace n {\nclass A {\nint f() override {"):
            closing = "}\n" * head.count("{") if head.startswith("namespace") else "}\n"
            with self.subTest(head=head):
                self.assertTrue(self.judge("a.cpp", head + "\n" + "  g();\n" * text.FUNCTION_LINES_MAX + closing))
                self.assertEqual(self.judge("a.cpp", head + "\n" + "  g();\n" * 20 + closing), [])
        self.assertEqual(self.judge("a.cpp", "struct A {\n" + "  int a;\n" * 100 + "};\n"), [])
        self.assertTrue(self.judge("a.py", "def f():\n" + "    g()\n" * (text.FUNCTION_LINES_MAX + 1)))


class Layout(unittest.TestCase):
    complete = {"README.md", "CMakeLists.txt", *(f"{room}/README.md" for room in layout.ROOMS)}

    def test_rooms_say_what_they_are(self):
        self.assertEqual(found(layout.findings, self.complete), [])
        self.assertTrue(found(layout.findings, self.complete - {"proto/README.md"}))
        self.assertTrue(found(layout.findings, self.complete | {"server/net/server.cpp"}))
        self.assertTrue(found(layout.findings, self.complete - {"README.md"}))

    def test_top_level(self):
        self.assertTrue(found(layout.findings, self.complete | {"docs/a.md"}))
        self.assertEqual(found(layout.findings, self.complete | {".ci/run"}), [])


class Scripts(unittest.TestCase):
    def shell(self, body):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a.sh"), "w", encoding="utf-8") as file:
                file.write("#!/usr/bin/env bash\n" + body + "\n")
            return found(scripts.shell_findings, ["a.sh"], folder)

    def test_shell(self):
        self.assertTrue(self.shell("if true; then"))
        self.assertTrue(self.shell("rm -rf $1/data"))
        self.assertEqual(self.shell('rm -rf "$1/data"'), [])

    def test_python_and_data(self):
        self.assertTrue(found(scripts.python_findings, "a.py", "def f(:\n"))
        self.assertTrue(found(scripts.data_findings, "a.json", "{,}"))
        self.assertTrue(found(scripts.data_findings, "a.toml", "a = \n"))
        self.assertEqual(found(scripts.data_findings, "a.json", "{}"), [])


class Format(unittest.TestCase):
    def judge(self, body):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "a.cpp"), "w", encoding="utf-8") as file:
                file.write(body)
            return layout_of_code.run(["a.cpp"], False, folder)

    def test_format(self):
        self.assertTrue(self.judge("int  f( ){return 1 ;}\n"))
        self.assertEqual(self.judge("int a = 1;\n"), "")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
