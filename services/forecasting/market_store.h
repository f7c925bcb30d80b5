#pragma once

#include "absl/status/statusor.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/postgres/pool.h"
#include "services/forecasting/market.h"

namespace kontor::forecasting {

// Reads what topic `market` says. Errors are the pool's. Thread-safe.
class MarketStore {
 public:
  explicit MarketStore(postgres::Pool& pool) : pool_(pool) {}

  // As known for data up to `until`: observed weather counts up to it, forecasts after it (and before it where nothing
  // was observed). What was sold, of these products (none: of all) in the year up to it, where the shop has promotions
  // or they are `planned`. Holidays of the shop's country are among the events (holiday_events.h), those of 30 years
  // before `until` and of 34 years after it, as far as a horizon goes.
  absl::StatusOr<Market> Read(const fleet::Shop& shop, const std::vector<std::string>& products, absl::CivilDay until,
                              bool planned = false);
  // Without weather and what was sold.
  absl::StatusOr<Market> ReadDays(const fleet::Shop& shop, absl::CivilDay until);

 private:
  absl::StatusOr<MarketFacts> PromotionsAndEvents(const fleet::Shop& shop, absl::CivilDay until);
  absl::Status AddEvents(const fleet::Shop& shop, absl::CivilDay until, MarketFacts& facts);
  absl::Status AddWeather(const fleet::Shop& shop, absl::CivilDay until, MarketFacts& facts);
  absl::Status AddSold(const fleet::Shop& shop, const std::vector<std::string>& products, absl::CivilDay until,
                       MarketFacts& facts);

  postgres::Pool& pool_;
};

}  // namespace kontor::forecasting
