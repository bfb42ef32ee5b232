"""Start to ready, idle memory, and memory by number of instances."""
import shutil
import statistics
import subprocess
import time

import load
import population as people
from rows import body_of
from servers import Musterd, Spring

STARTS = 9
SETTLED_S = 0.5
SIZES = (1_000, 10_000, 100_000)


def settled(server):
    """Resident memory once it has stopped changing: work that follows an answer is done."""
    before = server.resident_bytes()
    while True:
        time.sleep(SETTLED_S)
        now = server.resident_bytes()
        if abs(now - before) < 64 * 1024:
            return now
        before = now


def fill(server, first, end):
    """Registers in a process of its own on the load core, since here it would share the server's core."""
    command = ["taskset", "-c", str(load.LOAD_CORE), "/usr/bin/python3", str(load.HERE / "population.py"), str(server.port),
               str(first), str(end)]
    subprocess.run(command, check=True)


def starts_of_musterd(directory, core, say):
    times = []
    for turn in range(STARTS):
        say(f"musterd: start {turn + 1} of {STARTS}")
        with Musterd(directory / f"start-{turn}", core=core) as server:
            times.append(server.start_seconds)
    return {"median_ms": statistics.median(times) * 1000, "least_ms": min(times) * 1000, "most_ms": max(times) * 1000}


def of_musterd(directory, core, say, sizes):
    """A fresh process for each size: registered, then with the full JSON body asked for plain and as gzip."""
    lines = []
    for size in sizes:
        say(f"musterd: memory at {size:,} instances")
        place = directory / f"musterd-{size}"
        shutil.rmtree(place, ignore_errors=True)
        with Musterd(place, core=core) as server:
            idle = settled(server)
            fill(server, 0, size)
            registered = settled(server)
            body_of(server.port, "/eureka/apps", "application/json", False)
            body_of(server.port, "/eureka/apps", "application/json", True)
            lines.append({"size": size, "idle": idle, "registered": registered, "with_bodies": settled(server)})
    return lines


def of_spring(directory, core, say, sizes):
    """One process that grows; what its heap holds alive is asked of the Java tools after a collection."""
    lines = []
    place = directory / "spring-memory"
    shutil.rmtree(place, ignore_errors=True)
    with Spring(place, core=core) as server:
        idle, start, done = settled(server), server.start_seconds, 0
        for size in sizes:
            say(f"spring: memory at {size:,} instances")
            fill(server, done, size)
            done = size
            registered = settled(server)
            live = live_heap(server)
            body_of(server.port, "/eureka/apps", "application/json", False)
            body_of(server.port, "/eureka/apps", "application/json", True)
            lines.append({"size": size, "idle": idle, "registered": registered, "with_bodies": settled(server),
                          "live_heap": live, "start_ms": start * 1000})
    return lines


def live_heap(server):
    """Bytes of the Java heap that survive a full collection; None where the tool is missing."""
    if shutil.which("jcmd") is None:
        return None
    subprocess.run(["jcmd", str(server.pid()), "GC.run"], check=True, stdout=subprocess.DEVNULL)
    text = subprocess.run(["jcmd", str(server.pid()), "GC.heap_info"], check=True, stdout=subprocess.PIPE, text=True).stdout
    used = 0
    for line in text.splitlines():
        words = line.replace(",", " ").split()
        if "total" in words and "used" in words:  # one line for each generation, or one for the whole heap
            used += int(words[words.index("used") + 1].rstrip("K")) * 1024
    return used
