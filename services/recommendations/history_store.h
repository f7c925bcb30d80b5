#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/recommendations/purchase_history.h"

namespace kontor::recommendations {

struct FoundHistory {
  std::shared_ptr<const PurchaseHistory> history;  // never null; empty for somebody without purchases
  bool stale = false;                              // older than it should be, because what is below did not answer
};

// Who bought what. Thread-safe.
class HistoryStore {
 public:
  virtual ~HistoryStore() = default;

  // UNAVAILABLE, DEADLINE_EXCEEDED or RESOURCE_EXHAUSTED when it cannot be told now: the caller goes on without.
  virtual absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject) = 0;
};

// The same for a handler, in bounded time. Thread-safe.
class HistoryReader {
 public:
  struct Demand {
    absl::Duration patience = absl::Milliseconds(50);  // how long to wait at most
    bool past_caches = false;                          // for a caller that has seen what caches may not have
  };
  virtual ~HistoryReader() = default;

  virtual absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject, const Demand& demand) = 0;
};

}  // namespace kontor::recommendations
