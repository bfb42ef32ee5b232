"""How long a heartbeat waits while full bodies of a large registry are encoded and read by slow readers."""
import json
import shutil

import load
import population as people
from contest import NGINX_LOCATIONS, SERVER_CORE
from memory import fill
from rows import CHURN_PER_SECOND
from servers import Musterd, Nginx, Spring

READERS = 8
PROBES_PER_SECOND = 200
KINDS = ("json", "json+gzip", "xml", "xml+gzip")


def probe(server, size, seconds):
    output, _ = load.start_background("probe", server.port, size, PROBES_PER_SECOND, seconds).communicate()
    return json.loads(output)


def of(kind, directory, size, seconds, say):
    """Delays of one server: at rest, then under slow readers and changes."""
    place = directory / f"delay-{kind.name}"
    shutil.rmtree(place, ignore_errors=True)
    if kind is Nginx:
        server = Nginx(place, core=SERVER_CORE, locations=NGINX_LOCATIONS.replace(
            "location /eureka/apps/", f"location = /eureka/apps {{ alias {place}/files/full; }} location /eureka/apps/"))
    else:
        server = kind(place, core=SERVER_CORE)
    with server:
        if kind is Nginx:
            # As many bytes as the registry's body has, about.
            (place / "files" / "full").write_bytes(people.body(0).encode() * size)
        else:
            say(f"{server.name}: registering {size:,} instances")
            fill(server, 0, size)
        say(f"{server.name}: delays of heartbeats")
        rest = probe(server, size, seconds)
        with load.background("readers", server.port, READERS, *KINDS) as readers:
            with load.background("churn", server.port, size, CHURN_PER_SECOND) as churn:
                busy = probe(server, size, seconds)
        return {"server": server.name, "size": size, "at_rest": rest, "busy": busy, "readers": readers, "churn": churn}


def all_of(names, directory, size, seconds, say):
    return [of(kind, directory, size, seconds, say) for kind in (Musterd, Nginx, Spring) if kind.name in names]
