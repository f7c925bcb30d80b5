#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// A long series with a short season inside a long one, such as 24 and 168 hours.
struct TwoSeasons {
  int first = 24, second = 168;
};

// Which past values a step is regressed on; a, b are the two seasons.
enum class LagSet {
  kSparse,  // 1-3, a, a + 1, 2 a, b, b + 1
  kBroad,   // 1-4, a - 2 .. a + 2, 2 a, 2 a + 1, 3 a .. 6 a below b, b - 1 .. b + 2
  kDense,   // 1 .. a + 2, around 2 a and 3 a, 4 a .. 6 a, 8 a, b - 2 .. b + 3, 2 b
};

struct RidgeOptions {
  LagSet lags = LagSet::kBroad;
  bool logs = false;   // of the values, where all are above 0
  double penalty = 1;  // of the squared distance of the coefficients, for values standardised to variance 1
};

// Linear regression of each value on values before it, the means of the last a and b values and the phase within a. The
// coefficients are drawn to 0, those of kDense to a mean of the values b (.4), 2 b (.3) and a (.3) before. Forecasts go
// on from forecasts, and stay between the least value and a fifth of the range above the greatest. No variance. Lags
// that leave less than one short season of rows are left out. Costs values × (lags + a)². The series has been checked
// and has 2 b + a values.
std::unique_ptr<FittedModel> FitRidgeAutoregression(Values values, const TwoSeasons& seasons,
                                                    const RidgeOptions& options);

}  // namespace kontor::forecasting
