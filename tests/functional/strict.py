"""A reader of the Eureka dialect that is stricter than the strictest client: it knows the exact keys and the exact type of
every value, and fails on anything else. JSON and XML give the same result, so that they can be compared."""
import json
import re
import xml.etree.ElementTree as ElementTree

import musterd

STATUSES = {"UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN"}
ACTIONS = {"ADDED", "MODIFIED", "DELETED"}
INSTANCE = {
    "instanceId", "app", "appGroupName", "ipAddr", "sid", "port", "securePort", "homePageUrl", "statusPageUrl",
    "healthCheckUrl", "secureHealthCheckUrl", "vipAddress", "secureVipAddress", "countryId", "dataCenterInfo", "hostName",
    "status", "overriddenStatus", "overriddenstatus", "leaseInfo", "isCoordinatingDiscoveryServer", "metadata",
    "lastUpdatedTimestamp", "lastDirtyTimestamp", "actionType", "asgName"}
REQUIRED = {"app", "ipAddr", "hostName", "status", "port", "securePort", "countryId", "dataCenterInfo", "leaseInfo", "metadata",
            "isCoordinatingDiscoveryServer", "lastUpdatedTimestamp", "lastDirtyTimestamp"}
COMPACT = {"instanceId", "app", "ipAddr", "vipAddress", "secureVipAddress", "dataCenterInfo", "hostName", "status",
           "lastUpdatedTimestamp", "actionType", "port", "securePort", "asgName"}
COMPACT_REQUIRED = {"app", "ipAddr", "hostName", "status", "port", "securePort", "dataCenterInfo", "lastUpdatedTimestamp"}
LEASE = {"renewalIntervalInSecs", "durationInSecs", "registrationTimestamp", "lastRenewalTimestamp", "evictionTimestamp",
         "serviceUpTimestamp"}
MY_OWN = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
AMAZON = "com.netflix.appinfo.AmazonInfo"
EMPTY_MAP = "java.util.Collections$EmptyMap"


class Bad(AssertionError):
    """What a strict client would choke on."""


def need(condition, what):
    if not condition:
        raise Bad(what)


def _unique(pairs):
    keys = [key for key, _ in pairs]
    need(len(keys) == len(set(keys)), f"a key twice in {keys}")
    need(all(value is not None for _, value in pairs), f"null in {keys}")
    return dict(pairs)


def _refuse(constant):
    raise Bad(f"{constant} is not JSON")


def keys_of(value, allowed, required, where):
    need(isinstance(value, dict), f"{where} is no object: {value!r}")
    need(set(value) <= allowed, f"{where} has unknown keys {sorted(set(value) - allowed)}")
    need(set(value) >= required, f"{where} lacks {sorted(required - set(value))}")


def text(value, where):
    need(isinstance(value, str), f"{where} is no string: {value!r}")
    return value


def number(value, where):
    need(isinstance(value, int) and not isinstance(value, bool), f"{where} is no number: {value!r}")
    return value


def digits(value, where):
    need(re.fullmatch(r"-?\d+", text(value, where)), f"{where} is no number in a string: {value!r}")
    return int(value)


def flag(value, where):
    need(value in ("true", "false"), f"{where} is neither \"true\" nor \"false\": {value!r}")
    return value == "true"


# ------------------------------------------------------------------------------------------------------ JSON

def from_json(body):
    """{"version", "hash", "apps": {name: [instance]}} of a list; an application is {name: [instance]}; or an instance."""
    document = json.loads(body, object_pairs_hook=_unique, parse_constant=_refuse)
    need(isinstance(document, dict) and len(document) == 1, f"not one root: {list(document)}")
    root, value = next(iter(document.items()))
    if root == "applications":
        keys_of(value, {"versions__delta", "apps__hashcode", "application"},
                {"versions__delta", "apps__hashcode", "application"}, root)
        need(isinstance(value["application"], list), "application is no array")
        apps = [_json_application(one) for one in value["application"]]
        return listing(digits(value["versions__delta"], "versions__delta"), text(value["apps__hashcode"], "hash"), apps)
    if root == "application":
        name, instances = _json_application(value)
        return {name: instances}
    need(root == "instance", f"root {root}")
    return _json_instance(value, compact=False)


def _json_application(value):
    keys_of(value, {"name", "instance"}, {"name", "instance"}, "application")
    need(isinstance(value["instance"], list), "instance is no array")
    compact = any("leaseInfo" not in one for one in value["instance"])
    return text(value["name"], "name"), [_json_instance(one, compact) for one in value["instance"]]


