#include "services/recommendations/rule_handler.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "libs/platform/runtime/update_mask.h"
#include "services/recommendations/rule_convert.h"

namespace kontor::recommendations {
namespace {

constexpr int kDefaultRules = 100, kMaxListed = 1'000;
const auto& kNotSettable = *new std::set<std::string>{"name", "etag", "create_time", "update_time"};

absl::Status Unknown(const std::string& name) {
  return base::Error(absl::StatusCode::kNotFound, kReasonRuleUnknown, absl::StrCat("there is no rule ", name));
}

absl::Status CheckEtag(const std::string& given, const v1::Rule& stored) {
  if (given.empty() || given == stored.etag()) return absl::OkStatus();
  return base::Error(absl::StatusCode::kAborted, kReasonRuleChanged,
                     absl::StrCat(stored.name(), " has changed since you read it; read it again"));
}

bool ActsBefore(const v1::Rule& a, const v1::Rule& b) {
  return a.priority() != b.priority() ? a.priority() > b.priority() : a.name() < b.name();
}

}  // namespace

void RuleHandler::Serve(const std::string& shop) {
  const absl::Status status = parts_.keeper.Refresh(shop);
  if (!status.ok()) {
    runtime::LogWarning("a stored rule is served a little later", {{"error", status.ToString()}});
    return;
  }
  parts_.serving.Refresh(shop);
}

absl::StatusOr<v1::Rule> RuleHandler::CreateRule(const runtime::CallContext& call,
                                                 const v1::CreateRuleRequest& request) {
  base::Violations violations;
  if (!IsRuleId(request.rule_id())) {
    violations.Add("rule_id", "ID_INVALID", "give 1 to 63 of a-z, 0-9 and '-', first a letter");
  }
  CheckRule("rule.", request.rule(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(v1::Rule rule,
                   parts_.store.Change(call.shop, request.rule_id(), parts_.clock.Now(),
                                       [&](std::optional<v1::Rule> stored) -> absl::StatusOr<std::optional<v1::Rule>> {
                                         if (!stored.has_value()) return request.rule();
                                         return base::Error(
                                             absl::StatusCode::kAlreadyExists, kReasonRuleExists,
                                             absl::StrCat(stored->name(), " exists; update it, or choose another id"));
                                       }));
  Serve(call.shop);
  return rule;
}

absl::StatusOr<v1::Rule> RuleHandler::GetRule(const runtime::CallContext& call, const v1::GetRuleRequest& request) {
  RETURN_IF_ERROR(RuleIdOf(request.name(), call.shop).status());
  ASSIGN_OR_RETURN(StoredRules stored, parts_.store.Load(call.shop));
  for (v1::Rule& rule : stored.rules) {
    if (rule.name() == request.name()) return std::move(rule);
  }
  return Unknown(request.name());
}

absl::StatusOr<v1::ListRulesResponse> RuleHandler::ListRules(const runtime::CallContext& call,
                                                             const v1::ListRulesRequest& request) {
  base::Violations violations;
  if (request.page_size() < 0 || request.page_size() > kMaxListed) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 1,000, or 0 for 100");
  }
  size_t begin = 0;
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &begin)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(StoredRules stored, parts_.store.Load(call.shop));
  std::sort(stored.rules.begin(), stored.rules.end(), ActsBefore);
  const size_t limit = request.page_size() == 0 ? kDefaultRules : static_cast<size_t>(request.page_size());
  v1::ListRulesResponse response;
  for (size_t i = begin; i < std::min(stored.rules.size(), begin + limit); ++i) {
    *response.add_rules() = std::move(stored.rules[i]);
  }
  if (begin + limit < stored.rules.size()) response.set_next_page_token(absl::StrCat(begin + limit));
  return response;
}

absl::StatusOr<v1::Rule> RuleHandler::UpdateRule(const runtime::CallContext& call,
                                                 const v1::UpdateRuleRequest& request) {
  const std::string& name = request.rule().name();
  ASSIGN_OR_RETURN(const std::string id, RuleIdOf(name, call.shop));
  ASSIGN_OR_RETURN(v1::Rule rule,
                   parts_.store.Change(call.shop, id, parts_.clock.Now(),
                                       [&](std::optional<v1::Rule> stored) -> absl::StatusOr<std::optional<v1::Rule>> {
                                         if (!stored.has_value()) return Unknown(name);
                                         RETURN_IF_ERROR(CheckEtag(request.rule().etag(), *stored));
                                         RETURN_IF_ERROR(runtime::TakeOver(request.rule(), request.update_mask(),
                                                                           kNotSettable, *stored));
                                         base::Violations violations;
                                         CheckRule("rule.", *stored, violations);
                                         RETURN_IF_ERROR(violations.ToStatus());
                                         return stored;
                                       }));
  Serve(call.shop);
  return rule;
}

absl::StatusOr<v1::DeleteRuleResponse> RuleHandler::DeleteRule(const runtime::CallContext& call,
                                                               const v1::DeleteRuleRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, RuleIdOf(request.name(), call.shop));
  RETURN_IF_ERROR(parts_.store
                      .Change(call.shop, id, parts_.clock.Now(),
                              [&](std::optional<v1::Rule> stored) -> absl::StatusOr<std::optional<v1::Rule>> {
                                if (!stored.has_value()) return Unknown(request.name());
                                RETURN_IF_ERROR(CheckEtag(request.etag(), *stored));
                                return std::nullopt;
                              })
                      .status());
  Serve(call.shop);
  return v1::DeleteRuleResponse();
}

}  // namespace kontor::recommendations
