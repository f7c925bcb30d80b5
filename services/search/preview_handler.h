#pragma once

#include "absl/status/statusor.h"
#include "kontor/search/v1/curation_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/curation_store.h"
#include "services/search/query_log.h"
#include "services/search/search_follower.h"
#include "services/search/search_handler.h"

namespace kontor::search {

// CurationService/PreviewCuration: the same questions under the curation in force and under another one, on one view.
// About 1 ms a request and side. Thread-safe.
class PreviewHandler {
 public:
  struct Parts {
    const SearchHandler& search;
    const SearchFollower& follower;
    CurationStore& store;
    const QueryLog& queries;
    const EngineSettings& settings;
    const base::Clock& clock;
  };
  explicit PreviewHandler(const Parts& parts) : parts_(parts) {}

  // FAILED_PRECONDITION (NO_REQUESTS) when none are given and this process answered none.
  absl::StatusOr<v1::PreviewCurationResponse> PreviewCuration(const runtime::CallContext& call,
                                                              const v1::PreviewCurationRequest& request);

 private:
  absl::StatusOr<std::vector<v1::SearchRequest>> RequestsToAsk(const std::string& shop,
                                                               const v1::PreviewCurationRequest& request) const;
  absl::StatusOr<StoredCuration> CurationToTry(const std::string& shop, const v1::PreviewCurationRequest& request);

  const Parts parts_;
};

constexpr char kReasonNoRequests[] = "NO_REQUESTS";

}  // namespace kontor::search
