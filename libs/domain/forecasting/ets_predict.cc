#include <algorithm>
#include <cmath>
#include <vector>

#include "libs/base/random.h"
#include "libs/domain/forecasting/ets_recursion.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr int kPaths = 2000;
constexpr uint64_t kSeed = 20080101;

double SeasonOf(const EtsForm& form, const EtsState& state, size_t step) {
  if (form.season == kNone) return 0;
  return state.seasons[step % state.seasons.size()];
}

// How far an error of 1 moves the mean `j` steps later, j from 1 on; relative to it for a multiplicative season.
std::vector<double> ErrorWeights(const EtsForm& form, const EtsParameters& p, size_t season, size_t horizon) {
  std::vector<double> weights(horizon);
  double damping = p.phi, sum = 0;
  for (size_t j = 0; j < horizon; ++j, damping *= p.phi) {
    sum += damping;
    weights[j] = p.alpha + (form.trend == kNone ? 0 : p.beta * sum);
    if (form.season != kNone && (j + 1) % season == 0) weights[j] += p.gamma;
  }
  return weights;
}

// theta_h = mean_h^2 + variance sum c_j^2 theta_{h-j}: the second moment of the means (Hyndman et al. 2008, eq. 6.3).
std::vector<double> SecondMoments(const std::vector<double>& weights, double variance, Values means) {
  std::vector<double> theta(means.size());
  for (size_t h = 0; h < means.size(); ++h) {
    double sum = 0;
    for (size_t j = 1; j <= h; ++j) sum += weights[j - 1] * weights[j - 1] * theta[h - j];
    theta[h] = means[h] * means[h] + variance * sum;
  }
  return theta;
}

std::vector<double> AdditiveVariances(double variance, const std::vector<double>& weights) {
  std::vector<double> variances(weights.size());
  double sum = 1;
  for (size_t h = 0; h < weights.size(); ++h) {
    variances[h] = variance * sum;
    sum += weights[h] * weights[h];
  }
  return variances;
}

// Relative errors: of the means, or of what is left of them without the factor of their season.
std::vector<double> RelativeVariances(const EtsForm& form, const EtsState& state, double variance,
                                      const std::vector<double>& weights, Values means) {
  std::vector<double> rest(means.begin(), means.end()), variances(means.size());
  const auto factor = [&](size_t h) { return form.season == kMultiplicative ? SeasonOf(form, state, h) : 1; };
  for (size_t h = 0; h < means.size(); ++h) rest[h] /= factor(h);
  const std::vector<double> theta = SecondMoments(weights, variance, rest);
  for (size_t h = 0; h < means.size(); ++h) {
    variances[h] = factor(h) * factor(h) * ((1 + variance) * theta[h] - rest[h] * rest[h]);
  }
  return variances;
}

// One step of a path; `slot` is the season's place in the state.
double Walk(const EtsForm& form, const EtsParameters& p, EtsState& state, size_t slot, double noise) {
  constexpr double kLeast = 1e-9;  // states of a product stay above 0
  const double step = form.trend == kNone       ? 0
                      : form.trend == kAdditive ? p.phi * state.growth
                                                : std::pow(std::max(state.growth, kLeast), p.phi);
  const double base = form.trend == kMultiplicative ? state.level * step : state.level + step;
  const double season = form.season == kNone ? 0 : state.seasons[slot];
  const double forecast = form.season == kMultiplicative ? base * season : base + season;
  const double error = form.error == kMultiplicative ? forecast * noise : noise;
  const double adjusted = form.season == kMultiplicative ? error / std::max(season, kLeast) : error;
  if (form.trend == kAdditive) state.growth = step + p.beta * adjusted;
  if (form.trend == kMultiplicative) state.growth = step + p.beta * adjusted / std::max(state.level, kLeast);
  if (form.season == kAdditive) state.seasons[slot] = season + p.gamma * error;
  if (form.season == kMultiplicative) state.seasons[slot] = season + p.gamma * error / std::max(base, kLeast);
  state.level = base + p.alpha * adjusted;
  return forecast + error;
}

std::vector<double> SimulatedVariances(const EtsForm& form, const EtsParameters& p, const EtsState& start,
                                       double variance, Values means) {
  std::vector<double> variances(means.size());
  base::Random random(kSeed);
  const double spread = std::sqrt(variance);
  const size_t m = std::max<size_t>(start.seasons.size(), 1);
  for (int path = 0; path < kPaths; ++path) {
    EtsState state = start;
    for (size_t h = 0; h < means.size(); ++h) {
      const double off = Walk(form, p, state, h % m, spread * random.Normal()) - means[h];
      variances[h] += off * off / kPaths;
    }
  }
  return variances;
}

}  // namespace

std::vector<double> EtsMeans(const EtsForm& form, const EtsParameters& p, const EtsState& state, int horizon) {
  std::vector<double> means(static_cast<size_t>(horizon));
  double damping = p.phi, sum = 0;
  for (size_t h = 0; h < means.size(); ++h, damping *= p.phi) {
    sum += damping;
    double mean = state.level;
    if (form.trend == kAdditive) mean += sum * state.growth;
    if (form.trend == kMultiplicative) mean *= std::pow(state.growth, sum);
    const double season = SeasonOf(form, state, h);
    means[h] = form.season == kMultiplicative ? mean * season : mean + season;
  }
  return means;
}

std::vector<double> EtsVariances(const EtsForm& form, const EtsParameters& p, const EtsState& state, double variance,
                                 Values mean) {
  if (form.trend == kMultiplicative || (form.error == kAdditive && form.season == kMultiplicative)) {
    return SimulatedVariances(form, p, state, variance, mean);
  }
  const std::vector<double> weights = ErrorWeights(form, p, state.seasons.size(), mean.size());
  if (form.error == kAdditive) return AdditiveVariances(variance, weights);
  return RelativeVariances(form, state, variance, weights, mean);
}

}  // namespace kontor::forecasting
