#include "tests/support/strict_rules.hpp"

#include <charconv>
#include <map>

namespace muster::test {

std::string StrictList::computed_hash() const {
  std::map<std::string, std::size_t> counts;  // ordered by name, as clients do it
  for (const StrictApplication& application : applications)
    for (const StrictInstance& instance : application.instances) ++counts[instance.texts.at("status")];
  std::string out;
  for (const auto& [status, count] : counts) out += status + "_" + std::to_string(count) + "_";
  return out;
}

namespace strict {

const std::set<std::string, std::less<>> full_keys = {"instanceId",
                                                      "app",
                                                      "appGroupName",
                                                      "ipAddr",
                                                      "sid",
                                                      "port",
                                                      "securePort",
                                                      "homePageUrl",
                                                      "statusPageUrl",
                                                      "healthCheckUrl",
                                                      "secureHealthCheckUrl",
                                                      "vipAddress",
                                                      "secureVipAddress",
                                                      "countryId",
                                                      "dataCenterInfo",
                                                      "hostName",
                                                      "status",
                                                      "overriddenStatus",
                                                      "leaseInfo",
                                                      "isCoordinatingDiscoveryServer",
                                                      "metadata",
                                                      "lastUpdatedTimestamp",
                                                      "lastDirtyTimestamp",
                                                      "actionType",
                                                      "asgName"};

const std::set<std::string, std::less<>> compact_keys = {
    "instanceId",     "app",      "ipAddr",    "vipAddress",           "secureVipAddress",
    "dataCenterInfo", "hostName", "status",    "lastUpdatedTimestamp", "actionType",
    "asgName",        "port",     "securePort"};

void fail(std::string_view path, std::string_view problem) {
  throw StrictError(std::string(path) + ": " + std::string(problem));
}

std::int64_t number(std::string_view path, std::string_view text, std::int64_t lowest, std::int64_t highest) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size() || text.empty())
    fail(path, "is not a whole number: " + std::string(text));
  if (value < lowest || value > highest) fail(path, "is out of range: " + std::string(text));
  return value;
}

namespace {

void require(std::string_view path, const StrictInstance& instance, const std::vector<std::string>& texts,
             const std::vector<std::string>& numbers) {
  for (const std::string& key : texts)
    if (!instance.texts.contains(key)) fail(path, "has no " + key);
  for (const std::string& key : numbers)
    if (!instance.numbers.contains(key)) fail(path, "has no " + key);
}

void check_value(std::string_view path, const StrictInstance& instance, const std::string& key,
                 const std::set<std::string>& allowed) {
  const auto found = instance.texts.find(key);
  if (found == instance.texts.end()) return;
  if (!allowed.contains(found->second)) fail(std::string(path) + "." + key, "is unknown: " + found->second);
}

}  // namespace

void check(std::string_view path, StrictInstance& instance, eureka::Shape shape) {
  require(path, instance,
          {"app", "hostName", "ipAddr", "status", "port.@enabled", "securePort.@enabled", "dataCenterInfo.@class",
           "dataCenterInfo.name"},
          {"port.$", "securePort.$", "lastUpdatedTimestamp"});
  if (shape == eureka::Shape::full) {
    require(path, instance, {"overriddenStatus", "isCoordinatingDiscoveryServer"},
            {"countryId", "lastDirtyTimestamp", "leaseInfo.renewalIntervalInSecs", "leaseInfo.durationInSecs",
             "leaseInfo.registrationTimestamp", "leaseInfo.lastRenewalTimestamp", "leaseInfo.evictionTimestamp",
             "leaseInfo.serviceUpTimestamp"});
  }
  const std::set<std::string> statuses = {"UP", "DOWN", "STARTING", "OUT_OF_SERVICE", "UNKNOWN"};
  const std::set<std::string> booleans = {"true", "false"};
  check_value(path, instance, "status", statuses);
  check_value(path, instance, "overriddenStatus", statuses);
  check_value(path, instance, "actionType", {"ADDED", "MODIFIED", "DELETED"});
  check_value(path, instance, "port.@enabled", booleans);
  check_value(path, instance, "securePort.@enabled", booleans);
  check_value(path, instance, "isCoordinatingDiscoveryServer", booleans);
  check_value(path, instance, "dataCenterInfo.name", {"MyOwn", "Netflix", "Amazon"});
  const bool amazon = instance.texts.at("dataCenterInfo.name") == "Amazon";
  check_value(path, instance, "dataCenterInfo.@class",
              {amazon ? "com.netflix.appinfo.AmazonInfo" : "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"});

  const auto given = instance.texts.find("instanceId");
  const auto amazon_id = instance.data_center_metadata.find("instance-id");
  instance.id = given != instance.texts.end() ? given->second
                : amazon_id != instance.data_center_metadata.end() && !amazon_id->second.empty()
                    ? amazon_id->second
                    : instance.texts.at("hostName");
}

}  // namespace strict
}  // namespace muster::test
