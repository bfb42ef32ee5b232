"""Dialogues about the corners of the dialect: encodings, media types, methods, odd names and values."""
import json

from ask import Step
from clients import (DIRTY, JSON, MY_OWN, SEND_JSON, SEND_XML, XML, Dialogue, get, instance, path_of, quoted, register)


def reads(app):
    """Every kind of read that finds the first instance of a service."""
    low = app.lower()
    return ("/apps", "/apps/delta", f"/apps/{app}", path_of(app), f"/instances/host1:{low}:8001", f"/vips/{low}", f"/svips/{low}")


def compressed():
    app, bad = "SQUEEZED", {**SEND_JSON, "Content-Encoding": "br"}
    return Dialogue("compressed", [app], [
        Step("gzip body", "POST", f"/apps/{app}", instance(app), SEND_JSON, gzip=True),
        get("after gzip body", path_of(app), **JSON),
        Step("gzip XML body", "POST", f"/apps/{app}", f"<instance><hostName>host3</hostName><app>{app}</app><ipAddr>10.0.0.3"
             "</ipAddr><dataCenterInfo><name>MyOwn</name></dataCenterInfo></instance>", SEND_XML, gzip=True),
        Step("says gzip, is not", "POST", f"/apps/{app}", instance(app, 2), {**SEND_JSON, "Content-Encoding": "gzip"}),
        Step("unknown encoding", "POST", f"/apps/{app}", instance(app, 4), bad),
        Step("identity", "POST", f"/apps/{app}", instance(app, 5), {**SEND_JSON, "Content-Encoding": "identity"}),
        get("by id", path_of(app, 5), **JSON),
    ])


def encodings():
    steps = [register("register", "ENCODED")]
    for word in ("gzip", "gzip, deflate, br", "x-gzip", "GZIP", "*", "identity", "deflate", "br", "gzip;q=0", "gzip;q=0.5",
                 "identity, gzip;q=0.1", "identity;q=0, gzip"):
        steps += [get(f"apps {word}", "/apps", Accept="application/json", Accept_Encoding=word),
                  get(f"delta {word}", "/apps/delta", Accept="application/xml", Accept_Encoding=word)]
    steps += [get(f"gzip of {path}", path, Accept="application/json", Accept_Encoding="gzip") for path in reads("ENCODED")]
    return Dialogue("encodings", ["ENCODED"], steps)


def media_types():
    steps = [register("register", "TYPED")]
    for accept in ("application/json;charset=utf-8", "application/json;q=0.1, application/xml;q=0.9", "text/html, */*;q=0.1",
                   "application/xml;q=0, application/json", "application/vnd.x+json, application/xml", "*/json", "image/png"):
        steps += [get(f"{path} {accept}", path, Accept=accept) for path in reads("TYPED")]
    steps += [get(f"{path} without", path) for path in reads("TYPED")]
    for kind in ("application/json;charset=UTF-8", "APPLICATION/JSON", "application/xml", "text/json", "text/plain",
                 "application/json, text/plain", "application/vnd.api+json", "application/x-www-form-urlencoded"):
        steps.append(Step(f"sent as {kind}", "POST", "/apps/TYPED", instance("TYPED", 2), {"Content-Type": kind}))
    steps.append(Step("sent as nothing", "POST", "/apps/TYPED", instance("TYPED", 2), {}))
    return Dialogue("media types", ["TYPED"], steps)


def statuses():
    app, me = "MOODY", path_of("MOODY")
    steps = []
    for number, status in enumerate(("UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN", "up", "Down", "out_of_service", "",
                                     "MAYBE", 7), 1):
        steps += [register(f"register {status!r}", app, number, status=status), get(f"by id {status!r}", path_of(app, number), **JSON),
                  Step(f"renew {status!r}", "PUT", f"{path_of(app, number)}?status={status}&lastDirtyTimestamp={DIRTY}")]
    for value in ("UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN", "up", "nonsense", ""):
        steps += [Step(f"override {value!r}", "PUT", f"{me}/status?value={value}"), get(f"after override {value!r}", me, **JSON)]
    steps += [Step("override without value", "PUT", f"{me}/status"), Step("remove override", "DELETE", f"{me}/status?value=UP"),
              get("after removal", me, **JSON), Step("remove without override", "DELETE", f"{me}/status"),
              get("after nothing", me, **JSON), Step("override of nobody", "PUT", f"/apps/{app}/nobody/status?value=UP"),
              Step("removal of nobody", "DELETE", f"/apps/{app}/nobody/status"), get("full", "/apps", **JSON), get("full xml", "/apps", **XML)]
    return Dialogue("statuses", [app], steps)


