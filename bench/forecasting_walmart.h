#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"

namespace kontor::bench {

// Weekly sales of 3,331 store-departments of Walmart: 104 weeks to learn from, the last 39 held out, where the weeks
// with a holiday count five times. The panel's profile (panel_profile.h) with the weeks of Easter, beside the seasonal
// naive forecast: walmart/wmae/METHOD, walmart/holiday_mae/METHOD and walmart/other_mae/METHOD, 1 - WAPE of the rows
// and of their sums by department, store and in all: walmart/accuracy_store/METHOD and so on.
absl::Status BenchWalmart(std::vector<Figure>& figures, std::vector<std::string>& files);

}  // namespace kontor::bench
