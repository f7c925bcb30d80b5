#include "libs/domain/forecasting/methods.h"

#include "absl/strings/str_cat.h"
#include "libs/domain/forecasting/arima.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/combination.h"
#include "libs/domain/forecasting/decomposed.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/intermittent.h"
#include "libs/domain/forecasting/long_season.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/recent_level.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

constexpr int kWindow = 4;

using Methods = std::vector<NamedMethod>;

void AddNaive(Methods& methods) {
  methods.push_back({NaiveMethod(), "the last value"});
  methods.push_back({SeasonalNaiveMethod(), "the value one season before"});
  methods.push_back({Naive2Method(), "the last value, without its season and with that of the step"});
  methods.push_back({DriftMethod(), "the line through the first and the last value"});
  methods.push_back({MeanMethod(), "the mean of all values"});
  methods.push_back({WindowAverageMethod(kWindow), "the mean of the last 4 values"});
  methods.push_back({SeasonalWindowAverageMethod(kWindow), "the mean of the last 4 at the same place in the season"});
}

void AddRecent(Methods& methods) {
  methods.push_back({RecentLevelMethod(), "the level of the last values, robustly: for histories of a year"});
  methods.push_back({RecentMedianMethod(), "the same, half of it their median"});
  methods.push_back({WeekProfileMethod(), "the level of whole seasons, shared out as they were sold"});
}

void AddSmoothing(Methods& methods) {
  methods.push_back({SimpleSmoothingMethod(), "simple exponential smoothing of the series without season"});
  methods.push_back({DampedEtsMethod(), "exponential smoothing with damped trend of the series without season"});
  methods.push_back({AutoEtsMethod(), "exponential smoothing; errors, trend and season chosen by AICc"});
  methods.push_back({ThetaMethod(), "Theta: smoothing with half the slope of the line as drift"});
  methods.push_back({OptimisedThetaMethod(), "Theta with its curvature estimated"});
  methods.push_back({DynamicThetaMethod(), "Theta whose line follows the values"});
  methods.push_back({DynamicOptimisedThetaMethod(), "Theta whose line follows the values, its curvature estimated"});
  methods.push_back({AutoThetaMethod(), "that of the four kinds of Theta that fits best"});
  methods.push_back({CesMethod(), "complex exponential smoothing, season chosen by AICc"});
}

void AddOthers(Methods& methods) {
  methods.push_back({AutoArimaMethod(), "ARIMA, orders by stepwise search"});
  methods.push_back({DecomposedMethod(AutoEtsMethod()), "auto_ets of what several seasons leave"});
  methods.push_back({DecomposedMethod(DynamicOptimisedThetaMethod()), "Theta of what several seasons leave"});
  methods.push_back({LongSeasonMethod(), "values by the hour, with days and weeks"});
}

void AddIntermittent(Methods& methods) {
  methods.push_back({CrostonMethod(), "demand with pauses: size over interval"});
  methods.push_back({CrostonOptimisedMethod(), "the same, its constants chosen"});
  methods.push_back({SbaMethod(), "Croston without its bias"});
  methods.push_back({TsbMethod(), "demand with pauses: size by chance of one"});
  methods.push_back({SmoothedDemandMethod(), "simple smoothing of the demand, its constant chosen"});
  methods.push_back({AdidaMethod(), "simple smoothing of sums over the mean interval"});
  methods.push_back({ImapaMethod(), "the same over all lengths"});
  methods.push_back({IntermittentMethod(), "smoothed_demand or imapa, by the kind of demand"});
}

Methods MakeMethods() {
  Methods methods;
  AddNaive(methods);
  AddRecent(methods);
  AddSmoothing(methods);
  AddOthers(methods);
  AddIntermittent(methods);
  methods.push_back({QuickCombinationMethod(), "five of these as one, in about 10 ms for two years of days"});
  methods.push_back({DefaultCombinationMethod(), "these five and auto_arima as one: the most accurate"});
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
