"""py-eureka-client behind the driver protocol of ../README.md."""
import asyncio
import json
import os
import sys

import py_eureka_client.eureka_client as eureka

BASE, APP, PORT = sys.argv[1:4]
ID = f"py:{APP}:{PORT}"


def say(value):
    print(json.dumps(value), flush=True)


def found(client, name):
    application = client.applications.get_application(name)
    instances = application.instances if application is not None else []
    return [{"id": one.instanceId, "status": one.status, "port": one.port.port, "metadata": one.metadata} for one in instances]


def main():
    client = eureka.init(eureka_server=BASE + "/", app_name=APP, instance_id=ID, instance_host="127.0.0.1",
                         instance_ip="127.0.0.1", instance_port=int(PORT), renewal_interval_in_secs=1, duration_in_secs=3,
                         metadata={"language": "python"})
    say({"ready": True, "id": ID, "can": ["status"]})
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "find":
            say({"found": found(client, argument)})
        elif command == "status":
            asyncio.run(client.status_update(argument))
            say({"done": True})
        elif command == "quit":
            eureka.stop()
            break
    sys.stdout.flush()
    # Its heartbeat thread never ends by itself.
    os._exit(0)


main()
