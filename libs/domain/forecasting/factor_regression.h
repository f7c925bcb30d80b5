#pragma once

#include <vector>

#include "absl/types/span.h"
#include "libs/domain/forecasting/factors.h"

// The regression behind factors.h.
namespace kontor::forecasting {

// Fitted to the first steps of the factors. Not thread-safe.
class FactorRegression {
 public:
  // `values` at least 0, not all 0; `factors` those that count, with at least as many values. Steps of one size.
  FactorRegression(Values values, std::vector<const Factor*> factors, absl::Span<const double> periods);

  // Of each factor: its coefficient by its standard error.
  std::vector<double> deviations() const { return deviations_; }
  std::vector<FactorEffect> Effects() const;
  // For `count` steps from the first on.
  std::vector<double> Multipliers(size_t count) const;
  // The values without the effects.
  std::vector<double> Base(Values values) const;

 private:
  const std::vector<const Factor*> factors_;
  std::vector<double> coefficients_, deviations_, centres_, changes_;
  std::vector<double> expected_;  // of each step without the factors
};

}  // namespace kontor::forecasting
