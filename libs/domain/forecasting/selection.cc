#include "libs/domain/forecasting/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::forecasting {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr int kWeightSteps = 3000;

// Folds of the origins that every candidate with folds has; all folds where they have none in common.
std::vector<Backtest> Comparable(absl::Span<const Backtest> backtests) {
  std::vector<int> common;
  bool first = true;
  for (const Backtest& backtest : backtests) {
    if (backtest.folds.empty()) continue;
    std::vector<int> origins, both;
    for (const BacktestFold& fold : backtest.folds) origins.push_back(fold.origin);
    std::sort(origins.begin(), origins.end());
    std::set_intersection(common.begin(), common.end(), origins.begin(), origins.end(), std::back_inserter(both));
    common = first ? std::move(origins) : std::move(both);
    first = false;
  }
  std::vector<Backtest> result(backtests.begin(), backtests.end());
  if (common.empty()) return result;
  for (Backtest& backtest : result) {
    std::erase_if(backtest.folds, [&](const BacktestFold& fold) {
      return !std::binary_search(common.begin(), common.end(), fold.origin);
    });
  }
  return result;
}

size_t CountErrors(absl::Span<const Backtest> backtests) {
  size_t least = std::numeric_limits<size_t>::max();
  for (const Backtest& backtest : backtests) {
    if (backtest.folds.empty()) continue;
    size_t count = 0;
    for (const BacktestFold& fold : backtest.folds) count += fold.actual.size();
    least = std::min(least, count);
  }
  return least;
}

int BestOf(const std::vector<double>& errors, double tie) {
  int best = -1;
  for (size_t i = 0; i < errors.size(); ++i) {
    if (std::isnan(errors[i])) continue;
    if (best < 0 || errors[i] < errors[best] * (1 - tie)) best = static_cast<int>(i);
  }
  return best;
}

void Normalise(std::vector<double>& weights) {
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= sum;
}

// Relative to the least error, so that no power overflows; candidates without error share all where there are any.
std::vector<double> WeightsByError(const std::vector<double>& errors, const SelectionOptions& options) {
  double least = std::numeric_limits<double>::infinity();
  for (const double error : errors) {
    if (error < least) least = error;
  }
  std::vector<double> weights(errors.size());
  for (size_t i = 0; i < errors.size(); ++i) {
    if (std::isnan(errors[i])) continue;
    if (least == 0) {
      weights[i] = errors[i] == 0 ? 1 : 0;
    } else if (options.rule == SelectionRule::kSoftmax) {
      weights[i] = std::exp(-3 * (errors[i] / least - 1));
    } else {
      weights[i] = std::pow(least / errors[i], options.power);
    }
  }
  Normalise(weights);
  return weights;
}

// The nearest point with all >= 0 and sum one (Held, Wolfe, Crowder 1974).
std::vector<double> OnSimplex(const std::vector<double>& point) {
  std::vector<double> sorted = point;
  std::sort(sorted.rbegin(), sorted.rend());
  double sum = 0, shift = 0;
  for (size_t i = 0; i < sorted.size(); ++i) {
    sum += sorted[i];
    const double next = (sum - 1) / static_cast<double>(i + 1);
    if (sorted[i] > next) shift = next;
  }
  std::vector<double> result;
  for (const double value : point) result.push_back(std::max(0.0, value - shift));
  return result;
}

// Minimises w' A w, A = the products of the candidates' errors (weights add up to one, so that errors mix as forecasts
// do), by projected gradient steps.
std::vector<double> WeightsByLeastSquares(absl::Span<const Backtest> backtests, const std::vector<double>& errors) {
  std::vector<size_t> members;
  std::vector<std::vector<double>> series;
  for (size_t i = 0; i < backtests.size(); ++i) {
    if (std::isnan(errors[i])) continue;
    members.push_back(i);
    series.emplace_back();
    for (const BacktestFold& fold : backtests[i].folds) {
      for (size_t h = 0; h < fold.actual.size(); ++h) series.back().push_back(fold.actual[h] - fold.forecast[h]);
    }
  }
  const size_t count = members.size();
  std::vector<std::vector<double>> products(count, std::vector<double>(count));
  double trace = 0;
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < count; ++j) {
      const size_t both = std::min(series[i].size(), series[j].size());
      for (size_t t = 0; t < both; ++t) products[i][j] += series[i][t] * series[j][t];
    }
    trace += products[i][i];
  }
  std::vector<double> weights(count, 1.0 / static_cast<double>(count));
  for (int step = 0; trace > 0 && step < kWeightSteps; ++step) {
    std::vector<double> moved = weights;
    for (size_t i = 0; i < count; ++i) {
      for (size_t j = 0; j < count; ++j) moved[i] -= products[i][j] * weights[j] / trace;
    }
    weights = OnSimplex(moved);
  }
  std::vector<double> result(backtests.size());
  for (size_t i = 0; i < count; ++i) result[members[i]] = weights[i];
  return result;
}

