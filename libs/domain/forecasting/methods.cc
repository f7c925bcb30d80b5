#include "libs/domain/forecasting/methods.h"

#include "absl/strings/str_cat.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/combination.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr int kWindow = 4;

std::vector<NamedMethod> MakeMethods() {
  return {
      {NaiveMethod(), "the last value"},
      {SeasonalNaiveMethod(), "the value one season before"},
      {Naive2Method(), "the last value, without its season and with that of the step"},
      {DriftMethod(), "the line through the first and the last value"},
      {MeanMethod(), "the mean of all values"},
      {WindowAverageMethod(kWindow), "the mean of the last 4 values"},
      {SeasonalWindowAverageMethod(kWindow), "the mean of the last 4 values at the same place in the season"},
      {SimpleSmoothingMethod(), "simple exponential smoothing, season by classical decomposition"},
      {DampedEtsMethod(), "exponential smoothing with damped trend, season by classical decomposition"},
      {AutoEtsMethod(), "exponential smoothing, errors, trend and season chosen by AICc"},
      {ThetaMethod(), "the Theta method of M3"},
      {OptimisedThetaMethod(), "Theta with its curvature estimated"},
      {DynamicThetaMethod(), "Theta whose line follows the values"},
      {DynamicOptimisedThetaMethod(), "Theta whose line follows the values, its curvature estimated"},
      {AutoThetaMethod(), "that of the four kinds of Theta that fits best"},
      {CesMethod(), "complex exponential smoothing, season chosen by AICc"},
      {DefaultCombinationMethod(), "the median of auto_ets, ces and dynamic_optimised_theta"},
  };
}

}  // namespace

const std::vector<NamedMethod>& AllMethods() {
  static const std::vector<NamedMethod>& methods = *new std::vector<NamedMethod>(MakeMethods());
  return methods;
}

absl::StatusOr<Method> MethodByName(absl::string_view name) {
  std::string names;
  for (const NamedMethod& named : AllMethods()) {
    if (named.method.name == name) return named.method;
    absl::StrAppend(&names, names.empty() ? "" : ", ", named.method.name);
  }
  return absl::NotFoundError(absl::StrCat("there is no forecasting method '", name, "'; there are: ", names));
}

}  // namespace kontor::forecasting
