#include "libs/domain/forecasting/automatic.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/backtest.h"
#include "libs/domain/forecasting/ces.h"
#include "libs/domain/forecasting/ets.h"
#include "libs/domain/forecasting/intermittent.h"
#include "libs/domain/forecasting/inventory_demand.h"
#include "libs/domain/forecasting/measures.h"
#include "libs/domain/forecasting/methods.h"
#include "libs/domain/forecasting/naive.h"
#include "libs/domain/forecasting/recent_level.h"
#include "libs/domain/forecasting/selection.h"
#include "libs/domain/forecasting/theta.h"

namespace kontor::forecasting {
namespace {

// Names of what is chosen, beside those of methods.h.
constexpr char kZero[] = "zero", kRecentMean[] = "recent_mean", kIntermittent[] = "intermittent",
               kWeighed[] = "weighed", kBetter[] = "better";

constexpr size_t kLeastValues = 10;
constexpr int kOrigins = 4, kRecentSeasons = 4, kRecentValues = 4;
constexpr size_t kLeastPause = 28, kClosedSeasons = 8, kLeastClosedSeasons = 4;
constexpr double kLeastVariance = 0.1;
constexpr double kClearly = 0.9;                      // of an error
constexpr double kCentralWidth = 2.5631031310892007;  // of the normal distribution's central 80%, in deviations

std::vector<Method> Candidates(bool thorough) {
  std::vector<Method> methods = {SeasonalWindowAverageMethod(kRecentSeasons), ThetaMethod(),
                                 DynamicOptimisedThetaMethod()};
  if (thorough) {
    methods.push_back(AutoEtsMethod());
    methods.push_back(CesMethod());
  }
  return methods;
}

Method RecentMean(const Series& series) { return WindowAverageMethod(std::max(kRecentValues, series.season())); }

// True where the zeros at the end last longer than three of the longest pause before, and than four weeks of steps.
bool HasEnded(Values values) {
  size_t longest = 0, pause = 0;
  bool sold = false;
  for (const double value : values) {
    if (value == 0) {
      ++pause;
      continue;
    }
    if (sold) longest = std::max(longest, pause);
    sold = true;
    pause = 0;
  }
  return !sold || pause > std::max(kLeastPause, 3 * longest);
}

std::string Choose(const Series& series) {
  const Values values = series.values;
  if (values.size() < kLeastValues) return kRecentMean;
  const bool demand = std::all_of(values.begin(), values.end(), [](double value) { return value >= 0; });
  if (demand && HasEnded(values)) return kZero;
  const DemandKind kind = demand ? ProfileOf(values).kind : DemandKind::kSmooth;
  return kind == DemandKind::kIntermittent || kind == DemandKind::kLumpy ? kIntermittent : kBetter;
}

BacktestPlan PlanOf(const Series& series, int horizon) {
  const int size = static_cast<int>(series.values.size());
  BacktestPlan plan;
  plan.horizon = std::max(1, std::min(horizon, size / 5));
  plan.origins = kOrigins;
  plan.step = std::max(1, plan.horizon / 2);
  plan.min_training = std::max(3, std::min(2 * series.season(), size - plan.horizon));
  return plan;
}

// One-step errors' mean square; 0 where none is known.
double ResidualVariance(Values values, Values fitted) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(fitted[i])) continue;
    sum += (values[i] - fitted[i]) * (values[i] - fitted[i]);
    ++count;
  }
  return count > 0 ? sum / count : 0;
}

// Places in the season at which nothing came for some seasons, while something did at others: days on which a shop is
// closed.
std::vector<bool> ClosedPlaces(const Series& series) {
  const auto season = static_cast<size_t>(series.season());
  const size_t size = series.values.size(), seasons = std::min(kClosedSeasons, size / season);
  std::vector<bool> closed(season, false);
  if (season == 1 || seasons < kLeastClosedSeasons) return closed;
  for (size_t place = 0; place < season; ++place) {  // of the steps to come
    closed[place] = true;
    for (size_t k = 1; k <= seasons; ++k)
      closed[place] = closed[place] && series.values[size + place - k * season] == 0;
  }
  const auto open = static_cast<size_t>(std::count(closed.begin(), closed.end(), false));
  return 2 * open > season ? closed : std::vector<bool>(season, false);
}

