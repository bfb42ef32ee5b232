"""Eureka registrations as clients send them, and the paths they use."""
import copy

DEFAULT_DATA_CENTER = {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}
DIRTY_MS = 1760000000000  # a client's lastDirtyTimestamp, in the past
XML_CLASS = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"


def an_instance(app, instance_id, **fields):
    """The body of a registration. A field given as None is left out."""
    instance = {
        "instanceId": instance_id, "hostName": "n1.example", "app": app, "ipAddr": "10.1.2.3", "status": "UP",
        "port": {"$": 9000, "@enabled": "true"}, "securePort": {"$": 443, "@enabled": "false"},
        "dataCenterInfo": copy.deepcopy(DEFAULT_DATA_CENTER), "vipAddress": app.lower(),
        "lastDirtyTimestamp": str(DIRTY_MS),
    }
    instance.update(fields)
    return {"instance": {key: value for key, value in instance.items() if value is not None}}


def lease(interval_s, duration_s):
    return {"renewalIntervalInSecs": interval_s, "durationInSecs": duration_s}


def a_spring_instance(number=1, app="ORDERS"):
    """What a Spring Cloud client sends, every field of it."""
    host = f"host{number}.example"
    return an_instance(
        app, f"{host}:{app.lower()}:8080", hostName=host, ipAddr=f"10.0.{number // 250}.{number % 250 + 1}",
        port={"$": 8080, "@enabled": "true"}, overriddenStatus="UNKNOWN", countryId=1, leaseInfo=lease(30, 90),
        metadata={"management.port": "8080", "zone": "a"}, homePageUrl=f"http://{host}:8080/",
        statusPageUrl=f"http://{host}:8080/actuator/info", healthCheckUrl=f"http://{host}:8080/actuator/health",
        secureVipAddress=app.lower(), isCoordinatingDiscoveryServer="false", lastUpdatedTimestamp=str(DIRTY_MS),
        actionType=None)


def an_xml_instance(app, instance_id, extra=""):
    return (f"<instance><instanceId>{instance_id}</instanceId><hostName>n1.example</hostName><app>{app}</app>"
            f"<ipAddr>10.1.2.3</ipAddr><status>UP</status><port enabled=\"true\">9000</port>"
            f"<securePort enabled=\"false\">443</securePort><dataCenterInfo class=\"{XML_CLASS}\"><name>MyOwn</name>"
            f"</dataCenterInfo><vipAddress>{app.lower()}</vipAddress>"
            f"<lastDirtyTimestamp>{DIRTY_MS}</lastDirtyTimestamp>{extra}</instance>")


def register(daemon, app, instance_id, **fields):
    """Registers and returns the reply."""
    return daemon.post(f"/eureka/apps/{app}", an_instance(app, instance_id, **fields))


def read(daemon, app, instance_id):
    """The instance as the server shows it, or None."""
    reply = daemon.get(f"/eureka/apps/{app}/{instance_id}", accept="application/json")
    return reply.json()["instance"] if reply.status == 200 else None


def ids(daemon, app):
    """Ids of the instances of an application, sorted."""
    reply = daemon.get(f"/eureka/apps/{app}", accept="application/json")
    if reply.status == 404:
        return []
    return sorted(one["instanceId"] for one in reply.json()["application"]["instance"])
