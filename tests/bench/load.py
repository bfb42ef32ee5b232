"""Runs the loads: wrk on the load core, and the background processes of background.py."""
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOAD_CORE = 1


class LoadFailed(Exception):
    """A load generator died or was refused; a figure from such a run would lie."""


def wrk(port, requests_file, seconds, connections=16, rate=None):
    """One run of wrk, as fast as it goes or at so many requests a second; the totals of its report."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
               "-s", str(HERE / "wrk" / "rotate.lua"), f"http://127.0.0.1:{port}/"]
    paced = {"MUSTER_RATE": str(rate)} if rate else {}
    run = subprocess.run(command, env=dict(os.environ, MUSTER_REQUESTS=str(requests_file), **paced),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
    if run.returncode != 0 or not lines:
        raise LoadFailed(f"wrk failed:\n{run.stdout}")
    report = json.loads(lines[-1])
    if report["refused"] or report["failed"]:
        raise LoadFailed(f"{report['refused']} requests were refused and {report['failed']} failed of {report['requests']}; "
                         f"the first request is in {requests_file}")
    return report


def measure(server, requests_file, seconds):
    """Requests per second, and per second of the server's processor time."""
    before = server.cpu_seconds()
    report = wrk(server.port, requests_file, seconds)
    used = server.cpu_seconds() - before
    return {"per_second": report["requests"] / report["seconds"], "per_cpu_second": report["requests"] / max(used, 0.01),
            "cpu_share": used / report["seconds"], "p50_us": report["p50_us"], "p99_us": report["p99_us"],
            "bytes": report["bytes"] / max(report["requests"], 1)}


@contextmanager
def background(*arguments):
    """A process of background.py while the block runs; yields a dictionary that holds its report afterwards."""
    process = start_background(*arguments)
    report = {}
    try:
        yield report
    finally:
        output, _ = process.communicate()
        if process.returncode == 0:
            report.update(json.loads(output))
    if process.returncode != 0:
        raise LoadFailed(f"background load {arguments} failed")


def start_background(*arguments):
    return subprocess.Popen(["taskset", "-c", str(LOAD_CORE), sys.executable, str(HERE / "background.py"),
                             *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
