#pragma once

#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "libs/domain/forecasting/forecast.h"
#include "services/forecasting/calendar.h"
#include "services/forecasting/demand_store.h"

namespace kontor::forecasting {

// How a step is read otherwise than it was sold.
struct PastChange {
  v1::SeriesChange::Kind kind = v1::SeriesChange::KIND_UNSPECIFIED;
  int64_t first_step = 0, last_step = 0;
  double before = 0, after = 0;
};

// What a selection sold, step by step up to the last whole one, and what of it forecasts are made from.
struct Past {
  v1::Grain grain = v1::GRAIN_DAY;
  v1::Measure measure = v1::MEASURE_UNITS;
  std::string currency;  // of revenue
  int64_t first_step = 0;
  std::vector<absl::int128> sold;  // nanos of units or of the currency
  std::vector<double> cleaned;     // as many
  std::vector<PastChange> changes;

  int64_t next_step() const { return first_step + static_cast<int64_t>(sold.size()); }
  Series series() const;  // borrows
};

struct PastQuestion {
  v1::Grain grain = v1::GRAIN_DAY;
  v1::Measure measure = v1::MEASURE_UNITS;
  std::string currency;
  absl::CivilDay until;
  bool product = false;   // of one product alone
  double bulk_units = 0;  // a day's units of a product from which on an order may be out of the ordinary; 0: not known
  std::vector<absl::CivilDay> explained;  // days of promotions and events (market.h): no outliers but of a product
};

// Days far from all others are read as the most that is ordinary, or, of several products, as the season tells: one
// order of 80,000 pieces is no demand to come. Of one product that is five times the 95% quantile of its days with a
// sale and at least bulk_units; of fewer than five such days bulk_units. The first step is the first with a sale (of
// weeks and months the first whole one, where four or more are whole). `stocked_out` ascends: sales of those days are
// lower bounds, and what was wanted is estimated (censored_demand.h). FAILED_PRECONDITION (HISTORY_TOO_SHORT) when no
// step is whole.
absl::StatusOr<Past> BuildPast(const DailySales& sales, const std::vector<absl::CivilDay>& stocked_out,
                               const PastQuestion& question);

// Reads and builds. NOT_FOUND (SERIES_UNKNOWN) when nothing that the selection names was sold by then.
absl::StatusOr<Past> ReadPast(DemandStore& store, const fleet::Shop& shop, const Selection& selection,
                              const PastQuestion& question);

constexpr char kReasonSeriesUnknown[] = "SERIES_UNKNOWN";
constexpr char kReasonHistoryTooShort[] = "HISTORY_TOO_SHORT";

}  // namespace kontor::forecasting