def _json_instance(value, compact):
    keys_of(value, COMPACT if compact else INSTANCE, COMPACT_REQUIRED if compact else REQUIRED, "instance")
    out = {}
    for key, one in value.items():
        if key in ("port", "securePort"):
            keys_of(one, {"$", "@enabled"}, {"$", "@enabled"}, key)
            out[key] = (number(one["$"], key), flag(one["@enabled"], key))
        elif key == "countryId" or (compact and key == "lastUpdatedTimestamp"):
            out[key] = number(one, key)
        elif key in ("lastUpdatedTimestamp", "lastDirtyTimestamp"):
            out[key] = digits(one, key)
        elif key == "isCoordinatingDiscoveryServer":
            out[key] = flag(one, key)
        elif key == "leaseInfo":
            keys_of(one, LEASE, LEASE, key)
            out[key] = {name: number(item, name) for name, item in one.items()}
        elif key == "metadata":
            out[key] = _json_metadata(one)
        elif key == "dataCenterInfo":
            out[key] = _json_data_center(one)
        else:
            out[key.replace("overriddenstatus", "overriddenStatus")] = text(one, key)
    return _checked(out)


def _json_metadata(value):
    need(isinstance(value, dict), f"metadata is no object: {value!r}")
    if value == {"@class": EMPTY_MAP}:
        return {}
    need(value and "@class" not in value, f"metadata {value!r}")
    return {key: text(one, f"metadata.{key}") for key, one in value.items()}


def _json_data_center(value):
    need(isinstance(value, dict) and "@class" in value, f"dataCenterInfo without @class: {value!r}")
    amazon = value["@class"] == AMAZON
    need(amazon or value["@class"] == MY_OWN, f"class {value['@class']}")
    keys_of(value, {"@class", "name", "metadata"} if amazon else {"@class", "name"}, {"@class", "name"}, "dataCenterInfo")
    need(amazon == (value["name"] == "Amazon"), f"class and name disagree: {value!r}")
    return {"name": text(value["name"], "dataCenterInfo.name"), "metadata": _json_metadata(value.get("metadata", {"@class": EMPTY_MAP}))}


# ------------------------------------------------------------------------------------------------------- XML

def from_xml(body):
    """The same as from_json, from XML."""
    root = ElementTree.fromstring(body)
    if root.tag == "applications":
        children = [child for child in root if child.tag != "application"]
        need(sorted(child.tag for child in children) == ["apps__hashcode", "versions__delta"], "applications' children")
        apps = [_xml_application(child) for child in root if child.tag == "application"]
        return listing(digits(root.findtext("versions__delta"), "versions__delta"), root.findtext("apps__hashcode") or "", apps)
    if root.tag == "application":
        name, instances = _xml_application(root)
        return {name: instances}
    need(root.tag == "instance", f"root {root.tag}")
    return _xml_instance(root)


def _xml_application(element):
    need(len(element) and element[0].tag == "name", "application without name")
    need(all(child.tag == "instance" for child in element[1:]), "application's children")
    return element[0].text or "", [_xml_instance(child) for child in element[1:]]


def _xml_instance(element):
    tags = [child.tag for child in element]
    need(len(tags) == len(set(tags)), f"an element twice in {tags}")
    tags = [tag.replace("overriddenstatus", "overriddenStatus") for tag in tags]
    compact = "leaseInfo" not in tags
    keys_of(dict.fromkeys(tags), COMPACT if compact else INSTANCE, COMPACT_REQUIRED if compact else REQUIRED, "<instance>")
    out = {}
    for key, child in zip(tags, element):
        if key in ("port", "securePort"):
            need(set(child.attrib) == {"enabled"}, f"<{key}> without enabled")
            out[key] = (digits(child.text, key), flag(child.attrib["enabled"], key))
        elif key in ("countryId", "lastUpdatedTimestamp", "lastDirtyTimestamp"):
            out[key] = digits(child.text, key)
        elif key == "isCoordinatingDiscoveryServer":
            out[key] = flag(child.text, key)
        elif key == "leaseInfo":
            keys_of(dict.fromkeys(one.tag for one in child), LEASE, LEASE, "<leaseInfo>")
            out[key] = {one.tag: digits(one.text, one.tag) for one in child}
        elif key == "metadata":
            out[key] = _xml_metadata(child)
        elif key == "dataCenterInfo":
            out[key] = _xml_data_center(child)
        else:
            need(not len(child), f"<{key}> has children")
            out[key] = child.text or ""
    return _checked(out)


def _xml_metadata(element):
    if element.attrib:
        need(element.attrib == {"class": EMPTY_MAP} and not len(element), f"<metadata> {element.attrib}")
    need(all(not len(child) and not child.attrib for child in element), "<metadata> is nested")
    return {unescaped(child.tag): child.text or "" for child in element}


