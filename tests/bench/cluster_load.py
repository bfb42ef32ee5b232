"""What one node serves with peers attached, of what it serves alone."""
import time

import load
import nodes as clusters
import population as people
import rows
from cluster_report import Figure
from memory import fill
from servers import Musterd, Spring, free_port

SERVER_CORE, PEERS_CORE = 0, load.LOAD_CORE
SIZE = 1_000
SETTLES_S = 3


def paired(alone, attached, file, options):
    """One after the other in each round, so that what disturbs the machine disturbs both; the ratios are those of rounds."""
    pairs = []
    for _ in range(options.rounds):
        pairs.append([load.measure(server, file, options.seconds) for server in (alone, attached)])
        time.sleep(SETTLES_S)
    return pairs


def figures(title, words, pairs, goal):
    column = lambda which, key: [pair[which][key] for pair in pairs]
    ratio = [mine["per_cpu_second"] / its["per_cpu_second"] for its, mine in pairs]
    return [Figure(f"{title}: {words}, alone", "/cpu-s", column(0, "per_cpu_second")),
            Figure(f"{title}: {words}, with peers", "/cpu-s", column(1, "per_cpu_second")),
            Figure("with peers, of alone, by the server's CPU time", "times", ratio, least=goal),
            Figure("with peers, of alone, a second", "times",
                   [mine["per_second"] / its["per_second"] for its, mine in pairs])]


def requests_of(work):
    beats, writes = work / "beats", work / "registrations"
    people.write_requests(beats, [people.heartbeat(number) for number in range(SIZE)])
    people.write_requests(writes, rows.registrations(None, None))
    return beats, writes


def of_musterd(options, work, say):
    beats, writes = requests_of(work)
    lines = []
    with Musterd(work / "alone", core=SERVER_CORE) as alone, \
            clusters.Cluster(work / "attached", 3, cores=(SERVER_CORE, PEERS_CORE, PEERS_CORE)) as cluster:
        for server in (alone, cluster.nodes[0]):
            fill(server, 0, SIZE)
        for name, words, file, goal in (("heartbeats", "heartbeats", beats, 0.95),
                                        ("registrations", "registrations with w=1, each a change", writes, None)):
            if name not in options.loads:
                continue
            say(f"musterd: {name} alone and with two peers")
            pairs = paired(alone, cluster.nodes[0], file, options)
            lines += figures("musterd, two peers", words, pairs, goal)
            cluster.wait_equal()
    return lines


def of_spring(options, work, say):
    beats, _ = requests_of(work)
    ports = [free_port(), free_port()]
    say("starting and warming three Spring servers")
    with Spring(work / "alone-spring", core=SERVER_CORE) as alone, \
            clusters.SpringPair(work / "attached-spring", ports, ports, (SERVER_CORE, PEERS_CORE)) as pair:
        for server in (alone, pair.servers[0]):
            fill(server, 0, SIZE)
            clusters.warm(server, work, options.warm_up_s)
        say("spring: heartbeats alone and with one peer")
        return figures("Spring, one peer", "heartbeats", paired(alone, pair.servers[0], beats, options), None)
