#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/metrics.h"
#include "services/search/curation_keeper.h"
#include "services/search/engines.h"
#include "services/search/experiments.h"
#include "services/search/opensearch_indexer.h"
#include "services/search/query_log.h"
#include "services/search/ranker_keeper.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// Search, Browse and Suggest: validate → wait for read_after → ask → convert. Never fails for want of a companion: it
// answers with less and says so. An engine that is away is UNAVAILABLE; where only what is offered beside the results
// failed, the answer is degraded. Thread-safe.
class SearchHandler {
 public:
  struct Parts {
    const SearchFollower& follower;
    const Engines& engines;
    const OpenSearchIndexer* indexer;  // null where there is no OpenSearch
    const CurationKeeper& curation;
    const RankerKeeper& rankers;
    const EngineSettings& settings;
    QueryLog& queries;
    const base::Clock& clock;
    runtime::Metrics& metrics;
    uint64_t seed;  // of answers' ids
  };
  explicit SearchHandler(const Parts& parts);

  absl::StatusOr<v1::SearchResponse> Search(const runtime::CallContext& call, const v1::SearchRequest& request);
  absl::StatusOr<v1::SearchResponse> Browse(const runtime::CallContext& call, const v1::BrowseRequest& request);
  absl::StatusOr<v1::SuggestResponse> Suggest(const runtime::CallContext& call, const v1::SuggestRequest& request);

  // What a shop's answers are made of now. NOT_FOUND for a shop that is not served.
  absl::StatusOr<EngineParts> PartsOf(const std::string& shop) const;
  // Of a shop that is served.
  const SearchEngine& EngineOf(absl::string_view shop) const { return parts_.engines.Of(shop); }

 private:
  template <typename Request>
  absl::StatusOr<v1::SearchResponse> Respond(const runtime::CallContext& call, const Request& request,
                                             Question question, const Assigned& assigned, absl::string_view visitor);
  // Until what is at a position can be found.
  absl::Status WaitUntilFound(const log::Position& position, absl::Duration timeout) const;
  std::string NewToken(const AssignedAnswer& answered, absl::string_view shop);

  const Parts parts_;
  const runtime::Counter degraded_, lightened_;
  const int full_answers_;  // with vectors and a ranker, at a time
  std::atomic<int> making_{0};
  std::atomic<uint64_t> answers_{0};
};

}  // namespace kontor::search
