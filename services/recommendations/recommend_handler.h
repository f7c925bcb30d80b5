#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/random.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/metrics.h"
#include "services/recommendations/applied_views.h"
#include "services/recommendations/history_store.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/serving_models.h"

namespace kontor::recommendations {

// RecommendationService/Recommend: validate → wait for read_after → history and overlay → domain → convert. What is
// missing makes the answer poorer and says so; it is never an error. So does a deadline that is near: no waiting for a
// history, then no ranking but the popular list. Thread-safe.
class RecommendHandler {
 public:
  struct Parts {
    const ServingModels& models;
    const LiveFollower& live;
    HistoryReader& histories;
    const AppliedViews& views;
    const base::Clock& clock;
    runtime::Metrics& metrics;
    std::string subject_secret;
    uint64_t seed = 1;  // of the ids in attribution tokens
  };
  explicit RecommendHandler(Parts parts);

  // NOT_FOUND (SHOP_UNKNOWN) for a shop that this fleet does not serve, INVALID_ARGUMENT with all violations,
  // UNAVAILABLE (NOT_YET_APPLIED) as libs/platform/fleet/read_after.h says.
  absl::StatusOr<v1::RecommendResponse> Recommend(const runtime::CallContext& call,
                                                  const v1::RecommendRequest& request);

 private:
  // Who is asked about, in tokens.
  struct Subjects {
    std::string buyer;                 // empty: nobody
    std::vector<std::string> session;  // customer, visitor
  };
  Subjects SubjectsOf(const std::string& shop, const v1::RecommendRequest& request) const;
  KnownPerson KnowPerson(const runtime::CallContext& call, const LiveShop& live, const v1::RecommendRequest& request,
                         v1::RecommendResponse& response) const;
  void Degrade(const runtime::Counter& counter, const char* reason, v1::RecommendResponse& response) const;
  void Sign(const ServedModel* served, const v1::RecommendRequest& request, v1::RecommendResponse& response);

  Parts parts_;
  const std::vector<runtime::Counter> answers_;  // by v1::Tier
  const runtime::Counter no_model_, no_history_, stale_history_, no_time_;
  base::Mutex mutex_;
  base::Random random_ ABSL_GUARDED_BY(mutex_);
};

constexpr char kReasonShopUnknown[] = "SHOP_UNKNOWN";

}  // namespace kontor::recommendations
