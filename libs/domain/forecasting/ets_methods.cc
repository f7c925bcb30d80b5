#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

using Fit = absl::StatusOr<std::unique_ptr<FittedModel>>;

}  // namespace

Method AutoEtsMethod() {
  return {"auto_ets", [](const Series& series) -> Fit { return FitAutoEts(series); }};
}

Method DampedEtsMethod() {
  static constexpr EtsForm kForm{.trend = EtsComponent::kAdditive, .damped = true};
  return OnDeseasonalised({"damped_ets", [](const Series& series) -> Fit { return FitEts(series, kForm); }},
                          SeasonRule::kShrunken);
}

Method SimpleSmoothingMethod() {
  return OnDeseasonalised({"simple_smoothing", [](const Series& series) -> Fit { return FitEts(series, EtsForm{}); }},
                          SeasonRule::kShrunken);
}

}  // namespace kontor::forecasting