void Close(const std::vector<bool>& closed, AutomaticForecast& out) {
  for (size_t i = 0; i < out.prediction.mean.size(); ++i) {
    if (!closed[i % closed.size()]) continue;
    out.prediction.mean[i] = out.prediction.variance[i] = 0;
    std::fill(out.quantiles.values[i].begin(), out.quantiles.values[i].end(), 0);
  }
}

// The models that make a forecast together.
struct Mix {
  std::vector<std::unique_ptr<FittedModel>> models;
  std::vector<double> weights;
  Backtest backtest;  // of the mix; may be empty
};

Prediction PredictWith(const Mix& mix, Values values, int horizon) {
  Prediction sum{std::vector<double>(static_cast<size_t>(horizon)), std::vector<double>(static_cast<size_t>(horizon))};
  for (size_t m = 0; m < mix.models.size(); ++m) {
    const Prediction one = mix.models[m]->Predict(horizon);
    const double known = ResidualVariance(values, mix.models[m]->fitted());
    for (size_t i = 0; i < sum.mean.size(); ++i) {
      sum.mean[i] += mix.weights[m] * one.mean[i];
      sum.variance[i] += mix.weights[m] * std::sqrt(one.variance.empty() ? known : one.variance[i]);
    }
  }
  for (double& deviation : sum.variance) deviation *= deviation;
  return sum;
}

std::vector<double> FittedBy(const Mix& mix, size_t size) {
  std::vector<double> sum(size, 0);
  for (size_t m = 0; m < mix.models.size(); ++m) {
    const Values fitted = mix.models[m]->fitted();
    for (size_t i = 0; i < size; ++i) sum[i] += mix.weights[m] * fitted[i];
  }
  return sum;
}

std::string Describe(const Mix& mix) {
  std::string text;
  for (size_t m = 0; m < mix.models.size(); ++m) {
    const std::string share = mix.models.size() == 1 ? "" : absl::StrFormat("%.2f ", mix.weights[m]);
    absl::StrAppend(&text, text.empty() ? "" : " + ", share, mix.models[m]->Describe());
  }
  return text;
}

// The folds that all members have, added up by their weights.
Backtest AddUp(const std::vector<Backtest>& members, const std::vector<double>& weights) {
  Backtest sum;
  for (size_t m = 0; m < members.size(); ++m) {
    if (weights[m] <= 0) continue;
    if (sum.folds.empty()) {
      sum.folds = members[m].folds;
      for (BacktestFold& fold : sum.folds) {
        for (double& value : fold.forecast) value *= weights[m];
        fold.variance.clear();
      }
      continue;
    }
    std::vector<BacktestFold> both;
    for (BacktestFold& fold : sum.folds) {
      const auto same = std::find_if(members[m].folds.begin(), members[m].folds.end(),
                                     [&](const BacktestFold& other) { return other.origin == fold.origin; });
      if (same == members[m].folds.end()) continue;
      for (size_t i = 0; i < fold.forecast.size(); ++i) fold.forecast[i] += weights[m] * same->forecast[i];
      both.push_back(std::move(fold));
    }
    sum.folds = std::move(both);
  }
  return sum;
}

// Candidates weighed by their backtests; those that cannot be fitted to the whole series are left out.
absl::StatusOr<Mix> WeighCandidates(const Series& series, const BacktestPlan& plan, bool thorough) {
  const std::vector<Method> methods = Candidates(thorough);
  std::vector<Backtest> backtests;
  Mix mix;
  std::vector<std::unique_ptr<FittedModel>> fitted;
  for (const Method& method : methods) {
    auto model = method.fit(series);
    auto backtest = model.ok() ? RunBacktest(series, method, plan) : absl::StatusOr<Backtest>(Backtest());
    backtests.push_back(backtest.ok() ? *std::move(backtest) : Backtest());
    fitted.push_back(model.ok() ? *std::move(model) : nullptr);
  }
  SelectionOptions options;
  options.plan = plan;
  auto selection = Select(backtests, options);
  std::vector<double> weights(methods.size(), 0);
  if (selection.ok()) {
    weights = selection->weights;
  } else {  // too short for a backtest: all count alike
    for (size_t m = 0; m < fitted.size(); ++m) weights[m] = fitted[m] == nullptr ? 0 : 1;
  }
  double total = 0;
  for (size_t m = 0; m < fitted.size(); ++m) total += fitted[m] == nullptr ? 0 : weights[m];
  if (total <= 0) return absl::FailedPreconditionError("no method can be fitted to the series");
  for (double& weight : weights) weight /= total;
  mix.backtest = AddUp(backtests, weights);
  for (size_t m = 0; m < fitted.size(); ++m) {
    if (fitted[m] == nullptr || weights[m] <= 0) continue;
    mix.models.push_back(std::move(fitted[m]));
    mix.weights.push_back(weights[m]);
  }
  return mix;
}

