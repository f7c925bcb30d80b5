#include "libs/domain/forecasting/factors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/factor_regression.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/recent_level.h"

namespace kontor::forecasting {
namespace {

constexpr FactorKind kKinds[] = {FactorKind::kPromotion, FactorKind::kCalendar, FactorKind::kWeather};
constexpr int kLeastSteps = 3, kLeastEventSteps = 2, kTrainingShare = 3, kHorizonShare = 8;
constexpr size_t kStepsPerFactor = 10;

absl::Status Check(const Series& series, absl::Span<const Factor> factors, const FactorOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  if (options.horizon < 1 || options.origins < 1) {
    return absl::InvalidArgumentError("horizon and origins are at least 1");
  }
  std::set<std::string> names;
  for (const Factor& factor : factors) {
    if (!names.insert(factor.name).second) return absl::InvalidArgumentError("two factors are of one name");
    if (factor.values.size() != series.values.size() + static_cast<size_t>(options.horizon) ||
        !std::all_of(factor.values.begin(), factor.values.end(), [](double value) { return std::isfinite(value); })) {
      return absl::InvalidArgumentError(absl::StrCat("factor \"", factor.name, "\" needs a number for each step"));
    }
  }
  return absl::OkStatus();
}

// Whether the first `count` steps can tell anything.
bool Varies(const Factor& factor, size_t count) {
  const auto begin = factor.values.begin(), end = begin + static_cast<ptrdiff_t>(count);
  if (factor.kind == FactorKind::kWeather) return *std::max_element(begin, end) - *std::min_element(begin, end) > 1e-6;
  const auto others = count - static_cast<size_t>(std::count(begin, end, 0.0));
  const int least = factor.kind == FactorKind::kCalendar ? kLeastEventSteps : kLeastSteps;
  return others >= static_cast<size_t>(least) && count - others >= static_cast<size_t>(kLeastSteps);
}

bool CanTell(Values values) {
  const auto sales = std::count_if(values.begin(), values.end(), [](double value) { return value > 0; });
  return sales >= kLeastSales && *std::min_element(values.begin(), values.end()) >= 0;
}

// Fitted to those that count among the factors; nothing where none does.
std::optional<FactorRegression> FitCounting(Values past, const std::vector<const Factor*>& factors,
                                            absl::Span<const double> periods) {
  if (!CanTell(past)) return std::nullopt;
  std::vector<const Factor*> counting;
  for (const Factor* factor : factors) {
    if (Varies(*factor, past.size())) counting.push_back(factor);
  }
  counting.resize(std::min(counting.size(), past.size() / kStepsPerFactor));
  while (!counting.empty()) {
    FactorRegression regression(past, counting, periods);
    const std::vector<double> deviations = regression.deviations();
    std::vector<const Factor*> kept;
    for (size_t f = 0; f < counting.size(); ++f) {
      if (std::abs(deviations[f]) >= kLeastDeviations) kept.push_back(counting[f]);
    }
    if (kept.size() == counting.size()) return regression;
    counting = std::move(kept);
  }
  return std::nullopt;
}

std::vector<const Factor*> OfKinds(absl::Span<const Factor> factors, const std::set<FactorKind>& kinds) {
  std::vector<const Factor*> out;
  for (const Factor& factor : factors) {
    if (kinds.contains(factor.kind)) out.push_back(&factor);
  }
  return out;
}

// Sum of errors by sum of values over the origins; NaN where there is none.
double ErrorWith(const Series& series, const std::vector<const Factor*>& factors, const FactorOptions& options) {
  const auto size = static_cast<int>(series.values.size());
  BacktestPlan plan;
  plan.horizon = std::max(1, std::min(options.horizon, size / kHorizonShare));
  plan.origins = options.origins;
  plan.step = plan.horizon;
  plan.min_training = std::max({kLeastSales, 2 * series.season(), size / kTrainingShare});
  const auto origins = Origins(size, plan);
  if (!origins.ok()) return std::numeric_limits<double>::quiet_NaN();
  Backtest backtest;
  for (const int origin : *origins) {
    const Values past = series.values.first(static_cast<size_t>(origin));
    const auto end = static_cast<size_t>(origin + plan.horizon);
    const auto regression = factors.empty() ? std::nullopt : FitCounting(past, factors, options.periods);
    std::vector<double> base(past.begin(), past.end()), multipliers(end, 1);
    if (regression.has_value()) {
      base = regression->Base(past);
      multipliers = regression->Multipliers(end);
    }
    const Method method = series.season() > 1 ? WeekProfileMethod() : RecentLevelMethod();
    const auto model = method.fit({base, series.seasons});
    if (!model.ok()) continue;
    BacktestFold& fold = backtest.folds.emplace_back();
    const Values actual = series.values.subspan(static_cast<size_t>(origin), static_cast<size_t>(plan.horizon));
    fold.actual.assign(actual.begin(), actual.end());
    fold.forecast = (*model)->Predict(plan.horizon).mean;
    for (size_t i = 0; i < fold.forecast.size(); ++i) fold.forecast[i] *= multipliers[past.size() + i];
  }
  return BacktestWape(backtest);
}

// Kinds that lower the error, one on top of the other.
std::set<FactorKind> HelpfulKinds(const Series& series, absl::Span<const Factor> factors, const FactorOptions& options,
                                  const std::set<FactorKind>& significant, FactorChoice& choice) {
  std::set<FactorKind> helpful;
  double least = ErrorWith(series, {}, options);
  if (!std::isfinite(least)) return helpful;
  choice.wape = choice.wape_without = least;
  for (const FactorKind kind : kKinds) {
    if (!significant.contains(kind)) continue;
    std::set<FactorKind> more = helpful;
    more.insert(kind);
    const double error = ErrorWith(series, OfKinds(factors, more), options);
    if (!(error < (1 - kLeastGain) * least)) continue;
    least = error;
    helpful = std::move(more);
  }
  choice.wape = least;
  return helpful;
}

}  // namespace

absl::StatusOr<FactorChoice> ChooseFactors(const Series& series, absl::Span<const Factor> factors,
                                           const FactorOptions& options) {
  RETURN_IF_ERROR(Check(series, factors, options));
  const size_t steps = series.values.size() + static_cast<size_t>(options.horizon);
  FactorChoice choice;
  choice.base.assign(series.values.begin(), series.values.end());
  choice.multipliers.assign(steps, 1);
  const auto all =
      FitCounting(series.values, OfKinds(factors, {std::begin(kKinds), std::end(kKinds)}), options.periods);
  if (!all.has_value()) return choice;
  std::set<FactorKind> significant;
  for (const FactorEffect& effect : all->Effects()) significant.insert(effect.kind);
  const std::set<FactorKind> helpful = HelpfulKinds(series, factors, options, significant, choice);
  const auto chosen = FitCounting(series.values, OfKinds(factors, helpful), options.periods);
  if (!chosen.has_value()) return choice;
  choice.effects = chosen->Effects();
  choice.multipliers = chosen->Multipliers(steps);
  choice.base = chosen->Base(series.values);
  return choice;
}

absl::StatusOr<AutomaticForecast> ForecastWithFactors(const Series& series, const AutomaticOptions& options,
                                                      const FactorChoice& choice) {
  if (choice.effects.empty()) return ForecastAutomatically(series, options);
  const size_t size = series.values.size();
  if (choice.base.size() != size || choice.multipliers.size() < size + static_cast<size_t>(options.horizon)) {
    return absl::InvalidArgumentError("the factors were chosen for another series or horizon");
  }
  ASSIGN_OR_RETURN(AutomaticForecast out, ForecastAutomatically({choice.base, series.seasons}, options));
  for (size_t i = 0; i < out.prediction.mean.size(); ++i) {
    const double factor = choice.multipliers[size + i];
    out.prediction.mean[i] *= factor;
    out.prediction.variance[i] *= factor * factor;
    for (double& value : out.quantiles.values[i]) value *= factor;
  }
  const Method naive = SeasonalNaiveMethod();
  out.naive = (*naive.fit(series))->Predict(options.horizon).mean;
  const double scale = NaiveScale(series.values, series.season()), squared = SquaredNaiveScale(series.values, 1);
  out.naive_scale = std::isfinite(scale) ? scale : 0;
  out.squared_scale = std::isfinite(squared) ? squared : 0;
  for (size_t i = 0; i < size; ++i) out.fitted[i] *= choice.multipliers[i];
  if (!out.backtest_wape.has_value()) return out;
  Backtest naives = out.backtest;
  for (size_t f = 0; f < naives.folds.size(); ++f) {
    BacktestFold& fold = out.backtest.folds[f];
    const auto origin = static_cast<size_t>(fold.origin);
    const auto model = naive.fit({series.values.first(origin), series.seasons});
    naives.folds[f].forecast = (*model)->Predict(static_cast<int>(fold.actual.size())).mean;
    for (size_t i = 0; i < fold.actual.size(); ++i) {
      fold.actual[i] = naives.folds[f].actual[i] = series.values[origin + i];
      fold.forecast[i] *= choice.multipliers[origin + i];
    }
  }
  const auto known = [](double wape) { return std::isfinite(wape) ? std::optional<double>(wape) : std::nullopt; };
  out.backtest_wape = known(BacktestWape(out.backtest));
  out.backtest_naive_wape = known(BacktestWape(naives));
  return out;
}

}  // namespace kontor::forecasting
