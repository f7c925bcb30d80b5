#include "libs/domain/forecasting/intermittent_pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/minimize.h"
#include "libs/domain/forecasting/smoothed_level.h"

namespace kontor::forecasting {
namespace {

constexpr int kOrigins = 3;
constexpr double kAlphas[] = {.03, .05, .08, .1, .15, .2, .3};
constexpr double kOwn[] = {.5, .6, .7, .8, .9, 1};

// What came after an origin, and the smoothed demand before it.
struct Outcome {
  double smoothed = 0, common = 0, sum = 0;
};

double MeanRate(absl::Span<const Values> series, double alpha) {
  double sum = 0;
  for (const Values values : series) sum += SmoothLevel(values, alpha, {});
  return sum / static_cast<double>(series.size());
}

std::vector<Outcome> OutcomesAt(absl::Span<const Values> series, size_t steps, size_t origin, double alpha) {
  std::vector<Outcome> found;
  double common = 0;
  for (const Values values : series) {
    if (values.size() < origin * steps + steps) continue;
    const Values past = values.first(values.size() - origin * steps);
    Outcome outcome{.smoothed = SmoothLevel(past, alpha, {})};
    for (const double value : values.subspan(past.size(), steps)) outcome.sum += value;
    common += outcome.smoothed;
    found.push_back(outcome);
  }
  for (Outcome& outcome : found) outcome.common = common / static_cast<double>(found.size());
  return found;
}

std::vector<Outcome> Outcomes(absl::Span<const Values> series, size_t steps, double alpha) {
  std::vector<Outcome> all;
  for (size_t origin = 1; origin <= kOrigins; ++origin) {
    const std::vector<Outcome> found = OutcomesAt(series, steps, origin, alpha);
    all.insert(all.end(), found.begin(), found.end());
  }
  return all;
}

double Forecast(const Outcome& outcome, double own) { return own * outcome.smoothed + (1 - own) * outcome.common; }

// What forecasts are multiplied by so that their sum is right; 1 where nothing was forecast or came.
double LevelOf(const std::vector<Outcome>& outcomes, double own, size_t steps) {
  double forecast = 0, sum = 0;
  for (const Outcome& outcome : outcomes) {
    forecast += Forecast(outcome, own) * static_cast<double>(steps);
    sum += outcome.sum;
  }
  return forecast > 0 && sum > 0 ? sum / forecast : 1;
}

double AbsoluteError(const std::vector<Outcome>& outcomes, double own, double factor) {
  double error = 0;
  for (const Outcome& outcome : outcomes) error += std::abs(outcome.sum - factor * Forecast(outcome, own));
  return error;
}

// Minus the log-likelihood of a negative binomial of the size 1 / dispersion.
double Unlikeliness(const std::vector<Outcome>& outcomes, double own, double factor, double dispersion) {
  const double size = 1 / dispersion;
  double total = 0;
  for (const Outcome& outcome : outcomes) {
    const double mean = factor * Forecast(outcome, own);
    if (!(mean > 0)) continue;
    total -= std::lgamma(outcome.sum + size) - std::lgamma(size) + size * std::log(size / (size + mean)) +
             outcome.sum * std::log(mean / (size + mean));
  }
  return total;
}

absl::Status Check(absl::Span<const Values> series, int steps) {
  if (steps < 1) return absl::InvalidArgumentError("a sum needs at least one step");
  bool enough = false;
  for (const Values values : series) {
    RETURN_IF_ERROR(CheckSeries({values, {}}));
    if (*std::min_element(values.begin(), values.end()) < 0) {
      return absl::FailedPreconditionError("demand is at least 0: a series with negative values needs another method");
    }
    enough = enough || values.size() / 2 >= static_cast<size_t>(steps);
  }
  if (enough) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat("no series has twice the ", steps, " steps to forecast"));
}

}  // namespace

absl::StatusOr<DemandPool> DemandPool::Learn(absl::Span<const Values> series, int steps) {
  RETURN_IF_ERROR(Check(series, steps));
  DemandPool pool;
  double least = std::numeric_limits<double>::infinity();
  std::vector<Outcome> best;
  for (const double alpha : kAlphas) {
    std::vector<Outcome> outcomes = Outcomes(series, steps, alpha);
    bool better = false;
    for (const double own : kOwn) {
      const double level = LevelOf(outcomes, own, steps), error = AbsoluteError(outcomes, own, level * steps);
      if (error >= least) continue;
      least = error;
      pool.alpha_ = alpha;
      pool.own_ = own;
      pool.level_ = level;
      better = true;
    }
    if (better) best = std::move(outcomes);
  }
  double log_dispersion = 0;
  MinimizeScalar([&](double x) { return Unlikeliness(best, pool.own_, pool.level_ * steps, std::exp(x)); },
                 std::log(1e-3), std::log(1e2), log_dispersion);
  pool.dispersion_ = std::exp(log_dispersion);
  pool.common_ = MeanRate(series, pool.alpha_);
  return pool;
}

double DemandPool::Rate(Values history) const {
  return level_ * (own_ * SmoothLevel(history, alpha_, {}) + (1 - own_) * common_);
}

DemandSum DemandPool::Sum(Values history, int steps) const {
  const double mean = Rate(history) * steps;
  return {mean, mean + dispersion_ * mean * mean};
}

}  // namespace kontor::forecasting