def _xml_data_center(element):
    need(element.attrib.get("class") in (MY_OWN, AMAZON), f"<dataCenterInfo> {element.attrib}")
    metadata = element.find("metadata")
    need(metadata is None or element.attrib["class"] == AMAZON, "metadata in a data center that is not Amazon")
    return {"name": element.findtext("name"), "metadata": {} if metadata is None else _xml_metadata(metadata)}


def unescaped(tag):
    """Undoes the escapes of element names: `__` is `_`, `_-` is `$`, `_.002f` is `/`."""
    return re.sub(r"__|_-|_\.([0-9a-f]{4})",
                  lambda match: {"__": "_", "_-": "$"}.get(match.group()) or chr(int(match.group(1), 16)), tag)


# ------------------------------------------------------------------------------------------------------ both

def _checked(instance):
    need(instance["status"] in STATUSES, f"status {instance['status']!r}")
    need(instance.get("overriddenStatus", "UNKNOWN") in STATUSES, "overriddenStatus")
    need(instance.get("actionType", "ADDED") in ACTIONS, "actionType")
    need(instance["app"] == instance["app"].upper() or not instance["app"].isascii(), "app is not in upper case")
    return instance


def id_of(instance):
    return instance.get("instanceId") or instance["dataCenterInfo"]["metadata"].get("instance-id") or instance["hostName"]


def listing(version, hash_code, apps):
    names = [name for name, _ in apps]
    need(len(names) == len(set(names)), f"an application twice in {names}")
    for name, instances in apps:
        need(all(one["app"] == name for one in instances), f"an instance of another application in {name}")
        found = [id_of(one) for one in instances]
        need(len(found) == len(set(found)), f"an id twice in {name}: {found}")
    return {"version": version, "hash": hash_code, "apps": dict(apps)}


def hash_of(apps):
    counts = {}
    for instances in apps.values():
        for one in instances:
            counts[one["status"]] = counts.get(one["status"], 0) + 1
    return "".join(f"{status}_{counts[status]}_" for status in sorted(counts))


def decode(reply):
    """A reply of the Eureka face, by what its header says it is."""
    need(reply.status == 200, f"status {reply.status}: {reply.raw[:300]!r}")
    need(reply.media_type in ("application/json", "application/xml"), f"labelled {reply.headers.get('content-type')!r}")
    return (from_json if reply.media_type == "application/json" else from_xml)(reply.text)


FORMS = [(media, shape) for media in ("application/json", "application/xml") for shape in ("full", "compact")]
ENCODINGS = ("identity", "gzip")
SETTLED_S = 20  # a full read may be older than the last write by a tenth of a second, and far more under sanitizers


class Disagree(AssertionError):
    """Two reads that are fine by themselves show different moments."""


def whole_registry(daemon, thorough=True):
    """Reads the registry in all four forms, and returns the applications of the full JSON. Raises Bad at once when any
    of it is not what strict clients can read; waits until all forms agree. Thorough: also compressed, the delta, and
    every application by itself."""
    return musterd.eventually(SETTLED_S, lambda: _one_registry(daemon, thorough), "agreement of all forms", passing=Bad)


def _one_registry(daemon, thorough):
    lists = {}
    for media, shape in FORMS:
        for encoding in ENCODINGS if thorough else ENCODINGS[:1]:
            for path in ("/eureka/apps", "/eureka/apps/delta") if thorough else ("/eureka/apps",):
                headers = {"Accept": media, "X-Eureka-Accept": shape, "Accept-Encoding": encoding}
                reply = daemon.request("GET", path, headers)
                need(reply.media_type == media, f"{path} in {media} is labelled {reply.media_type}")
                lists[path, media, shape, encoding] = decode(reply)
    full = lists["/eureka/apps", "application/json", "full", "identity"]
    for (path, media, shape, _), one in lists.items():
        agree(one["hash"] == hash_of(full["apps"]), f"{path} {media} {shape}: hash {one['hash']!r}, not of the registry")
        if path == "/eureka/apps":
            agree(_ids(one["apps"]) == _ids(full["apps"]), f"{path} {media} {shape} lists other instances")
    for name in full["apps"] if thorough else ():
        for media, shape in FORMS:
            reply = daemon.request("GET", f"/eureka/apps/{quoted(name)}", {"Accept": media, "X-Eureka-Accept": shape})
            agree(_ids(decode(reply)) == _ids({name: full["apps"][name]}), f"{name} alone has other instances")
    return full["apps"]


def agree(condition, what):
    if not condition:
        raise Disagree(what)


def _ids(apps):
    """Ids by application, as XML can carry them: what it cannot is U+FFFD there."""
    return {name: sorted(NOT_IN_XML.sub("\ufffd", id_of(one)) for one in instances) for name, instances in apps.items()}


def quoted(segment):
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in segment.encode())
