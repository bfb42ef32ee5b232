"""The languages and how each one's agent is started. A language is tested once its agent exists."""
import os
import shutil
import subprocess

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
CLIENT = os.path.join(ROOT, "client")
BUILD_SECONDS = 300


def _need(program, package):
    found = shutil.which(program)
    if not found:
        raise SystemExit(f"{program} is missing; install the Debian package {package}, or run tests/run, which does.")
    return found


def _python(_folder):
    return [_need("python3", "python3"), os.path.join(CLIENT, "python", "examples", "agent.py")]


def _go(folder):
    program = os.path.join(folder, "agent")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    environment.setdefault("GOCACHE", os.path.join(ROOT, "build", "go-cache"))
    built = subprocess.run([_need("go", "golang-go"), "build", "-o", program, "./examples/agent"], cwd=os.path.join(CLIENT, "go"),
                           env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if built.returncode:
        raise SystemExit(f"The agent in Go does not build:\n{built.stdout}{built.stderr}")
    return [program]


def _node(_folder):
    return [_need("node", "nodejs"), os.path.join(CLIENT, "node", "examples", "agent.mjs")]


# name: (what must exist for the language to be tested, how to make the command, given a folder of its own)
LANGUAGES = {
    "python": ("python/examples/agent.py", _python),
    "go": ("go/examples/agent", _go),
    "node": ("node/examples/agent.mjs", _node),
}


def command(language, folder):
    if language not in LANGUAGES:
        raise SystemExit(f"There is no language {language!r}; languages.py has {', '.join(LANGUAGES)}.")
    path, make = LANGUAGES[language]
    if not os.path.exists(os.path.join(CLIENT, path)):
        raise SystemExit(f"client/{path} does not exist; README.md says what an agent does.")
    return make(folder)


def present():
    """Those whose agent exists."""
    return [language for language, (path, _) in LANGUAGES.items() if os.path.exists(os.path.join(CLIENT, path))]


if __name__ == "__main__":
    print(";".join(present()))  # as CMake writes a list
