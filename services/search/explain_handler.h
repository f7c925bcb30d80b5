#pragma once

#include "absl/status/statusor.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/search_follower.h"
#include "services/search/search_handler.h"

namespace kontor::search {

// Explain and EvaluateRelevance: for people who look into the engine, not for the storefront. Thread-safe.
class ExplainHandler {
 public:
  struct Parts {
    const SearchHandler& search;
    const SearchFollower& follower;
    const EngineSettings& settings;
    const base::Clock& clock;
  };
  explicit ExplainHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::ExplainResponse> Explain(const runtime::CallContext& call,
                                              const v1::ExplainRequest& request) const;
  absl::StatusOr<v1::EvaluateRelevanceResponse> EvaluateRelevance(const runtime::CallContext& call,
                                                                  const v1::EvaluateRelevanceRequest& request) const;

 private:
  const Parts parts_;
};

}  // namespace kontor::search
