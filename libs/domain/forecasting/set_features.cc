#include "libs/domain/forecasting/set_features.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libs/domain/forecasting/seasonal_indices.h"

namespace kontor::forecasting {
namespace {

constexpr double kSpeeds[] = {1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05};
constexpr size_t kLogBase = 2, kPlainBase = 5;  // which of them is the base
constexpr double kFloor = 0.02;                 // of the scale, below which logarithms do not look
constexpr size_t kLeastWindow = 6, kLastValues = 4, kPlaces = 4;

double MeanOf(Values values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

Values Last(Values values, size_t count) { return values.last(std::min(count, values.size())); }

double MeanSize(Values values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return sum / static_cast<double>(values.size());
}

double Slope(Values values) {
  double sum = 0, spread = 0;
  const double centre = 0.5 * static_cast<double>(values.size() - 1);
  for (size_t t = 0; t < values.size(); ++t) {
    const double place = static_cast<double>(t) - centre;
    sum += place * values[t];
    spread += place * place;
  }
  return values.size() > 2 ? sum / spread : 0;
}

double Median(Values values) {
  std::vector<double> sorted(values.begin(), values.end());
  const size_t half = sorted.size() / 2;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(half);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return sorted.size() % 2 == 1 ? *middle : 0.5 * (*middle + *std::max_element(sorted.begin(), middle));
}

}  // namespace

SetFeatures::SetFeatures(int season, int horizon, bool logs)
    : season_(static_cast<size_t>(season)), horizon_(static_cast<size_t>(horizon)), logs_(logs) {
  const size_t turn = season_ * ((kLeastWindow + season_ - 1) / season_);
  windows_ = {turn / 2, turn, 2 * turn, 4 * turn};
  const double value = 1;
  columns_ = At(Values(&value, 1)).rows.size() / horizon_;
}

double SetFeatures::Level(double value, double scale) const {
  return logs_ ? std::log(std::max(value / scale, kFloor)) : std::log1p(std::max(value, 0.0) / scale);
}

double SetFeatures::ToTarget(const SetOrigin& origin, size_t step, double value) const {
  return Level(value, origin.scale) - origin.index[step] - origin.base;
}

double SetFeatures::FromTarget(const SetOrigin& origin, size_t step, double target) const {
  const double level = origin.base + origin.index[step] + target;
  return origin.scale * (logs_ ? std::exp(level) : std::max(std::expm1(level), 0.0));
}

// Sets scale and index, too.
std::vector<double> SetFeatures::Levels(Values before, SetOrigin& origin) const {
  origin.scale = MeanSize(Last(before, windows_.back()));
  if (!(origin.scale > 0)) origin.scale = MeanSize(before);
  if (!(origin.scale > 0)) origin.scale = 1;
  origin.index.assign(horizon_, 0);
  std::vector<double> levels;
  for (const double value : before) levels.push_back(Level(value, origin.scale));
  if (!logs_ || season_ == 1) return levels;
  std::vector<double> positive;
  for (const double level : levels) positive.push_back(std::exp(level));
  const Deseasonalised rest = Deseasonalise(positive, static_cast<int>(season_), SeasonRule::kShrunken);
  if (rest.indices.empty() || !rest.multiplicative) return levels;
  for (size_t t = 0; t < levels.size(); ++t) levels[t] -= std::log(rest.indices[t % season_]);
  for (size_t h = 0; h < horizon_; ++h) origin.index[h] = std::log(rest.indices[(before.size() + h) % season_]);
  return levels;
}

void SetFeatures::AddSmoothed(Values levels, std::vector<double>& row, double& base) const {
  for (const double speed : kSpeeds) {
    double smoothed = levels.front();
    for (const double level : levels) smoothed += speed * (level - smoothed);
    row.push_back(smoothed);
  }
  base = row[logs_ ? kLogBase : kPlainBase];
  for (double& smoothed : row) smoothed -= base;
}

void SetFeatures::AddWindow(Values levels, Values before, const SetOrigin& origin, size_t window,
                            std::vector<double>& row) const {
  const Values part = Last(levels, window), values = Last(before, window);
  const size_t back = std::min(window, levels.size() - 1);
  row.push_back(Slope(part));
  row.push_back(MeanOf(part) - origin.base);
  row.push_back(back > 0 ? (levels.back() - levels[levels.size() - 1 - back]) / static_cast<double>(back) : 0);
  row.push_back(*std::max_element(part.begin(), part.end()) - origin.base);
  row.push_back(*std::min_element(part.begin(), part.end()) - origin.base);
  row.push_back(Median(part) - origin.base);
  if (logs_) return;
  const auto zeros = std::count_if(values.begin(), values.end(), [](double value) { return value <= 0; });
  row.push_back(static_cast<double>(zeros) / static_cast<double>(values.size()));
  row.push_back(Level(MeanOf(values), origin.scale) - origin.base);
}

// What is neither of one window nor of one step.
void SetFeatures::AddShape(Values levels, const SetOrigin& origin, std::vector<double>& row) const {
  const Values part = Last(levels, windows_.back() + 1);
  double noise = 0, covariance = 0, squares = 0, seasonal = 0;
  for (size_t t = 1; t < part.size(); ++t) {
    const double step = part[t] - part[t - 1];
    noise += std::abs(step) / static_cast<double>(part.size() - 1);
    squares += step * step;
    if (t > 1) covariance += step * (part[t - 1] - part[t - 2]);
  }
  for (const double index : origin.index) seasonal += std::abs(index) / static_cast<double>(horizon_);
  row.push_back(noise);
  row.push_back(covariance / (squares + 1e-9));
  row.push_back(seasonal);
  row.push_back(static_cast<double>(levels.size()));
  row.push_back(levels.back() - levels.front());
  for (size_t back = 1; back <= kLastValues; ++back) {
    row.push_back(levels[levels.size() - std::min(back, levels.size())] - origin.base);
  }
}

SetOrigin SetFeatures::At(Values before) const {
  SetOrigin origin;
  const std::vector<double> levels = Levels(before, origin);
  std::vector<double> same;
  AddSmoothed(levels, same, origin.base);
  for (const size_t window : windows_) AddWindow(levels, before, origin, window, same);
  AddShape(levels, origin, same);
  const size_t n = levels.size();
  for (size_t h = 0; h < horizon_; ++h) {
    origin.rows.insert(origin.rows.end(), same.begin(), same.end());
    origin.rows.push_back(static_cast<float>(h));
    if (season_ == 1) continue;
    double sum = 0, count = 0, last = origin.base;
    for (size_t back = season_ * (h / season_ + 1); back <= n + h && count < kPlaces; back += season_) {
      const double level = levels[n + h - back];
      if (count == 0) last = level;
      sum += level;
      ++count;
    }
    origin.rows.push_back(static_cast<float>(origin.index[h]));
    origin.rows.push_back(static_cast<float>(last - origin.base));
    origin.rows.push_back(static_cast<float>(count > 0 ? sum / count - origin.base : 0));
  }
  return origin;
}

}  // namespace kontor::forecasting
