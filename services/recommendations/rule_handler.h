#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/rule_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/rule_keeper.h"
#include "services/recommendations/rule_store.h"
#include "services/recommendations/serving_view.h"

namespace kontor::recommendations {

// RuleService but for previews (preview_handler.h): validate → store → serve. INVALID_ARGUMENT with all violations or
// RULE_NAME_INVALID, NOT_FOUND (RULE_UNKNOWN), ALREADY_EXISTS (RULE_EXISTS), ABORTED (RULE_CHANGED),
// RESOURCE_EXHAUSTED (TOO_MANY_RULES), and what the store says. Thread-safe.
class RuleHandler {
 public:
  struct Parts {
    RuleStore& store;
    RuleKeeper& keeper;
    ServingViews& serving;
    const base::Clock& clock;
  };
  explicit RuleHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::Rule> CreateRule(const runtime::CallContext& call, const v1::CreateRuleRequest& request);
  absl::StatusOr<v1::Rule> GetRule(const runtime::CallContext& call, const v1::GetRuleRequest& request);
  absl::StatusOr<v1::ListRulesResponse> ListRules(const runtime::CallContext& call,
                                                  const v1::ListRulesRequest& request);
  absl::StatusOr<v1::Rule> UpdateRule(const runtime::CallContext& call, const v1::UpdateRuleRequest& request);
  absl::StatusOr<v1::DeleteRuleResponse> DeleteRule(const runtime::CallContext& call,
                                                    const v1::DeleteRuleRequest& request);

 private:
  // What was stored is served by this process before the call returns; the others follow.
  void Serve(const std::string& shop);

  const Parts parts_;
};

constexpr char kReasonRuleUnknown[] = "RULE_UNKNOWN";
constexpr char kReasonRuleExists[] = "RULE_EXISTS";
constexpr char kReasonRuleChanged[] = "RULE_CHANGED";

}  // namespace kontor::recommendations
