#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "libs/domain/forecasting/ets_recursion.h"
#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

using enum EtsComponent;

constexpr int kShortestStart = 10;  // values that level and growth are taken from, at least, where there are so many
constexpr double kSmallestRatio = 0.05;

// Line and one wave by least squares; the seasons are the wave's, beside or over the line.
std::vector<double> WaveIndices(Values values, int season, bool multiplicative) {
  const Eigen::Index n = static_cast<Eigen::Index>(values.size());
  Eigen::MatrixXd columns(n, 4);
  for (Eigen::Index t = 0; t < n; ++t) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(t) / season;
    columns.row(t) << 1, static_cast<double>(t), std::cos(angle), std::sin(angle);
  }
  const Eigen::Vector4d fit =
      columns.colPivHouseholderQr().solve(Eigen::Map<const Eigen::VectorXd>(values.data(), n)).eval();
  const double middle = fit[0] + fit[1] * 0.5 * static_cast<double>(n - 1);
  std::vector<double> indices(static_cast<size_t>(season));
  for (int i = 0; i < season; ++i) {
    const double angle = 2 * std::numbers::pi * i / season;
    const double wave = fit[2] * std::cos(angle) + fit[3] * std::sin(angle);
    indices[i] = !multiplicative ? wave : middle > 0 ? 1 + wave / middle : 1;
  }
  return indices;
}

// Above 0 with mean 1, or with mean 0.
void Normalise(bool multiplicative, std::vector<double>& indices) {
  if (multiplicative) {
    for (double& index : indices) index = std::isfinite(index) ? std::max(index, kSmallestRatio) : 1;
  }
  const double mean = std::accumulate(indices.begin(), indices.end(), 0.0) / static_cast<double>(indices.size());
  for (double& index : indices) index = multiplicative ? index / mean : index - mean;
}

void StartLevel(const EtsForm& form, const std::vector<double>& values, size_t count, EtsState& state) {
  double mean = 0, slope = 0, spread = 0;
  const double centre = 0.5 * static_cast<double>(count - 1);
  for (size_t t = 0; t < count; ++t) mean += values[t] / static_cast<double>(count);
  for (size_t t = 0; t < count; ++t) {
    const double place = static_cast<double>(t) - centre;
    slope += place * (values[t] - mean);
    spread += place * place;
  }
  slope = spread > 0 ? slope / spread : 0;
  if (form.trend == kNone) {
    state.level = mean;
  } else if (form.trend == kAdditive) {
    state.level = mean - slope * (centre + 1);
    state.growth = slope;
  } else {
    const double first = std::max(mean - slope * centre, 0.2 * std::abs(mean) + 1e-6);
    state.growth = std::clamp(1 + slope / first, 0.5, 1.5);
    state.level = first / state.growth;
  }
}

}  // namespace

EtsState StartEts(const EtsForm& form, Values values, int season) {
  EtsState state;
  std::vector<double> rest(values.begin(), values.end());
  size_t count = kShortestStart;
  if (form.season != kNone) {
    const bool multiplicative = form.season == kMultiplicative;
    const size_t m = static_cast<size_t>(season);
    state.seasons = values.size() < 3 * m ? WaveIndices(values, season, multiplicative)
                                          : SeasonalIndices(values, season, multiplicative);
    Normalise(multiplicative, state.seasons);
    for (size_t t = 0; t < rest.size(); ++t) {
      const double index = state.seasons[t % m];
      rest[t] = multiplicative ? rest[t] / index : rest[t] - index;
    }
    count = std::max(count, 2 * m);
  }
  StartLevel(form, rest, std::min(count, rest.size()), state);
  return state;
}

}  // namespace kontor::forecasting