absl::StatusOr<Mix> FitOne(const Series& series, const Method& method, const BacktestPlan& plan) {
  Mix mix;
  ASSIGN_OR_RETURN(std::unique_ptr<FittedModel> model, method.fit(series));
  auto backtest = RunBacktest(series, method, plan);
  if (backtest.ok()) mix.backtest = *std::move(backtest);
  mix.models.push_back(std::move(model));
  mix.weights = {1};
  return mix;
}

// The name of the robust method for short histories.
std::string RecentChoice(const Series& series) {
  return series.season() > 1 ? WeekProfileMethod().name : RecentLevelMethod().name;
}

// `choice` becomes what was taken: the weighed candidates where they did clearly better on the past than the robust
// method, else that.
absl::StatusOr<Mix> FitBetter(const Series& series, const BacktestPlan& plan, bool thorough, std::string& choice) {
  choice = RecentChoice(series);
  auto recent = FitOne(series, *MethodByName(choice), plan);
  auto weighed = WeighCandidates(series, plan, thorough);
  if (recent.ok() && weighed.ok()) {
    const double error = BacktestMeanAbsoluteError(weighed->backtest);
    if (!(error < kClearly * BacktestMeanAbsoluteError(recent->backtest))) return recent;
  } else if (recent.ok()) {
    return recent;
  }
  choice = kWeighed;
  return weighed;
}

absl::StatusOr<Mix> FitChoice(const Series& series, const BacktestPlan& plan, bool thorough, std::string& choice) {
  if (choice == kBetter) return FitBetter(series, plan, thorough, choice);
  if (choice == kWeighed) return WeighCandidates(series, plan, thorough);
  if (choice == kRecentMean) return FitOne(series, RecentMean(series), plan);
  if (choice == kIntermittent) return FitOne(series, IntermittentMethod(), plan);
  ASSIGN_OR_RETURN(const Method method, MethodByName(choice));
  return FitOne(series, method, plan);
}

// Counts have their own shape: a negative binomial with the mean and variance of each step.
absl::StatusOr<QuantileForecast> CountQuantiles(const Prediction& prediction, const std::vector<double>& levels) {
  QuantileForecast out;
  out.levels = levels;
  for (size_t i = 0; i < prediction.mean.size(); ++i) {
    if (i > 0 && prediction.mean[i] == prediction.mean[i - 1] && prediction.variance[i] == prediction.variance[i - 1]) {
      out.values.push_back(out.values.back());
      continue;
    }
    ASSIGN_OR_RETURN(const Demand demand, CountDemand(prediction.mean[i], std::sqrt(prediction.variance[i])));
    std::vector<double>& row = out.values.emplace_back();
    for (const double level : levels) row.push_back(demand->Quantile(level));
  }
  return out;
}

// No step is surer than a tenth of the mean, in variance: what a weekday never did before can still happen.
void LiftVariances(std::vector<double>& variances) {
  const double mean = std::accumulate(variances.begin(), variances.end(), 0.0) / static_cast<double>(variances.size());
  for (double& variance : variances) variance = std::max(variance, kLeastVariance * mean);
}

// A bias of the past seldom comes back: quantiles go around the mean.
void Centre(ScaledErrors& errors) {
  double sum = 0, count = 0;
  for (const std::vector<double>& step : errors.by_step) {
    sum += std::accumulate(step.begin(), step.end(), 0.0);
    count += static_cast<double>(step.size());
  }
  if (count == 0) return;
  for (std::vector<double>& step : errors.by_step) {
    for (double& error : step) error -= sum / count;
  }
}

