#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/platform/fleet/fleet.h"
#include "services/forecasting/market_store.h"
#include "services/forecasting/past.h"

namespace kontor::forecasting {

// The past of series as of now. Thread-safe.
class PastReader {
 public:
  PastReader(DemandStore& store, MarketStore& market, const base::Clock& clock, absl::Span<const fleet::Shop> shops)
      : store_(store), market_(market), clock_(clock), shops_(shops.begin(), shops.end()) {}

  // NOT_FOUND (SHOP_UNKNOWN).
  absl::StatusOr<const fleet::Shop*> FindShop(absl::string_view id) const;
  const std::vector<fleet::Shop>& shops() const { return shops_; }

  // The last day whose sales are known as a whole: that of the newest order, but not today, which goes on.
  // NOT_FOUND (SERIES_UNKNOWN) for a shop without orders.
  absl::StatusOr<absl::CivilDay> LastWholeDay(const fleet::Shop& shop) const;

  // Up to the last whole day, or `until` where it is given.
  absl::StatusOr<Past> Read(const fleet::Shop& shop, const Selection& selection, v1::Grain grain, v1::Measure measure,
                            std::optional<absl::CivilDay> until = std::nullopt) const;

 private:
  DemandStore& store_;
  MarketStore& market_;
  const base::Clock& clock_;
  const std::vector<fleet::Shop> shops_;
};

}  // namespace kontor::forecasting
