#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/accuracy.h"
#include "services/forecasting/past_reader.h"
#include "services/forecasting/run_store.h"

namespace kontor::forecasting {

inline constexpr double kCoverages[] = {0.8, 0.95};

// How good the forecasts of a level were.
struct LevelScore {
  AccuracyMonitor monitor{{kCoverages[0], kCoverages[1]}};
  int64_t series = 0;
};

struct DriftingSeries {
  Node node;
  double tracking_signal = 0, bias = 0;
};

struct AccuracyReport {
  std::map<Level, LevelScore> levels;
  std::vector<DriftingSeries> drifts;  // the strongest first
  int runs = 0;                        // with forecasts that have come due
};

struct AccuracyQuestion {
  v1::Grain grain = v1::GRAIN_DAY;
  absl::CivilDay from, to;   // runs that know days up to these
  std::optional<Node> node;  // that series alone
};

// Compares what runs said with what came up to the last whole day: at most kRunsCompared runs, spread evenly over the
// time asked for. Reads their forecasts and the sales since the first of them; a few seconds for thousands of products.
// NOT_FOUND (SERIES_UNKNOWN) for a shop without orders.
absl::StatusOr<AccuracyReport> MeasureAccuracy(PastReader& pasts, DemandStore& demand, RunStore& runs,
                                               const fleet::Shop& shop, const AccuracyQuestion& question);
inline constexpr size_t kRunsCompared = 12;

}  // namespace kontor::forecasting
