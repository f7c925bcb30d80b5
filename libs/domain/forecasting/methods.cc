#include "libs/domain/forecasting/methods.h"

#include "absl/strings/str_cat.h"
#include "libs/domain/forecasting/arima.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/combination.h"
#include "libs/domain/forecasting/decomposed.h"
#include "libs/domain/forecasting/double_seasonal.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/intermittent.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/ridge_autoregression.h"
#include "libs/domain/forecasting/seasonal_combination.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr int kWindow = 4;

std::vector<NamedMethod> MakeMethods() {
  std::vector<NamedMethod> methods = {
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
      {AutoArimaMethod(), "ARIMA, orders chosen stepwise by AICc"},
      {DecomposedMethod(AutoEtsMethod()), "seasons taken out by MSTL, the rest by auto_ets"},
      {CrostonMethod(), "sizes and intervals of demands smoothed apart"},
      {SbaMethod(), "Croston without its bias"},
      {TsbMethod(), "sizes of demands and the chance of one"},
      {ImapaMethod(), "smoothed sums over several lengths"},
      {DoubleSeasonalMethod(), "exponential smoothing with two seasons"},
      {DefaultCombinationMethod(), "the median of auto_ets, ces and dynamic_optimised_theta"},
      {SeasonalCombinationMethod(), "autoregressions and double seasonal smoothing, weighed by their errors"},
  };
  constexpr const char* kRidge[] = {"ridge regression on lags, in logarithms", "ridge regression on few lags",
                                    "ridge regression on many lags, in logarithms"};
  const std::vector<Method> ridge = RidgeAutoregressionMethods();
  for (size_t i = 0; i < ridge.size(); ++i) methods.push_back({ridge[i], kRidge[i]});
  return methods;
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
