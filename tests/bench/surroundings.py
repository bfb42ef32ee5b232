"""When, where and of what a run was, and how far it is."""
import datetime
import platform
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    return f"{model}, {len(Path('/proc/cpuinfo').read_text().split('processor')) - 1} cores, Linux {platform.release()}"


def commit():
    run = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE, text=True, check=False)
    return run.stdout.strip() or "unknown"


class Progress:
    def __init__(self):
        self.started = time.monotonic()

    def __call__(self, text):
        print(f"[{time.monotonic() - self.started:5.0f} s] {text}", flush=True)


def of_this_run():
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"date": now.strftime("%Y-%m-%d %H:%M UTC"), "machine": machine(), "commit": commit()}


def choose(parser, names, servers):
    """What every benchmark lets one choose: rows, as options.names, and servers; and where the results go."""
    parser.add_argument("--rows", default="all", help="comma-separated, each a name or its beginning: " + ", ".join(names))
    parser.add_argument("--servers", default=",".join(servers), help="which of " + ", ".join(servers))
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bench", help="where the results go")
    options = parser.parse_args()
    wanted = options.rows.split(",")
    options.names = [name for name in names if options.rows == "all" or any(name.startswith(part) for part in wanted)]
    options.servers = options.servers.split(",")
    if not options.names or not set(options.servers) <= set(servers):
        parser.error("no such row or server")
    return options
