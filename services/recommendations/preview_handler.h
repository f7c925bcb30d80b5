#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/rule_service.pb.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/answerer.h"
#include "services/recommendations/request_log.h"
#include "services/recommendations/rule_store.h"

namespace kontor::recommendations {

// RuleService/PreviewRules: the same requests under the rules in force and under others, from one view and one reading
// of each history. What explores does so from the same draws. About 1 ms a request. Thread-safe.
class PreviewHandler {
 public:
  PreviewHandler(Answerer& answerer, const RequestLog& requests, RuleStore& store)
      : answerer_(answerer), requests_(requests), store_(store) {}

  // FAILED_PRECONDITION (NO_MODEL) without a model, (NO_REQUESTS) when none are given and this process answered none.
  absl::StatusOr<v1::PreviewRulesResponse> PreviewRules(const runtime::CallContext& call,
                                                        const v1::PreviewRulesRequest& request);

 private:
  using Requests = std::vector<std::shared_ptr<const v1::RecommendRequest>>;
  absl::StatusOr<std::vector<Rule>> RulesToTry(const std::string& shop, const v1::PreviewRulesRequest& request,
                                               const RuleSet& in_force);
  absl::StatusOr<Requests> RequestsToAsk(const std::string& shop, const v1::PreviewRulesRequest& request) const;

  Answerer& answerer_;
  const RequestLog& requests_;
  RuleStore& store_;
};

constexpr char kReasonNoRequests[] = "NO_REQUESTS";

}  // namespace kontor::recommendations
