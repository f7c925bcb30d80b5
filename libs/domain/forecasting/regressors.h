#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace kontor::forecasting {

// An external factor, one value a step.
struct Regressor {
  std::string name;
  std::vector<double> values;
};

// Whether there is one value for each observation. INVALID_ARGUMENT: too few or too many, one that is not finite, two
// of a name.
absl::Status CheckPastRegressors(absl::Span<const Regressor> regressors, size_t observations);

// The regressors with these names, in this order, whose values cover the next `horizon` steps; more are ignored.
// FAILED_PRECONDITION names the one that is missing or ends too early. INVALID_ARGUMENT: a value that is not finite.
absl::Status CheckFutureRegressors(absl::Span<const std::string> names, absl::Span<const Regressor> future, int horizon,
                                   std::vector<const Regressor*>& found);

}  // namespace kontor::forecasting
