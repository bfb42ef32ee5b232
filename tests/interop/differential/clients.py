"""Dialogues as well-known clients hold them: a whole life of an instance each, with a second instance as the one discovered."""
import json
import urllib.parse
from dataclasses import dataclass

from ask import Step

JSON = {"Accept": "application/json"}
XML = {"Accept": "application/xml"}
SEND_JSON = {"Content-Type": "application/json", "Accept": "application/json"}
SEND_XML = {"Content-Type": "application/xml", "Accept": "application/xml"}
MY_OWN = {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"}
DIRTY = 1760000000000


@dataclass
class Dialogue:
    name: str
    services: list
    steps: list


def quoted(text):
    return urllib.parse.quote(text, safe="")


def instance(app, number=1, /, **changes):
    """A registration with the fields that most clients send; a change to None leaves the field out."""
    fields = {"instanceId": f"host{number}:{app.lower()}:80{number:02d}", "hostName": f"host{number}", "app": app,
              "ipAddr": f"10.0.0.{number}", "status": "UP", "port": {"$": 8000 + number, "@enabled": "true"},
              "securePort": {"$": 443, "@enabled": "false"}, "vipAddress": app.lower(), "secureVipAddress": app.lower(),
              "countryId": 1, "dataCenterInfo": MY_OWN, "lastDirtyTimestamp": str(DIRTY)}
    fields.update(changes)
    return json.dumps({"instance": {key: value for key, value in fields.items() if value is not None}})


def register(name, app, number=1, /, *, headers=None, **changes):
    return Step(name, "POST", f"/apps/{app}", instance(app, number, **changes), headers or SEND_JSON)


def path_of(app, number=1):
    return f"/apps/{app}/host{number}:{app.lower()}:80{number:02d}"


def get(name, path, **headers):
    return Step(name, "GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()})


def spring():
    app, me = "SPRINGER", path_of("SPRINGER")
    gzip = {"Accept": "application/json, application/*+json", "Accept-Encoding": "gzip"}
    null = {"sid": "na", "appGroupName": None, "homePageUrl": "http://host1:8001/", "countryId": 1,
            "healthCheckUrl": "http://host1:8001/actuator/health", "isCoordinatingDiscoveryServer": False,
            "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 90, "registrationTimestamp": 0,
                          "lastRenewalTimestamp": 0, "evictionTimestamp": 0, "serviceUpTimestamp": 0},
            "metadata": {"management.port": "8001"}, "overriddenStatus": "UNKNOWN", "lastDirtyTimestamp": DIRTY}
    return Dialogue("spring", [app], [
        Step("first heartbeat", "PUT", f"{me}?status=UP&lastDirtyTimestamp={DIRTY}", None, SEND_JSON),
        register("starting", app, status="STARTING", **null),
        get("by id while starting", me, **JSON),
        register("up", app, **{**null, "lastDirtyTimestamp": DIRTY + 1}),
        register("second", app, 2, **null),
        Step("heartbeat", "PUT", f"{me}?status=UP&lastDirtyTimestamp={DIRTY + 1}", None, SEND_JSON),
        get("by id", me, **JSON), Step("full", "GET", "/apps/", headers=gzip), Step("delta", "GET", "/apps/delta", headers=gzip),
        Step("take out", "PUT", f"{me}/status?value=OUT_OF_SERVICE&lastDirtyTimestamp={DIRTY + 1}", None, SEND_JSON),
        get("by id while out", me, **JSON), Step("full while out", "GET", "/apps/", headers=gzip),
        Step("heartbeat while out", "PUT", f"{me}?status=UP&lastDirtyTimestamp={DIRTY + 1}", None, SEND_JSON),
        register("registers while out", app, **{**null, "lastDirtyTimestamp": DIRTY + 2}),
        get("by id while still out", me, **JSON),
        Step("take back", "DELETE", f"{me}/status?value=UP", None, SEND_JSON),
        get("by id after", me, **JSON),
        register("down", app, status="DOWN", **{**null, "lastDirtyTimestamp": DIRTY + 3}),
        get("application", f"/apps/{app}", **JSON),
        Step("cancel", "DELETE", me, None, SEND_JSON), Step("cancel again", "DELETE", me, None, SEND_JSON),
        get("by id when gone", me, **JSON), Step("full when gone", "GET", "/apps/", headers=gzip),
        Step("late heartbeat", "PUT", f"{me}?status=UP&lastDirtyTimestamp={DIRTY + 3}", None, SEND_JSON),
    ])


def jersey():
    app, me = "JERSEYMAN", path_of("JERSEYMAN")
    who = {**SEND_JSON, "DiscoveryIdentity-Name": "Jersey3DefaultClient", "DiscoveryIdentity-Version": "1.4",
           "DiscoveryIdentity-Id": "10.0.0.1", "X-Discovery-AllowRedirect": "false", "Accept-Encoding": "gzip"}
    beat = lambda name, dirty: Step(name, "PUT", f"{me}?status=UP&lastDirtyTimestamp={dirty}", "{}", who)
    return Dialogue("jersey", [app], [
        beat("unknown", DIRTY), register("register", app, headers=who, metadata={"@class": "java.util.Collections$EmptyMap"}),
        beat("renew", DIRTY), beat("renew as a newer one", DIRTY + 5), beat("renew as an older one", DIRTY - 5),
        register("register newer", app, headers=who, lastDirtyTimestamp=str(DIRTY + 5)), beat("renew again", DIRTY + 5),
        Step("full", "GET", "/apps/", headers={**who, "Accept-Encoding": "identity"}),
        Step("delta", "GET", "/apps/delta", headers=who), Step("vip", "GET", f"/vips/{app.lower()}", headers=who),
        Step("secure vip", "GET", f"/svips/{app.lower()}", headers=who),
        Step("regions", "GET", "/apps/?regions=us-east-1,eu", headers=who),
        Step("by id alone", "GET", f"/instances/host1:{app.lower()}:8001", headers=who),
        Step("compact", "GET", "/apps/", headers={**who, "X-Eureka-Accept": "compact"}),
        Step("cancel", "DELETE", me, None, who), Step("vip when gone", "GET", "/svips/" + app.lower() + "x", headers=who),
    ])


def javascript():
    app, me = "jsapp", "/v2/apps/jsapp/host1:jsapp:8001"
    return Dialogue("javascript", ["JSAPP"], [
        Step("renew before", "PUT", me, None, JSON),
        Step("register", "POST", "/v2/apps/jsapp", instance(app, lastDirtyTimestamp=None, securePort=None, countryId=None),
             SEND_JSON),
        Step("renew", "PUT", me, None, JSON),
        Step("full", "GET", "/v2/apps/", headers={**JSON, "Accept-Encoding": "gzip, deflate"}),
        Step("delta", "GET", "/v2/apps/delta", headers={**JSON, "Accept-Encoding": "gzip, deflate"}),
        Step("one", "GET", "/v2/apps/jsapp", headers=JSON),
        Step("cancel", "DELETE", me, None, JSON),
    ])


def python():
    app, me = "PYTHONIC", path_of("PYTHONIC")
    body = dict(overriddenstatus="UNKNOWN", homePageUrl="http://10.0.0.1:8001/", statusPageUrl="http://10.0.0.1:8001/info",
                healthCheckUrl="http://10.0.0.1:8001/health", isCoordinatingDiscoveryServer="false", actionType="",
                lastUpdatedTimestamp=str(DIRTY), metadata={"zone": "z1"},
                leaseInfo={"renewalIntervalInSecs": 1, "durationInSecs": 3, "registrationTimestamp": 0,
                           "lastRenewalTimestamp": 0, "evictionTimestamp": 0, "serviceUpTimestamp": 0})
    type_only = {"Content-Type": "application/json"}
    unpack = {"Accept-Encoding": "gzip, deflate"}
    return Dialogue("python", [app], [
        register("register", app, headers=type_only, **body),
        Step("renew", "PUT", f"{me}?status=UP&lastDirtyTimestamp={DIRTY}"),
        Step("full", "GET", "/apps/", headers=unpack), Step("delta", "GET", "/apps/delta", headers=unpack),
        Step("application", "GET", f"/apps/{app}", headers=unpack), Step("by id", "GET", me, headers=unpack),
        Step("vip", "GET", f"/vips/{app.lower()}", headers=unpack),
        Step("status", "PUT", f"{me}/status?value=OUT_OF_SERVICE&lastDirtyTimestamp={DIRTY}"),
        Step("by id while out", "GET", me, headers=JSON),
        register("down", app, headers=type_only, **{**body, "status": "DOWN"}),
        Step("cancel", "DELETE", f"{me}?lastDirtyTimestamp={DIRTY}"),
    ])


def go():
    app = "GOPHER"
    me = f"/apps/{app}/host1"
    xml = ('<instance><hostName>host1</hostName><app>{0}</app><ipAddr>10.0.0.1</ipAddr><vipAddress>gopher</vipAddress>'
           '<secureVipAddress></secureVipAddress><status>UP</status><overriddenstatus></overriddenstatus>'
           '<port enabled="true">8001</port><securePort enabled="false">0</securePort><homePageUrl></homePageUrl>'
           '<statusPageUrl></statusPageUrl><healthCheckUrl></healthCheckUrl>'
           '<dataCenterInfo><name>MyOwn</name><metadata></metadata></dataCenterInfo>'
           '<leaseInfo><renewalIntervalInSecs>0</renewalIntervalInSecs><durationInSecs>0</durationInSecs></leaseInfo>'
           '<metadata><built-by>me</built-by></metadata></instance>').format(app)
    return Dialogue("go", [app], [
        Step("look", "GET", me, headers=XML), Step("register", "POST", f"/apps/{app}", xml, SEND_XML),
        Step("read back", "GET", me, headers=XML), Step("renew", "PUT", me), Step("all", "GET", "/apps", headers=XML),
        Step("metadata", "PUT", f"{me}/metadata?two+words=a+b&x=%C3%A9"),
        Step("status", "PUT", f"{me}/status?value=OUT_OF_SERVICE"), Step("read while out", "GET", me, headers=JSON),
        Step("vip", "GET", "/vips/gopher", headers=XML), Step("cancel", "DELETE", me), Step("gone", "GET", f"/apps/{app}", headers=XML),
    ])


def dotnet():
    app, me = "STEELY", "/apps/STEELY/host1%3Asteely%3A8001"
    accept = {"Accept": "application/json", "X-Discovery-AllowRedirect": "false"}
    send = {**accept, "Content-Type": "application/json; charset=utf-8"}
    return Dialogue("dotnet", [app], [
        Step("register", "POST", f"/apps/{app}", instance(
            app, overriddenstatus="UNKNOWN", metadata={"@class": "java.util.Collections$EmptyMap"},
            leaseInfo={"renewalIntervalInSecs": 30, "durationInSecs": 90, "renewalTimestamp": 0}, actionType="ADDED"), send),
        Step("renew", "PUT", f"{me}?lastDirtyTimestamp={DIRTY}", None, accept),
        Step("full", "GET", "/apps", headers=accept), Step("delta", "GET", "/apps/delta", headers=accept),
        Step("one", "GET", f"/apps/{app}", headers=accept), Step("cancel", "DELETE", me, None, accept),
    ])


def dialogues():
    return [spring(), jersey(), javascript(), python(), go(), dotnet()]
