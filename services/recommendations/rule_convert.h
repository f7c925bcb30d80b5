#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "kontor/recommendations/v1/rule_service.pb.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/rules.h"

// Rules on the wire ↔ rules of the domain.
namespace kontor::recommendations {

// Every violation of a rule whose fields are named behind `prefix` ("rule.").
void CheckRule(const std::string& prefix, const v1::Rule& rule, base::Violations& violations);

// A rule that CheckRule lets pass; `id` is the last part of its name. One without an action, as a later version may
// have stored it, changes nothing.
Rule RuleFrom(const v1::Rule& rule, absl::string_view id);

// 1 to 63 of a-z, 0-9 and '-', first a letter.
bool IsRuleId(absl::string_view id);
// The last part of "shops/{shop}/rules/{rule}"; INVALID_ARGUMENT (RULE_NAME_INVALID) for anything else.
absl::StatusOr<std::string> RuleIdOf(absl::string_view name, absl::string_view shop);

constexpr char kReasonRuleName[] = "RULE_NAME_INVALID";

}  // namespace kontor::recommendations
