#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

enum class Level { kShop = 0, kCategory = 1, kProduct = 2 };

// A series that runs forecast.
struct Node {
  Level level = Level::kShop;
  std::string id;  // "", the category's path (postgres::JoinList), the product's id

  friend bool operator==(const Node&, const Node&) = default;
};

// Probabilities of the quantiles that runs store.
inline constexpr double kRunLevels[] = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99};

// A factor of market.h as a forecast used it (factors.h).
struct StoredFactor {
  uint8_t kind = 0;  // FactorKind
  std::string name;
  double change = 1, share = 0;
};

// What a run says about a series.
struct StoredForecast {
  int64_t first_step = 0;  // of the future (calendar.h)
  std::string method, model;
  bool pieces = true;                         // sold by the piece, so that sums over products count it
  std::vector<double> mean, variance;         // one a step
  std::vector<float> quantiles;               // steps × kRunLevels, ascending in each step
  std::vector<double> naive;                  // the seasonal naive's means
  double base_total = 0;                      // sum of the means before they were moved to agree with other levels
  double naive_scale = 0, squared_scale = 0;  // what MASE and RMSSE divide by; 0: nothing
  std::optional<double> backtest_wape, backtest_naive_wape;
  std::vector<StoredFactor> factors;                    // that are used
  std::vector<double> multipliers;                      // what they do to each step; empty without any
  std::optional<double> factors_wape, factorless_wape;  // of their backtest; absent: none was made
  bool usual_weather = false;                           // weather is used, and in part no forecast of it is known
};

// The quantiles of a step at the given probabilities, never below 0.
std::vector<double> QuantilesAt(const StoredForecast& forecast, size_t step, absl::Span<const double> probabilities);

std::string SaveForecast(const StoredForecast& forecast);
absl::StatusOr<StoredForecast> LoadForecast(absl::string_view bytes);  // DATA_LOSS

}  // namespace kontor::forecasting
