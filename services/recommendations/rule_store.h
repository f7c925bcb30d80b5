#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/recommendations/v1/rule_service.pb.h"
#include "libs/platform/postgres/object_store.h"

namespace kontor::recommendations {

struct StoredRules {
  int64_t version = 0;          // 0 before the first
  std::vector<v1::Rule> rules;  // by id, complete with name, etag and times
};

// Table recommendations.rules. Errors are the pool's (libs/platform/postgres/pool.h). Thread-safe.
class RuleStore {
 public:
  explicit RuleStore(postgres::Pool& pool);

  // By shop, of those that ever had a rule.
  absl::StatusOr<std::map<std::string, int64_t>> Versions() { return objects_.Versions(); }
  absl::StatusOr<StoredRules> Load(const std::string& shop);

  // What a change makes of a rule: of nothing where it does not exist, into nothing to delete it. An error changes
  // nothing.
  using ChangeFunction = absl::FunctionRef<absl::StatusOr<std::optional<v1::Rule>>(std::optional<v1::Rule> stored)>;
  // Changes one rule; changes of one shop happen one after another. Answers the rule as it stands then, or as it stood
  // when it was deleted. RESOURCE_EXHAUSTED (TOO_MANY_RULES) beyond kMaxRules.
  absl::StatusOr<v1::Rule> Change(const std::string& shop, const std::string& id, absl::Time now,
                                  ChangeFunction change);

  static constexpr int64_t kMaxRules = 1'000;  // of a shop

 private:
  postgres::ObjectStore objects_;
};

constexpr char kReasonTooManyRules[] = "TOO_MANY_RULES";

}  // namespace kontor::recommendations