class WeightedModel final : public FittedModel {
 public:
  WeightedModel(std::vector<std::unique_ptr<FittedModel>> members, std::vector<double> weights)
      : members_(std::move(members)), weights_(std::move(weights)) {
    fitted_.assign(members_.front()->fitted().size(), 0);
    for (size_t m = 0; m < members_.size(); ++m) {
      for (size_t t = 0; t < fitted_.size(); ++t) fitted_[t] += weights_[m] * members_[m]->fitted()[t];
    }
  }
  Prediction Predict(int horizon) const override {
    Prediction result{std::vector<double>(horizon), std::vector<double>(horizon)};
    for (size_t m = 0; m < members_.size(); ++m) {
      const Prediction member = members_[m]->Predict(horizon);
      for (int h = 0; h < horizon; ++h) result.mean[h] += weights_[m] * member.mean[h];
      if (member.variance.size() != member.mean.size()) result.variance.clear();
      for (size_t h = 0; h < result.variance.size(); ++h) {
        result.variance[h] += weights_[m] * std::sqrt(std::max(0.0, member.variance[h]));
      }
    }
    for (double& variance : result.variance) variance *= variance;
    return result;
  }
  Values fitted() const override { return fitted_; }
  std::string Describe() const override {
    std::string text;
    for (size_t m = 0; m < members_.size(); ++m) {
      absl::StrAppend(&text, m > 0 ? " + " : "", std::round(100 * weights_[m]) / 100, " ", members_[m]->Describe());
    }
    return text;
  }

 private:
  std::vector<std::unique_ptr<FittedModel>> members_;
  std::vector<double> weights_;
  std::vector<double> fitted_;
};

std::vector<double> SelectedWeights(const Series& series, const std::vector<Method>& candidates,
                                    const SelectionOptions& options) {
  std::vector<Backtest> backtests;
  for (const Method& candidate : candidates) {
    absl::StatusOr<Backtest> backtest = RunBacktest(series, candidate, options.plan);
    backtests.push_back(backtest.ok() ? *std::move(backtest) : Backtest());
  }
  absl::StatusOr<Selection> selection = Select(backtests, options);
  return selection.ok() ? std::move(selection->weights) : std::vector<double>(candidates.size(), 1);
}

}  // namespace

absl::StatusOr<Selection> Select(absl::Span<const Backtest> backtests, const SelectionOptions& options) {
  if (backtests.empty()) return absl::InvalidArgumentError("there is no candidate to select from");
  if (!(options.power > 0) || !std::isfinite(options.power) || !(options.tie >= 0 && options.tie < 1)) {
    return absl::InvalidArgumentError("a power of errors is above 0, a tie within [0, 1)");
  }
  const std::vector<Backtest> comparable = Comparable(backtests);
  Selection result;
  for (const Backtest& backtest : comparable) {
    result.errors.push_back(backtest.folds.empty() ? kNone : BacktestMeanAbsoluteError(backtest));
  }
  result.best = BestOf(result.errors, options.tie);
  if (result.best < 0) return absl::FailedPreconditionError("no candidate could be fitted");
  const size_t count = CountErrors(comparable);
  if (count < static_cast<size_t>(std::max(0, options.min_errors))) {
    for (const double error : result.errors) result.weights.push_back(std::isnan(error) ? 0 : 1);
    Normalise(result.weights);
    result.reason = absl::StrCat("all alike: ", count, " backtested forecasts are too few to tell them apart");
    return result;
  }
  if (options.rule == SelectionRule::kBest) {
    result.weights.assign(backtests.size(), 0);
    result.weights[result.best] = 1;
    result.reason = absl::StrCat("the least mean absolute error of ", count, " backtested forecasts");
    return result;
  }
  result.weights = options.rule == SelectionRule::kLeastSquares ? WeightsByLeastSquares(comparable, result.errors)
                                                                : WeightsByError(result.errors, options);
  result.reason = absl::StrCat("weighed by ", count, " backtested forecasts");
  return result;
}

Method SelectedMethod(std::string name, std::vector<Method> candidates, SelectionOptions options) {
  auto fit = [candidates = std::move(candidates),
              options](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    RETURN_IF_ERROR(CheckSeries(series));
    const std::vector<double> wanted = SelectedWeights(series, candidates, options);
    std::vector<std::unique_ptr<FittedModel>> members;
    std::vector<double> weights;
    absl::Status failure = absl::FailedPreconditionError("there is no candidate to select from");
    // Where none of those with weight can be fitted to the whole series, any that can will do.
    for (const bool any : {false, true}) {
      for (size_t i = 0; i < candidates.size() && (!any || members.empty()); ++i) {
        if (!any && wanted[i] < 1e-3) continue;
        absl::StatusOr<std::unique_ptr<FittedModel>> model = candidates[i].fit(series);
        if (!model.ok()) {
          failure = model.status();
          continue;
        }
        members.push_back(*std::move(model));
        weights.push_back(any ? 1 : wanted[i]);
      }
      if (!members.empty()) break;
    }
    if (members.empty()) return failure;
    Normalise(weights);
    return std::make_unique<WeightedModel>(std::move(members), std::move(weights));
  };
  return {std::move(name), std::move(fit)};
}

}  // namespace kontor::forecasting
