#include "services/recommendations/rule_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/fleet/event_time.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

absl::StatusOr<v1::Rule> RuleOf(const std::string& shop, const postgres::StoredObject& stored) {
  v1::Rule rule;
  if (!rule.ParseFromString(stored.bytes)) {
    return absl::DataLossError(absl::StrCat("the stored rule ", stored.id, " cannot be read"));
  }
  rule.set_name(RuleName(shop, stored.id));
  rule.set_etag(absl::StrCat(stored.revision));
  fleet::SetTime(stored.create_time, *rule.mutable_create_time());
  fleet::SetTime(stored.update_time, *rule.mutable_update_time());
  return rule;
}

std::string BytesOf(v1::Rule rule) {
  rule.clear_name();
  rule.clear_etag();
  rule.clear_create_time();
  rule.clear_update_time();
  return rule.SerializeAsString();
}

}  // namespace

RuleStore::RuleStore(postgres::Pool& pool)
    : objects_(pool, {.objects = "recommendations.rules",
                      .id_column = "rule_id",
                      .body_column = "rule",
                      .versions = "recommendations.rule_versions",
                      .what = "rules",
                      .max_objects = kMaxRules,
                      .too_many_reason = kReasonTooManyRules}) {}

absl::StatusOr<StoredRules> RuleStore::Load(const std::string& shop) {
  ASSIGN_OR_RETURN(const postgres::StoredObjects stored, objects_.Load(shop));
  StoredRules rules;
  rules.version = stored.version;
  for (const postgres::StoredObject& object : stored.objects) {
    ASSIGN_OR_RETURN(v1::Rule rule, RuleOf(shop, object));
    rules.rules.push_back(std::move(rule));
  }
  return rules;
}

absl::StatusOr<v1::Rule> RuleStore::Change(const std::string& shop, const std::string& id, absl::Time now,
                                           ChangeFunction change) {
  ASSIGN_OR_RETURN(
      const postgres::StoredObject changed,
      objects_.Change(shop, id, now,
                      [&](const postgres::StoredObject* stored) -> absl::StatusOr<std::optional<std::string>> {
                        std::optional<v1::Rule> before;
                        if (stored != nullptr) {
                          ASSIGN_OR_RETURN(before, RuleOf(shop, *stored));
                        }
                        ASSIGN_OR_RETURN(std::optional<v1::Rule> after, change(std::move(before)));
                        if (!after.has_value()) return std::nullopt;
                        return BytesOf(*std::move(after));
                      }));
  return RuleOf(shop, changed);
}

}  // namespace kontor::recommendations