// The model's own spread, widened or narrowed by what the backtests' errors were.
void Calibrate(const Mix& mix, const Series& series, const AutomaticOptions& options, AutomaticForecast& out) {
  LiftVariances(out.prediction.variance);
  const double scale = NaiveScale(series.values, series.season());
  const ErrorSpread spread = SpreadOf(out.prediction, scale > 0 ? scale : 0);
  Backtest scaled = mix.backtest;
  for (BacktestFold& fold : scaled.folds) {
    fold.variance.assign(out.prediction.variance.begin(),
                         out.prediction.variance.begin() + static_cast<ptrdiff_t>(fold.forecast.size()));
  }
  ScaledErrors errors = ScaleErrors(scaled);
  Centre(errors);
  const ErrorQuantiles quantiles = ErrorQuantiles::Alone(errors, options.horizon, options.levels);
  const ErrorQuantiles central = ErrorQuantiles::Alone(errors, options.horizon, std::vector<double>{0.1, 0.9});
  out.quantiles = quantiles.Apply(out.prediction.mean, spread, options.non_negative);
  const QuantileForecast width = central.Apply(out.prediction.mean, spread, false);
  for (size_t i = 0; i < width.values.size(); ++i) {
    const double deviation = (width.values[i][1] - width.values[i][0]) / kCentralWidth;
    out.prediction.variance[i] = deviation * deviation;
  }
}

absl::Status CheckOptions(const AutomaticOptions& options) {
  if (options.horizon < 1) return absl::InvalidArgumentError("the horizon is at least one step");
  return CheckLevels(options.levels);
}

void AddBaselines(const Series& series, const BacktestPlan& plan, const Mix* mix, AutomaticForecast& out) {
  const Method naive = SeasonalNaiveMethod();
  const int horizon = static_cast<int>(out.prediction.mean.size());
  out.naive = (*naive.fit(series))->Predict(horizon).mean;
  const double scale = NaiveScale(series.values, series.season()), squared = SquaredNaiveScale(series.values, 1);
  out.naive_scale = std::isfinite(scale) ? scale : 0;
  out.squared_scale = std::isfinite(squared) ? squared : 0;
  if (mix == nullptr || mix->backtest.folds.empty()) return;
  const double wape = BacktestWape(mix->backtest);
  const auto naives = RunBacktest(series, naive, plan);
  if (!naives.ok() || !std::isfinite(wape)) return;
  out.backtest_wape = wape;
  if (const double naive_wape = BacktestWape(*naives); std::isfinite(naive_wape)) out.backtest_naive_wape = naive_wape;
}

AutomaticForecast Nothing(const AutomaticOptions& options) {
  AutomaticForecast out;
  const auto steps = static_cast<size_t>(options.horizon);
  out.method = out.model = kZero;
  out.prediction = {std::vector<double>(steps), std::vector<double>(steps)};
  out.quantiles = {options.levels, std::vector<std::vector<double>>(steps, std::vector<double>(options.levels.size()))};
  return out;
}

}  // namespace

absl::StatusOr<AutomaticForecast> ForecastAutomatically(const Series& series, const AutomaticOptions& options) {
  RETURN_IF_ERROR(CheckSeries(series));
  RETURN_IF_ERROR(CheckOptions(options));
  std::string choice = options.method.empty() ? Choose(series) : options.method;
  const BacktestPlan plan = PlanOf(series, options.horizon);
  if (choice == kZero) {
    AutomaticForecast out = Nothing(options);
    AddBaselines(series, plan, nullptr, out);
    out.fitted.assign(series.values.size(), 0);
    return out;
  }
  ASSIGN_OR_RETURN(Mix mix, FitChoice(series, plan, options.thorough, choice));
  AutomaticForecast out;
  out.method = choice;
  out.model = Describe(mix);
  out.prediction = PredictWith(mix, series.values, options.horizon);
  if (options.non_negative) {
    for (double& mean : out.prediction.mean) mean = std::max(0.0, mean);
  }
  if (choice == kIntermittent) {
    ASSIGN_OR_RETURN(out.quantiles, CountQuantiles(out.prediction, options.levels));
  } else {
    Calibrate(mix, series, options, out);
  }
  if (options.non_negative) Close(ClosedPlaces(series), out);
  AddBaselines(series, plan, &mix, out);
  out.fitted = FittedBy(mix, series.values.size());
  out.backtest = std::move(mix.backtest);
  return out;
}

}  // namespace kontor::forecasting
