"""Measures musterd beside nginx and the Spring Eureka server. Called by tests/bench/run, which sees to what this needs."""
import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import contest as contests
import delay
import memory
import plot
import report
import rows
import surroundings
from servers import StartFailed

SPECIAL = ("start", "memory", "delay")
SERVERS = ("musterd", "nginx", "spring")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    names = [row.name for row in rows.all_rows()] + list(SPECIAL)
    parser.add_argument("--quick", action="store_true", help="short runs: to see that it works, not for figures")
    parser.add_argument("--rounds", type=int, help="pairs of each row (5; quick: 2)")
    parser.add_argument("--seconds", type=int, help="of each measurement (4; quick: 1)")
    options = surroundings.choose(parser, names, SERVERS)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.seconds = options.seconds or (1 if options.quick else 4)
    return options


def throughput(options, work, say, document):
    chosen = [row for row in rows.all_rows() if row.name in options.names]
    if not chosen:
        return
    with contests.Contest(work, options.servers, say, options.quick) as contest:
        for name, seconds in contest.starts.items():
            document["starts"].setdefault(name, {"median_ms": seconds * 1000, "least_ms": seconds * 1000,
                                                 "most_ms": seconds * 1000})
        for number, row in enumerate(chosen, 1):
            say(f"row {number} of {len(chosen)}: {row.title}")
            result = contest.run(row, options.rounds, options.seconds)
            document["throughput"].append(result)
            say("    " + ", ".join(f"{name} {report.figure(report.median(figures, 'per_second'))}/s "
                                   f"{report.figure(report.median(figures, 'per_cpu_second'))}/cpu-s"
                                   for name, figures in result["servers"].items()) + "  " + report.verdict(result))


def special(options, work, say, document):
    core = contests.SERVER_CORE
    sizes = memory.SIZES[:2] if options.quick else memory.SIZES
    if "start" in options.names and "musterd" in options.servers:
        document["starts"]["musterd"] = memory.starts_of_musterd(work, core, say)
    if "memory" in options.names:
        for name, measure in (("musterd", memory.of_musterd), ("spring", memory.of_spring)):
            if name in options.servers:
                document["memory"][name] = measure(work, core, say, sizes)
    if "delay" in options.names:
        document["delays"] = delay.all_of(options.servers, work, 10_000 if options.quick else 100_000,
                                          3 if options.quick else 15, say)


def main():
    options = arguments()
    work = options.out / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    document = {**surroundings.of_this_run(), "mode": "quick run, not for figures" if options.quick else
                f"{options.rounds} rounds of {options.seconds} s", "throughput": [], "starts": {}, "memory": {}, "delays": []}
    say = surroundings.Progress()
    try:
        special(options, work, say, document)
        throughput(options, work, say, document)
    except StartFailed as error:
        sys.exit(f"tests/bench/run: {error}")
    finally:
        (options.out / "figures.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    table = report.text(document)
    (options.out / "table.md").write_text(table + "\n", encoding="utf-8")
    drawn = plot.draw(document, options.out / "plot.png")
    shutil.rmtree(work, ignore_errors=True)
    print("\n" + table + "\n")
    print(f"written: {options.out}/figures.json, table.md" + (", plot.png" if drawn else ""))


if __name__ == "__main__":
    main()
