#pragma once

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "kontor/search/v1/ranking_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/ranker_keeper.h"
#include "services/search/search_follower.h"
#include "services/search/search_handler.h"

namespace kontor::search {

// The RPCs of RankingService; the proto states their errors. Thread-safe.
class RankingHandler {
 public:
  struct Parts {
    const SearchHandler& search;
    const SearchFollower& follower;
    const Engines& engines;
    const EngineSettings& settings;
    registry::Registry& registry;
    RankerKeeper& rankers;
    const base::Clock& clock;
  };
  explicit RankingHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::TrainRankerResponse> TrainRanker(const runtime::CallContext& call,
                                                      const v1::TrainRankerRequest& request);
  absl::StatusOr<v1::ListRankersResponse> ListRankers(const runtime::CallContext& call,
                                                      const v1::ListRankersRequest& request);
  absl::StatusOr<v1::RollbackRankerResponse> RollbackRanker(const runtime::CallContext& call,
                                                            const v1::RollbackRankerRequest& request);

 private:
  absl::StatusOr<v1::TrainRankerResponse> Train(const runtime::CallContext& call,
                                                const v1::TrainRankerRequest& request);
  absl::StatusOr<v1::Ranker> RankerOf(const std::string& shop, int64_t version) const;

  const Parts parts_;
  base::Mutex mutex_;
  std::set<std::string> training_ ABSL_GUARDED_BY(mutex_);  // shops
};

constexpr char kReasonTrainingRuns[] = "TRAINING_RUNS";
constexpr char kReasonNoOwnIndex[] = "NO_OWN_INDEX";

}  // namespace kontor::search
