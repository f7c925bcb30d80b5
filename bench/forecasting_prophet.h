#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// Prophet's two public examples: the last 12 of 293 months of US retail sales and the last 90 of 2,905 days of visits
// of a page, in logarithms. The trend regression with its defaults (trend_regression.h) beside Prophet 1.5.0 and the
// seasonal naive forecast, and with added seasons alone, as Prophet's defaults; the automatic choice. Figures
// prophet/mape/FILE/METHOD, prophet/fit_ms/FILE. Prints what each component adds at the first step held out.
absl::Status BenchProphet(std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
