"""Measures clusters of musterd, and pairs of Spring Eureka servers. Called by `tests/bench/run cluster`."""
import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import cluster_delay as delay
import cluster_load
import cluster_report as report
import cluster_start as start
import cluster_traffic as traffic
import surroundings
from load import LoadFailed
from servers import StartFailed

# Each row's measurement by server.
ROWS = {
    "propagation": {"musterd": delay.of_musterd, "spring": delay.of_spring},
    "idle": {"musterd": traffic.idle_of_musterd},
    "renewing": {"musterd": traffic.renewing_of_musterd, "spring": traffic.renewing_of_spring},
    "heal": {"musterd": traffic.heal},
    "join": {"musterd": start.join_and_restart},
    "memory": {"musterd": start.memory_of_nodes},
    "heartbeats": {"musterd": cluster_load.of_musterd, "spring": cluster_load.of_spring},
    "registrations": {"musterd": cluster_load.of_musterd},
}
SERVERS = ("musterd", "spring")
FULL = {"rounds": 5, "seconds": 4, "idle_s": 20, "split_s": 60, "warm_up_s": 60}
QUICK = {"rounds": 2, "seconds": 1, "idle_s": 5, "split_s": 8, "warm_up_s": 10}


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run cluster", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short runs, at most 10,000 instances: to see that it works")
    parser.add_argument("--size-max", type=int, help="the most instances of any row (1,000,000; quick: 10,000)")
    parser.add_argument("--rounds", type=int, help="of each row (5; quick: 2)")
    options = surroundings.choose(parser, list(ROWS), SERVERS)
    for name, value in (QUICK if options.quick else FULL).items():
        if getattr(options, name, None) is None:
            setattr(options, name, value)
    options.size_max = options.size_max or (10_000 if options.quick else 1_000_000)
    options.loads = [name for name in options.names if ROWS[name]["musterd"] is cluster_load.of_musterd]
    return options


def measurements(options):
    """Each once, where rows share one."""
    chosen = []
    for name in options.names:
        for server in options.servers:
            if server in ROWS[name] and ROWS[name][server] not in [work for _, _, work in chosen]:
                chosen.append((name, server, ROWS[name][server]))
    return chosen


def main():
    options = arguments()
    work = options.out / "cluster-work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    mode = "quick run, not for figures" if options.quick else f"{options.rounds} rounds"
    document, figures, failed = {**surroundings.of_this_run(), "mode": mode}, [], []
    say = surroundings.Progress()
    chosen = measurements(options)
    try:
        for number, (name, server, measure) in enumerate(chosen, 1):
            say(f"row {number} of {len(chosen)}: {name}, {server}")
            try:
                found = measure(options, work, say)
            except (LoadFailed, StartFailed) as error:
                failed.append(f"{name}, {server}: {error}")
                say(f"    failed: {error}")
                continue
            figures += found
            for one in found:
                say(f"    {one.what}: {report.number(one.median())} {one.unit} {one.goal()} {one.verdict()}")
    finally:
        document |= {"figures": report.as_json(figures), "failed": failed}
        (options.out / "cluster.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    table = report.text(document, figures)
    (options.out / "cluster.md").write_text(table + "\n", encoding="utf-8")
    print(f"\n{table}\n\nwritten: {options.out}/cluster.json, cluster.md")
    if failed:
        sys.exit("failed, see the logs in " + f"{work}:\n" + "\n".join(failed))
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
