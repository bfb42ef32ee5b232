"""From a write at one node until another one shows it."""
import json
import time
from concurrent.futures import ThreadPoolExecutor

import load
import nodes as clusters
import population as people
import rows
from cluster_report import Figure
from servers import free_port

WRITES_PER_SECOND = 5_000
PROBES_PER_SECOND = {"musterd": 100, "spring": 20}
FIRST = 500_000  # instances that are looked for have numbers of their own
SERVERS_CORE = 0
SETTLES_S = 1.5  # from the start of the writes until the first instance is looked for
SPRING_SETTLES_S = 5  # Spring's replicas are dialed at the first write


def sight(writer, reader, first, kind, seconds):
    output, _ = load.start_background("sight", writer.port, reader.port, first, PROBES_PER_SECOND[kind], seconds).communicate()
    if not output:
        raise load.LoadFailed("looking for instances failed")
    return json.loads(output)


def under_writes(writer, file, seconds, work):
    """What `work` returns, done while wrk writes; and how many writes a second came through."""
    with ThreadPoolExecutor(1) as pool:
        writes = pool.submit(load.wrk, writer.port, file, int(seconds + 2 * SETTLES_S), rate=WRITES_PER_SECOND)
        time.sleep(SETTLES_S)
        result = work()
        report = writes.result()
    return result, report["requests"] / report["seconds"]


def measure(kind, title, writer, reader, file, options, say):
    """Rounds at rest and under writes, in turns."""
    p50, p99, rates = {False: [], True: []}, {False: [], True: []}, []
    number, seconds = FIRST, options.seconds * 5
    for turn in range(options.rounds):
        for busy in (False, True):
            look = lambda: sight(writer, reader, number, kind, seconds)
            if busy:
                seen, rate = under_writes(writer, file, seconds, look)
                rates.append(rate)
            else:
                seen = look()
            number += seen["instances"]
            p50[busy].append(seen["p50_ms"])
            p99[busy].append(seen["p99_ms"])
            say(f"    {title}, {'under writes' if busy else 'at rest'}, round {turn + 1}: {seen}")
            if seen["refused"] or (seen["lost"] and kind == "musterd"):
                raise load.LoadFailed(f"{seen['refused']} registrations were refused, {seen['lost']} never seen")
    goals = {(False, "p99"): 10, (True, "p99"): 50} if kind == "musterd" else {}
    lines = []
    for busy, place in ((False, "at rest"), (True, f"under {WRITES_PER_SECOND:,} writes/s")):
        for name, values in (("p50", p50[busy]), ("p99", p99[busy])):
            lines.append(Figure(f"{title}: write to visible at the other node, {place}, {name}", "ms", values,
                                most=goals.get((busy, name))))
    lines.append(Figure(f"{title}: writes that came through meanwhile", "/s", rates))
    return lines


def of_musterd(options, work, say):
    file = work / "writes"
    people.write_requests(file, rows.registrations(None, None))
    with clusters.Cluster(work / "propagation", 3, cores=[SERVERS_CORE] * 3) as cluster:
        return measure("musterd", "musterd, 3 nodes on one core", cluster.nodes[0], cluster.nodes[1], file, options, say)


def of_spring(options, work, say):
    file = work / "writes-spring"
    people.write_requests(file, rows.registrations(None, None))
    ports = [free_port(), free_port()]
    say("starting and warming two Spring servers")
    with clusters.SpringPair(work / "propagation-spring", ports, ports, [SERVERS_CORE] * 2) as pair:
        clusters.warm(pair.servers[0], work, options.warm_up_s)
        time.sleep(SPRING_SETTLES_S)
        return measure("spring", "Spring, 2 servers on one core", *pair.servers, file, options, say)
