"""What the lints share: where the project is and which files belong to it."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CPP = (".hpp", ".cpp")
SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache"}
# Recorded or generated data: nobody writes it by hand, so nobody is asked to format it.
DATA = ("tests/interop/transcripts/", "tests/unit/proto/golden/")
WRITTEN = (*CPP, ".py", ".md", ".txt")


def files():
    """Paths of all project files, relative to ROOT, sorted. Untracked files count, ignored ones do not."""
    listing = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = listing.stdout.decode().split("\0")
        return sorted({name for name in names if name and os.path.isfile(os.path.join(ROOT, name))})
    return sorted(_walk())


def _walk():
    """The same without git: a release archive has no history."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def is_data(path):
    corpus = path.startswith("tests/fuzz/") and not path.endswith(WRITTEN)
    return corpus or path.startswith(DATA)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def shebang(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        first = file.readline(200)
    return first.decode("latin-1") if first.startswith(b"#!") else ""


def report(findings):
    """Prints `path:line: what` for each finding and returns the exit code."""
    count = 0
    for finding in findings:
        print(finding)
        count += 1
    if count:
        print(f"{count} findings", file=sys.stderr)
    return 1 if count else 0
