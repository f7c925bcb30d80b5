#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

struct LevelShift {
  size_t at = 0;  // the first value of the new level
  double before = 0, after = 0;
};

// Where the mean of the seasonally adjusted series (mstl.h, robust) changes: the segmentation of least squared error
// plus penalty, exactly, by PELT (Killick, Fearnhead and Eckley 2012), with the modified Bayes criterion of Zhang and
// Siegmund (2007): 3 log n a change and the log of each segment's length. Noise is measured by robust differences and
// counts as a first-order autoregression, whose slow swings are no changes (Romano, Rigaill, Runge and Fearnhead 2022).
// Levels are the segments' means; a segment has at least 4 values. A steep trend is told as several shifts: its slope's
// changes are those of trend_regression.h. Costs O(n) to O(n²). INVALID_ARGUMENT: a bad series. None for fewer than 8
// values.
absl::StatusOr<std::vector<LevelShift>> FindLevelShifts(const Series& series);

}  // namespace kontor::forecasting
