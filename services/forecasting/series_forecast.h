#pragma once

#include <atomic>
#include <set>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "services/forecasting/market.h"
#include "services/forecasting/past.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

// Weekdays (0: Monday) on which the shop sold nothing in the eight weeks up to `until`, while it sold on most others.
std::set<int> ClosedWeekdays(const DailySales& shop, absl::CivilDay until);

struct SeriesToForecast {
  Node node;
  bool pieces = true;
  DailySales sales;
  std::vector<absl::CivilDay> stocked_out;
};

// Each series by day (nothing on the closed weekdays) and, from the first whole week on, by week, on all processors; in
// the order given. With the factors of the market where they help. Ends early, with fewer rows, once `stopped`. The
// first error that is not one of the series' own; a series without a whole step has no row.
absl::StatusOr<std::vector<ForecastRow>> ForecastAll(const std::vector<SeriesToForecast>& series, const Run& run,
                                                     const Market& market, const std::set<int>& closed_weekdays,
                                                     const std::atomic<bool>& stopped);

// What a run stores of a past; of products, which are many, without being `thorough` (automatic.h).
absl::StatusOr<StoredForecast> ForecastPast(const Past& past, const Market& market, const Selection& selection,
                                            int horizon, bool thorough);

// Every forecast of a level in the order of nodes, read a few at a time.
absl::Status ForEachForecast(RunStore& runs, const Run& run, v1::Grain grain, Level level,
                             absl::FunctionRef<absl::Status(const Node& node, StoredForecast forecast)> take);

}  // namespace kontor::forecasting
