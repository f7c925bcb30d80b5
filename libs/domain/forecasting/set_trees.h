#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/forecasting/forecast.h"
#include "libs/domain/forecasting/set_features.h"
#include "libs/domain/learn/boosted_trees.h"

namespace kontor::forecasting {

struct SetModelOptions {
  int horizon = 1;                  // steps, at least 1
  int threads = 1;                  // at least 1
  uint64_t seed = 1;                // which origins and rows the trees see
  std::function<bool()> cancelled;  // asked before each series' rows and each tree, in the thread that trains
  size_t max_rows = 250'000;        // of the training table, which takes some 250 bytes a row; at least 1
};

// Boosted trees over all series of a set, such as the weekly sales of a shop's products: from the last values of a
// series (set_features.h) to each of its next steps directly, by Huber's loss, so that it forecasts medians rather than
// means. Learned from up to 40 origins of each series. Where 98% of all values are above 0, in logarithms; else in a
// domain that bears zeros, pauses and single large orders. A series and its multiple get the same forecast, to scale.
// On the 500 best products of Online Retail 100 (1 - WAPE) is 47.8 for the next four weeks (recent_median: 47.1) and
// 20.2 for the next 28 days (2.7), but 41.0 for these summed to weeks (38.8; week_profile: 45.6): medians of days add
// up to too little. Immutable, thread-safe.
class SetModel {
 public:
  // The least number of series that it learns from.
  static constexpr size_t kLeastSeries = 100;

  // The series have one season at most, all the same. INVALID_ARGUMENT: options out of range, a series that CheckSeries
  // refuses, seasons that differ. CANCELLED once options.cancelled says so. FAILED_PRECONDITION: fewer than
  // kLeastSeries series of the horizon and five values. Deterministic for a seed and a number of threads. Cost: about
  // 40 µs of CPU a row.
  static absl::StatusOr<SetModel> Train(absl::Span<const Series> set, const SetModelOptions& options);

  // The steps after a series that CheckSeries accepts, at least 0, without variance; `horizon` at least 1. Steps beyond
  // those learned repeat the last season of them, or the last one without season. A series need not be of the set.
  Prediction Predict(const Series& series, int horizon) const;

  int horizon() const { return horizon_; }
  int season() const { return season_; }

  void Save(base::ByteWriter& out) const;
  static SetModel Load(base::ByteReader& in);  // the reader's status says whether it is whole

 private:
  SetModel(int season, int horizon, bool logs);

  int season_, horizon_;
  SetFeatures features_;
  learn::BoostedTrees trees_;
};

// "set_trees": the model as a method of one series. Backtests of it within what the model was trained on are too good:
// train one on what came before. FAILED_PRECONDITION for a series of another season.
Method SetTreesMethod(std::shared_ptr<const SetModel> model);

}  // namespace kontor::forecasting
