#include "libs/domain/forecasting/regressors.h"

#include <cmath>
#include <set>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

absl::Status CheckFinite(const Regressor& regressor, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(regressor.values[i])) {
      return absl::InvalidArgumentError(absl::StrCat("regressor '", regressor.name, "': value ", i, " is not finite"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPastRegressors(absl::Span<const Regressor> regressors, size_t observations) {
  std::set<std::string> names;
  for (const Regressor& regressor : regressors) {
    if (!names.insert(regressor.name).second) {
      return absl::InvalidArgumentError(absl::StrCat("regressor '", regressor.name, "' is there twice"));
    }
    if (regressor.values.size() != observations) {
      return absl::InvalidArgumentError(absl::StrCat("regressor '", regressor.name, "' has ", regressor.values.size(),
                                                     " values for ", observations, " observations"));
    }
    RETURN_IF_ERROR(CheckFinite(regressor, observations));
  }
  return absl::OkStatus();
}

absl::Status CheckFutureRegressors(absl::Span<const std::string> names, absl::Span<const Regressor> future, int horizon,
                                   std::vector<const Regressor*>& found) {
  for (const std::string& name : names) {
    const Regressor* match = nullptr;
    for (const Regressor& regressor : future) {
      if (regressor.name == name) match = &regressor;
    }
    const size_t known = match == nullptr ? 0 : match->values.size();
    if (known < static_cast<size_t>(horizon)) {
      return absl::FailedPreconditionError(
          absl::StrCat("regressor '", name, "' is known for ", known, " of the ", horizon, " steps to forecast"));
    }
    RETURN_IF_ERROR(CheckFinite(*match, horizon));
    found.push_back(match);
  }
  return absl::OkStatus();
}

}  // namespace kontor::forecasting
