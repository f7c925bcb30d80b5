#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/intervals.h"

namespace kontor::forecasting {

struct SetCombinationOptions {
  int horizon = 1;             // steps, at least 1
  std::vector<double> levels;  // of the quantiles, within (0, 1), ascending; empty: no quantiles
  int threads = 1;             // at least 1
  uint64_t seed = 1;
};

struct SetMember {
  std::string name;
  // On the last `horizon` values of all series that are long enough, by what came before alone; NaN where none is.
  double held_out_smape = 0;
  bool kept = false;
};

struct SetCombination {
  std::vector<SetMember> members;
  double held_out_smape = 0;                // of the combination itself; NaN where nothing could be held out
  std::vector<Prediction> predictions;      // one a series; variance: of auto_ets, empty where that has no answer
  std::vector<QuantileForecast> quantiles;  // one a series; empty without levels
  // What each member alone forecast for each series, in the order of `members`; empty where it has no answer.
  std::vector<std::vector<std::vector<double>>> alone;
};

// The series of a set by what all of them teach: of four members
//   stack                    boosted_correction.h, trees over the forecasts of six methods
//   dynamic_optimised_theta  of each series alone
//   auto_ets
//   set_trees                set_trees.h, trees over the values
// those that on held-out values of the whole set were within 1.5 times the best one's sMAPE (where the trees cannot be
// learned without these values, they are left out): all series share these few steps, so that ranks within them say
// little, failures much. Of four their median step by step, of fewer their mean. A series that a member has no answer
// for does without it; the seasonal naive stands in where all have none. Quantiles are conformal: the errors of the
// same combination on the held-out values, over the spread of auto_ets and the seasonal naive, pooled over the set
// (intervals.h). For values above 0 and few zeros. Deterministic for a seed and a number of threads. Cost: twice
// BoostedCorrection::Learn and SetModel::Train. INVALID_ARGUMENT: options or levels out of range, a series that
// CheckSeries refuses, series of different seasons or of several. FAILED_PRECONDITION: fewer than 100 series that are
// long enough to learn from.
absl::StatusOr<SetCombination> CombineOverSet(absl::Span<const Series> set, const SetCombinationOptions& options);

}  // namespace kontor::forecasting
