#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

// One series of a panel: all have as many steps, the last one at the same time.
struct PanelSeries {
  std::vector<double> values;  // NaN where there is no record
  int64_t group = 0;           // series that behave alike, such as those of a department in all stores
};

struct PanelOptions {
  int year = 52;            // steps
  double year_shift = .15;  // steps by which a year is longer, such that dates of the year before lie between two steps
  std::vector<int>
      feasts;  // steps of a moving feast, ascending, those to come with them; the step before and after too
};

// A short history of many alike series, forecast by the shape of the last one or two years: missing values from the
// year before or after; each group's rows smoothed to rank 10 by singular values; the feast taken out and put where it
// will be; the year before at its date, mixed with a third of the one before that, grown as the rows did; and six
// tenths of the growth of the last half year on top. Growth of a row is drawn to its group's, and that to all rows'.
// The constants are validated on the first 78 and 91 weeks of the 3,331 weekly series of a retail chain. Series without
// any record are 0. One row of `horizon` a series. Costs rows × steps × min(rows, steps) a group. INVALID_ARGUMENT: no
// series, different lengths, a value that is infinite, a horizon below 1 or above a year, a year below 8 steps, a shift
// outside [0, .3]. FAILED_PRECONDITION: fewer than one and a half years.
absl::StatusOr<std::vector<std::vector<double>>> ForecastPanel(absl::Span<const PanelSeries> series, int horizon,
                                                               const PanelOptions& options);

}  // namespace kontor::forecasting
