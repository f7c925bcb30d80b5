#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

// From what was recorded to a series that a model can be fitted to, with a record of everything that was changed.
namespace kontor::forecasting {

struct Observation {
  int64_t step = 0;  // the number of the day, week, …
  double value = 0;
};

enum class MissingSteps {
  kZero,         // nothing recorded is nothing sold
  kInterpolate,  // the step is not known: estimated
};

struct CleaningOptions {
  int season = 1;  // observations; at least 1
  MissingSteps missing = MissingSteps::kZero;
  std::optional<int64_t> first_step, last_step;  // of the result; default those of the observations
  std::vector<int64_t> anomalies;                // steps to estimate anew whatever their value; others are passed over
  bool replace_outliers = false;
  double outlier_threshold = 4;    // residuals beyond so many robust standard deviations (1.4826 × MAD)
  bool trim_before_launch = true;  // zeros before the first value that is not
  // A tail of zeros is the end of the product when it is longer than this many steps and than three times the longest
  // pause before.
  int discontinued_after = 28;
};

enum class CleaningKind {
  kMerged,   // several observations of a step: their sum
  kFilled,   // a missing step
  kAnomaly,  // given as an anomaly, estimated
  kOutlier,  // beyond the threshold, estimated
};

struct CleaningChange {
  CleaningKind kind = CleaningKind::kMerged;
  int64_t step = 0;
  double before = 0, after = 0;  // before: the last of the merged, 0 of a filled one
};

struct LevelShift {
  int64_t step = 0;              // the first of the new level
  double before = 0, after = 0;  // medians of the deseasonalised values on either side
};

struct CleanSeries {
  int64_t first_step = 0;
  std::vector<double> values;
  std::vector<CleaningChange> changes;     // in order of step
  std::vector<LevelShift> level_shifts;    // told, not removed
  int64_t trimmed = 0;                     // steps before the launch that were left out
  std::optional<int64_t> discontinued_on;  // the first step of the tail of zeros
};

// Estimates come from the neighbours at the same place of the season: linear interpolation of the deseasonalised
// values, times the season (plus, where a value is below 0). Shorter than two seasons: without season. A level shift is
// where the medians of the two sides (a season each, at least 8) differ by more than a steady trend, the median step,
// explains and 4 standard deviations of the noise, which is told from the median distance of steps from that one.
//
// INVALID_ARGUMENT: no observation, a value that is not finite, options out of range, more than 10 million steps.
// FAILED_PRECONDITION: nothing is left to estimate from (every step is missing or an anomaly).
absl::StatusOr<CleanSeries> CleanObservations(absl::Span<const Observation> observations,
                                              const CleaningOptions& options);

}  // namespace kontor::forecasting
