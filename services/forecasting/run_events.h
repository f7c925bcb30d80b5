#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/platform/log/outbox.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/run_store.h"
#include "services/forecasting/settings_store.h"

namespace kontor::forecasting {

// What a finished run says on topic decisions: that it is there; with publish_events what to order and what is about to
// run out; and alerts about the forecasts of the runs before it that have come due since. Ids derive from the run, so
// that a second time says the same. Thread-safe.
class RunEvents {
 public:
  struct Parts {
    PastReader& pasts;
    DemandStore& demand;
    RunStore& runs;
    SettingsStore& settings;
    const base::Clock& clock;
  };
  explicit RunEvents(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<std::vector<log::OutboxRow>> After(const fleet::Shop& shop, const Run& run);

 private:
  absl::Status AddOrders(const Run& run, absl::Time now, std::vector<log::OutboxRow>& rows);
  absl::Status AddAlerts(const fleet::Shop& shop, const Run& run, absl::Time now, std::vector<log::OutboxRow>& rows);

  const Parts parts_;
};

}  // namespace kontor::forecasting
