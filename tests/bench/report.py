"""The figures as a table for people."""
import statistics

NAMES = {"musterd": "musterd", "nginx": "nginx", "spring": "Spring"}


def median(results, key):
    return statistics.median(one[key] for one in results)


def ratios(result, other, key):
    """musterd's figure over another server's, round by round: the median, the least and the greatest."""
    ours, theirs = result["servers"].get("musterd"), result["servers"].get(other)
    if not ours or not theirs:
        return None
    pairs = [mine[key] / its[key] for mine, its in zip(ours, theirs)]
    return statistics.median(pairs), min(pairs), max(pairs)


def figure(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def verdict(result, key="per_cpu_second"):
    """Which goals the row misses, by the processor's time."""
    missed = []
    for other, goal in result["goals"].items():
        ratio = ratios(result, other, key)
        if ratio and ratio[0] < goal:
            missed.append(f"{NAMES[other]} {ratio[0]:.2f} < {goal}")
    if not any(ratios(result, other, key) for other in result["goals"]):
        return ""
    return "misses " + ", ".join(missed) if missed else "reached"


def throughput(results):
    lines = ["| what | musterd /s | nginx /s | Spring /s | musterd /cpu-s | nginx /cpu-s | Spring /cpu-s "
             "| of nginx (CPU) | of Spring (CPU) | goal |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for result in results:
        cells = [result["title"]]
        for key in ("per_second", "per_cpu_second"):
            for name in ("musterd", "nginx", "spring"):
                measured = result["servers"].get(name)
                cells.append(figure(median(measured, key)) if measured else "")
        for other in ("nginx", "spring"):
            ratio = ratios(result, other, "per_cpu_second")
            cells.append(f"{ratio[0]:.2f} ({ratio[1]:.2f}-{ratio[2]:.2f})" if ratio else "")
        cells.append(verdict(result))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def megabytes(value):
    return f"{value / 1e6:.1f}"


def memory(lines_by_server):
    lines = ["| memory | instances | idle MB | registered MB | B/instance | with full JSON, plain and gzip MB | B/instance "
             "| live heap MB |", "|---|---|---|---|---|---|---|---|"]
    for name, entries in lines_by_server.items():
        for one in entries:
            each = lambda key: f"{(one[key] - one['idle']) / one['size']:,.0f}"
            live = one.get("live_heap")
            lines.append(f"| {NAMES[name]} | {one['size']:,} | {megabytes(one['idle'])} | {megabytes(one['registered'])} | "
                         f"{each('registered')} | {megabytes(one['with_bodies'])} | {each('with_bodies')} | "
                         f"{megabytes(live) if live else ''} |")
    return "\n".join(lines)


def delays(entries):
    lines = ["| delay of a heartbeat, ms | instances | at rest p50 / p99 / max | busy p50 / p99 / max | bodies read, cut |",
             "|---|---|---|---|---|"]
    for one in entries:
        show = lambda part: f"{part['p50_ms']} / {part['p99_ms']} / {part['max_ms']}"
        lines.append(f"| {NAMES[one['server']]} | {one['size']:,} | {show(one['at_rest'])} | {show(one['busy'])} | "
                     f"{one['readers']['bodies']}, {one['readers']['cut']} |")
    return "\n".join(lines)


def starts(document):
    lines = []
    if "musterd" in document["starts"]:
        one = document["starts"]["musterd"]
        lines.append(f"musterd: start to ready {one['median_ms']:.0f} ms (least {one['least_ms']:.0f}, most "
                     f"{one['most_ms']:.0f}); goal <= 100 ms")
    for name in ("nginx", "spring"):
        if name in document["starts"]:
            lines.append(f"{NAMES[name]}: start to ready {document['starts'][name]['median_ms']:.0f} ms")
    return "\n".join(lines)


def text(document):
    parts = [f"{document['date']}, {document['machine']}, {document['mode']}, commit {document['commit']}"]
    if document["throughput"]:
        parts.append(throughput(document["throughput"]))
    if document["starts"]:
        parts.append(starts(document))
    if document["memory"]:
        parts.append(memory(document["memory"]))
    if document["delays"]:
        parts.append(delays(document["delays"]))
    return "\n\n".join(parts)