def methods():
    steps = [register("register", "CALLED")]
    for path in reads("CALLED"):
        steps += [Step(f"HEAD {path}", "HEAD", path, headers=JSON), Step(f"OPTIONS {path}", "OPTIONS", path, headers=JSON)]
    for method, path in (("POST", "/apps"), ("DELETE", "/apps"), ("PUT", "/apps/CALLED"), ("DELETE", "/apps/CALLED"),
                         ("POST", "/apps/CALLED/host1:called:8001"), ("PATCH", "/apps/CALLED/host1:called:8001"), ("POST", "/apps/delta"),
                         ("GET", "/apps/CALLED/host1:called:8001/status"), ("GET", "/apps/CALLED/host1:called:8001/metadata"),
                         ("POST", "/apps/CALLED/host1:called:8001/metadata"), ("PUT", "/vips/called"), ("DELETE", "/instances/host1:called:8001")):
        steps.append(Step(f"{method} {path}", method, path, "{}" if method in ("POST", "PUT", "PATCH") else None, SEND_JSON))
    steps += [Step("HEAD of nobody", "HEAD", "/apps/NOBODY", headers=JSON), Step("HEAD apps xml", "HEAD", "/apps"),
              Step("still there", "GET", "/apps/CALLED", headers=JSON)]
    return Dialogue("methods", ["CALLED"], steps)


def addresses():
    vips = {1: "one", 2: "one,two", 3: "two, three", 4: "ONE", 5: "", 6: None}
    steps = [register(f"register {number}", "VIPS", number, vipAddress=vip, secureVipAddress=vip and "s" + vip)
             for number, vip in vips.items()]
    for name in ("one", "two", "three", "%20three", "ONE", "One", "nobody", "one,two", "one%2Ctwo"):
        steps += [get(f"vip {name}", f"/vips/{name}", **JSON), get(f"svip {name}", f"/svips/s{name}", **XML)]
    steps += [get("compact", "/vips/one", **JSON, X_Eureka_Accept="compact"), get("slash", "/vips/one/", **JSON), get("none", "/vips", **JSON),
              Step("cancel", "DELETE", path_of("VIPS", 4)), get("vip when gone", "/vips/ONE", **JSON)]
    return Dialogue("addresses", ["VIPS"], steps)


def metadata_keys():
    app = "KEYS"
    keys = {"plain": "1", "two words": "2", "A_B": "3", "__": "4", "$dollar": "5", "1digit": "6", "-dash": "7", ".dot": "8",
            "a.b": "9", "k@v": "10", "slash/key": "11", "ümlaut": "12", "日本": "13", "a&b": "<&>\"'", "x<y": "]]>", "tab": "a\tb",
            "newline": "a\nb", "cr": "a\rb", "emoji": "\U0001F600", "quote\"": "\\", "empty": ""}
    steps = []
    for number, (key, value) in enumerate(keys.items(), 1):
        steps += [register(f"register {key!r}", app, number, metadata={key: value}), get(f"json {key!r}", path_of(app, number), **JSON),
                  get(f"xml {key!r}", path_of(app, number), **XML)]
    steps += [get("all json", f"/apps/{app}", **JSON), get("all xml", f"/apps/{app}", **XML)]
    for number, (name, values) in enumerate({"types": {"n": 1, "f": 1.5, "t": True}, "null": {"gone": None, "k": "v"}, "class": {
            "@class": "x", "k": "v"}, "exponent": {"e": 1e30}}.items(), 40):
        steps += [register(f"values {name}", app, number, metadata=values), get(f"read {name}", path_of(app, number), **JSON)]
    return Dialogue("metadata keys", [app], steps)


def metadata_changes():
    app, me = "PATCHED", path_of("PATCHED")
    steps = [register("register", app, metadata={"keep": "1", "change": "1"}), get("delta before", "/apps/delta", **JSON)]
    for query in ("change=2", "new=1&other=2", "twice=1&twice=2", "flag", "empty=", "plus=a+b", "percent=a%2Bb%26c", "n%C3%BCm=%C3%A9",
                  "%40class=x", "a=b=c", "semi=a;b", "&&x=1&", ""):
        steps += [Step(f"put {query!r}", "PUT", f"{me}/metadata?{query}" if query else f"{me}/metadata"),
                  get(f"after {query!r}", me, **JSON)]
    steps += [Step("put to nobody", "PUT", f"/apps/{app}/nobody/metadata?a=b"), get("application", f"/apps/{app}", **JSON)]
    return Dialogue("metadata changes", [app], steps)


