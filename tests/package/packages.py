"""The package under test, and one of a higher version made of it."""
import hashlib
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG = "/etc/muster/musterd.toml"
UNIT = "/lib/systemd/system/musterd.service"
STATE = "/var/lib/muster"
LATER_COMMENT = "# Written by a later release.\n"


def package():
    """The file named by the environment variable MUSTER_PACKAGE, or the one that deploy/package made."""
    named = os.environ.get("MUSTER_PACKAGE")
    if named:
        return named
    made = sorted((ROOT / "build" / "package").glob("musterd_*.deb"))
    if len(made) != 1:
        raise SystemExit("Make the package first: deploy/package")
    return str(made[0])


def later_package(folder):
    """The same with the version 99.0-1 and one line more in its configuration."""
    tree = Path(folder) / "tree"
    subprocess.run(["dpkg-deb", "--raw-extract", package(), tree], check=True)
    control = tree / "DEBIAN" / "control"
    text, count = re.subn(r"^Version: .*$", "Version: 99.0-1", control.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count == 1
    control.write_text(text, encoding="utf-8")
    config = tree / CONFIG[1:]
    sums = tree / "DEBIAN" / "md5sums"
    before = hashlib.md5(config.read_bytes()).hexdigest()
    with open(config, "a", encoding="utf-8") as file:
        file.write(LATER_COMMENT)
    after = hashlib.md5(config.read_bytes()).hexdigest()
    sums.write_text(sums.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    out = Path(folder) / "musterd_later.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, out], check=True, stdout=subprocess.DEVNULL)
    return str(out)


def field(name):
    return subprocess.run(["dpkg-deb", "--field", package(), name], check=True, capture_output=True, text=True).stdout.strip()


def listing():
    """{path: (rights, owner)} of all that the package holds."""
    out = subprocess.run(["dpkg-deb", "--contents", package()], check=True, capture_output=True, text=True).stdout
    entries = {}
    for line in out.splitlines():
        rights, owner, _, _, _, path = line.split(None, 5)
        entries[path[1:]] = (rights, owner)
    return entries
