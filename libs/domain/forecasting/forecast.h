#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

// Equally spaced observations, the oldest first, every one finite.
using Values = absl::Span<const double>;

// Borrows.
struct Series {
  Values values;
  std::vector<int> seasons;  // observations a season, each at least 2, ascending; empty: none

  int season() const { return seasons.empty() ? 1 : seasons.front(); }
};

// The steps after the last observation.
struct Prediction {
  std::vector<double> mean;      // one a step, finite
  std::vector<double> variance;  // of the error of each step by the model's own formula; empty where it has none
};

// A model of one series. Immutable, thread-safe; keeps no reference to the series that it was fitted to.
class FittedModel {
 public:
  virtual ~FittedModel() = default;
  // `horizon` at least 1.
  virtual Prediction Predict(int horizon) const = 0;
  // One-step forecasts of the observations that it was fitted to, one each; NaN for the first few where it has none.
  virtual Values fitted() const = 0;
  // "ETS(M,Ad,M)", "ARIMA(0,1,1)(0,1,1)[12]"
  virtual std::string Describe() const = 0;
};

// From a series to a model.
// INVALID_ARGUMENT: no values, a value that is not finite, a season below 2. FAILED_PRECONDITION: too few observations,
// or such that the method has no answer; the message says which.
struct Method {
  std::string name;  // "auto_ets"
  std::function<absl::StatusOr<std::unique_ptr<FittedModel>>(const Series&)> fit;
};

// What every method checks first.
absl::Status CheckSeries(const Series& series);

}  // namespace kontor::forecasting