def names():
    app = "NAMES"
    steps = []
    for number, key in enumerate(("a b", "a%b", "a;b", "<a>&", "a?b#c", "ü", "日本", "a+b", "A:b:80", "..", "a'b\"", "x" * 300), 1):
        where = f"/apps/{app}/{quoted(key)}"
        steps += [register(f"register {key[:20]!r}", app, number, instanceId=key), get(f"by id {key[:20]!r}", where, **JSON),
                  Step(f"renew {key[:20]!r}", "PUT", where), Step(f"cancel {key[:20]!r}", "DELETE", where)]
    steps += [register("case", app, instanceId="CaSe"), get("other case", f"/apps/{app}/case", **JSON), get("lower app", "/apps/names/CaSe", **JSON),
              get("bad escape", f"/apps/{app}/%zz", **JSON), get("bad UTF-8", f"/apps/{app}/%ff", **JSON), get("slash", f"/apps/{app}/a%2Fb", **JSON),
              get("parameter", f"/apps/{app};v=1/CaSe;x=y", **JSON), get("query", f"/apps/{app}/CaSe?a=b&c", **JSON),
              Step("name in lower case", "POST", "/apps/names", instance("names", 30), SEND_JSON),
              Step("another name in the path", "POST", "/apps/OTHER", instance("names", 31), SEND_JSON)]
    return Dialogue("names", [app, "OTHER"], steps)


def validation():
    app = "CHECKED"
    steps = [register(f"without {key}", app, **{key: None}) for key in ("hostName", "ipAddr", "app", "dataCenterInfo", "instanceId",
                                                                       "status", "port", "securePort", "vipAddress")]
    steps += [register(f"empty {key}", app, **{key: ""}) for key in ("hostName", "ipAddr", "app", "instanceId")]
    centres = {"netflix": {**MY_OWN, "name": "Netflix"}, "no class": {"name": "MyOwn"}, "own class": {
        "@class": "com.netflix.appinfo.MyDataCenterInfo", "name": "MyOwn"}, "no name": {"@class": MY_OWN["@class"]}, "empty": {},
        "amazon": {"@class": "com.netflix.appinfo.AmazonInfo", "name": "Amazon", "metadata": {
            "instance-id": "i-1", "availability-zone": "us-east-1a", "public-ipv4": "1.2.3.4"}}, "unknown": {**MY_OWN, "name": "Moon"}}
    for number, (name, centre) in enumerate(centres.items(), 10):
        steps.append(register(f"data center {name}", app, number, dataCenterInfo=centre))
    leases = {"zero": {"renewalIntervalInSecs": 0, "durationInSecs": 0}, "negative": {"durationInSecs": -5}, "text": {
        "renewalIntervalInSecs": "10", "durationInSecs": "30"}, "fraction": {"durationInSecs": 45.9}, "empty": {}, "extra": {
        "durationInSecs": 60, "colour": "red"}}
    for number, (name, lease) in enumerate(leases.items(), 20):
        steps.append(register(f"lease {name}", app, number, leaseInfo=lease))
    ports = {"text": {"$": "9000", "@enabled": True}, "off": {"$": 9000, "@enabled": "false"}, "number": 9000, "zero": {"$": 0, "@enabled": "true"},
             "only number": {"$": 9000}, "only flag": {"@enabled": "false"}, "large": {"$": 70000, "@enabled": "true"}}
    for number, (name, port) in enumerate(ports.items(), 30):
        steps.append(register(f"port {name}", app, number, port=port))
    steps += [get("all json", f"/apps/{app}", **JSON), get("all xml", f"/apps/{app}", **XML), get("compact", f"/apps/{app}", **JSON, X_Eureka_Accept="compact"),
              get("amazon by id", f"/instances/host15:{app.lower()}:8015", **JSON)]
    return Dialogue("validation", [app], steps)


def documents():
    app, whole = "PAPERS", instance("PAPERS")
    bodies = {"empty": "", "null": "null", "array": "[]", "text": '"x"', "cut": whole[:-1], "bom": "\ufeff" + whole, "more": whole + " x",
              "comment": "/* x */" + whole, "bare": json.dumps(json.loads(whole)["instance"]), "extra root": whole[:-1] + ', "other": 1}',
              "twice": whole.replace('"UP"', '"UP", "status": "DOWN"'), "unknown scalar": whole[:-2] + ', "colour": "red"}}',
              "unknown object": whole[:-2] + ', "colour": {"a": [1]}}}', "numbers as text": whole.replace('"countryId": 1', '"countryId": "7"'),
              "is xml": "<instance/>", "escapes": whole.replace('"host1"', '"\\u0068ost\\u0031"'),
              "surrogate": whole[:-2] + ', "metadata": {"e": "\\ud83d\\ude00"}}}'}
    steps = []
    for number, (name, body) in enumerate(bodies.items()):
        body = body.replace(str(DIRTY), str(DIRTY + number))  # newer than the one that was cancelled before
        steps += [Step(f"post {name}", "POST", f"/apps/{app}", body, SEND_JSON), get(f"after {name}", f"/apps/{app}", **JSON),
                  Step(f"clear {name}", "DELETE", path_of(app))]
    start = f"<instance><instanceId>host1:papers:8001</instanceId><hostName>host1</hostName><app>{app}</app><ipAddr>10.0.0.1</ipAddr>"
    end = "<dataCenterInfo class=\"x\"><name>MyOwn</name></dataCenterInfo></instance>"
    papers = {"least": start + end, "declaration": '<?xml version="1.0" encoding="UTF-8"?>' + start + end, "cdata":
              start + "<status><![CDATA[UP]]></status>" + end, "references": start + "<homePageUrl>&lt;&#65;&amp;</homePageUrl>" + end,
              "lower status": start + "<status>down</status>" + end, "unknown": start + "<colour><deep>1</deep></colour>" + end, "metadata": start +
              "<metadata><a__b>1</a__b><_.0020x>2</_.0020x><n><deep/></n></metadata>" + end, "port": start + "<port>9000</port>" + end, "cut":
              start, "doctype": "<!DOCTYPE instance [<!ENTITY x 'y'>]>" + start + end, "is json": whole, "bad port": start + "<port>x</port>" + end}
    for name, body in papers.items():
        steps += [Step(f"post xml {name}", "POST", f"/apps/{app}", body, SEND_XML), get(f"after xml {name}", f"/apps/{app}", **JSON),
                  Step(f"clear xml {name}", "DELETE", path_of(app))]
    return Dialogue("documents", [app], steps)


