#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

}  // namespace kontor::recommendations
