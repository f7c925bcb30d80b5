#pragma once

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/answerer.h"
#include "services/recommendations/online_load.h"
#include "services/recommendations/request_log.h"

namespace kontor::recommendations {

// RecommendationService/Recommend, RecommendPage and ExplainAbsence: validate → wait for read_after → person → answer.
// NOT_FOUND (SHOP_UNKNOWN), INVALID_ARGUMENT with all violations, UNAVAILABLE (NOT_YET_APPLIED). Thread-safe.
class RecommendHandler {
 public:
  RecommendHandler(Answerer& answerer, RequestLog& requests, OnlineLoad& online)
      : answerer_(answerer), requests_(requests), online_(online) {}

  absl::StatusOr<v1::RecommendResponse> Recommend(const runtime::CallContext& call,
                                                  const v1::RecommendRequest& request);
  absl::StatusOr<v1::RecommendPageResponse> RecommendPage(const runtime::CallContext& call,
                                                          const v1::RecommendPageRequest& request);
  absl::StatusOr<v1::ExplainAbsenceResponse> ExplainAbsence(const runtime::CallContext& call,
                                                            const v1::ExplainAbsenceRequest& request);

 private:
  Answerer& answerer_;
  RequestLog& requests_;
  OnlineLoad& online_;
};

}  // namespace kontor::recommendations