def order():
    app, me = "ORDERED", path_of("ORDERED")
    steps = []
    for name, dirty, status in (("first", DIRTY, "UP"), ("older", DIRTY - 1000, "DOWN"), ("equal", DIRTY, "DOWN"), ("newer", DIRTY + 1000, "UP")):
        steps += [register(name, app, lastDirtyTimestamp=str(dirty), status=status), get(f"after {name}", me, **JSON)]
    for text in (str(DIRTY + 1000), str(DIRTY), str(DIRTY + 2000), "0", "-1", "x", "", "99999999999999999999"):
        steps += [Step(f"renew {text!r}", "PUT", f"{me}?lastDirtyTimestamp={text}"), Step(
            f"replicated {text!r}", "PUT", f"{me}?lastDirtyTimestamp={text}", None, {**JSON, "x-netflix-discovery-replication": "true"})]
    steps += [get("at the end", me, **JSON), Step("cancel", "DELETE", me), Step("renew gone", "PUT", me), register("again, older", app), get("again", me, **JSON)]
    return Dialogue("order", [app], steps)


def paths():
    steps = [register("register", "PATHS")]
    for path in ("", "/", "/apps/", "//apps", "/apps//", "/v2/apps", "/v2/apps/", "/V2/apps", "/v1/apps", "/Apps", "/APPS/PATHS", "/apps/paths/", "/apps/DELTA",
                 "/apps/delta/", "/apps/PATHS/host1:paths:8001/", "/apps/PATHS/host1:paths:8001/x", "/instances", "/instances/", "/instances/x", "/vips/", "/asg",
                 "/nothing", "/apps?x=y", "/apps/?regions=", "/lastn", "/serverinfo/statusoverrides", "/application.wadl"):
        steps.append(get(f"GET {path!r}", path, **JSON))
    steps += [Step("asg", "PUT", "/asg/group/status?value=ENABLED"), Step("register slash", "POST", "/apps/PATHS/", instance("PATHS", 2), SEND_JSON),
              Step("renew slash", "PUT", path_of("PATHS", 2) + "/"), Step("cancel slash", "DELETE", path_of("PATHS", 2) + "/")]
    return Dialogue("paths", ["PATHS"], steps)


def crowd():
    cycle = ("UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN", "UP", "UP")
    steps = [register(f"register {number}", "CROWD" if number % 3 else "CROWD2", number, status=cycle[number % len(cycle)],
                      metadata={"n": str(number)}) for number in range(1, 61)]
    reads = [("full", "/apps"), ("delta", "/apps/delta"), ("one", "/apps/CROWD"), ("other", "/apps/CROWD2")]
    for moment in ("all", "fewer"):
        for name, path in reads:
            steps += [get(f"{moment} {name} json", path, **JSON), get(f"{moment} {name} xml", path, **XML, Accept_Encoding="gzip"),
                      get(f"{moment} {name} compact json", path, **JSON, X_Eureka_Accept="compact"),
                      get(f"{moment} {name} compact xml", path, **XML, X_Eureka_Accept="Compact")]
        if moment == "all":
            steps += [Step(f"cancel {number}", "DELETE", path_of("CROWD" if number % 3 else "CROWD2", number)) for number in range(1, 20)]
    return Dialogue("crowd", ["CROWD", "CROWD2"], steps)


def dialogues():
    return [compressed(), encodings(), media_types(), statuses(), methods(), addresses(), metadata_keys(), metadata_changes(), names(),
            validation(), documents(), order(), paths(), crowd()]
