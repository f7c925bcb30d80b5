#pragma once

#include "absl/status/statusor.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// SearchService/GetSearchReport, from the activity that the follower folds. Thread-safe. Cost: a pass over all queries.
class ReportHandler {
 public:
  struct Parts {
    const SearchFollower& follower;
  };
  explicit ReportHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::SearchReport> GetSearchReport(const runtime::CallContext& call,
                                                   const v1::GetSearchReportRequest& request) const;

 private:
  const Parts parts_;
};

}  // namespace kontor::search
