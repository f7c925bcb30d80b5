#pragma once

#include <string>

#include "absl/status/status.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/mutex.h"
#include "libs/platform/runtime/call_context.h"
#include "libs/platform/runtime/stream.h"
#include "services/recommendations/answerer.h"
#include "services/recommendations/history_store.h"
#include "services/recommendations/online_load.h"
#include "services/recommendations/subject_list.h"

namespace kontor::recommendations {

// RecommendationService/StreamRecommendations: one list after another, as fast as the caller takes them. Histories are
// read past the caches, which are for those who shop now. All streams of a process rank one list at a time, and each
// list waits while single requests are being answered, at most 10 ms. Memory: a page of 200 people. Thread-safe.
class BulkHandler {
 public:
  struct Parts {
    Answerer& answerer;
    HistoryStore& histories;
    SubjectList& subjects;
    const OnlineLoad& online;
  };
  explicit BulkHandler(const Parts& parts) : parts_(parts) {}

  // INVALID_ARGUMENT with all violations, or RESUME_TOKEN_INVALID; UNAVAILABLE when the store cannot tell a history, or
  // (SERVER_DRAINING) when the process ends: go on elsewhere with the last resume_token.
  absl::Status Stream(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                      runtime::Writer<v1::StreamRecommendationsResponse>& writer);

 private:
  struct Recipient {
    std::string customer_id, token, resume_token;
  };
  absl::Status StreamList(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                          runtime::Writer<v1::StreamRecommendationsResponse>& writer);
  absl::Status StreamAll(const runtime::CallContext& call, const v1::StreamRecommendationsRequest& request,
                         runtime::Writer<v1::StreamRecommendationsResponse>& writer);
  absl::Status Send(const runtime::CallContext& call, const v1::RecommendRequest& request, const Recipient& recipient,
                    runtime::Writer<v1::StreamRecommendationsResponse>& writer);
  absl::Status GiveWay(const runtime::CallContext& call) const;

  const Parts parts_;
  base::Mutex ranking_;
};

constexpr char kReasonDraining[] = "SERVER_DRAINING";

}  // namespace kontor::recommendations
