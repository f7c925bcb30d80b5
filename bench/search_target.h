#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "bench/load_generator.h"
#include "kontor/ingest/v1/ingest_service.pb.h"
#include "kontor/search/v1/search_service.pb.h"

namespace kontor::bench {

// A server that answers Search, Suggest and SendEvents, reached over several connections of its own; each call has ten
// seconds. Thread-safe. The target and what is asked outlive the calls.
class SearchTarget {
 public:
  SearchTarget(const std::string& address, std::string key, int connections);
  ~SearchTarget();

  // Calls that go through the requests and over the connections in turn.
  StartCall Searches(const std::vector<search::v1::SearchRequest>& requests);
  StartCall Suggestions(const std::vector<search::v1::SuggestRequest>& requests);
  // Call `index` sends what `make` says; it succeeds when every event was accepted.
  StartCall Updates(std::function<ingest::v1::SendEventsRequest(int64_t index)> make);

  // One at a time.
  absl::StatusOr<search::v1::SearchResponse> Search(const search::v1::SearchRequest& request);
  // INTERNAL when an event was not accepted.
  absl::Status Send(const ingest::v1::SendEventsRequest& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kontor::bench
