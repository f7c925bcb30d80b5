#include "libs/domain/forecasting/cleaning_season.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libs/domain/stats/quantile.h"

namespace kontor::forecasting {
namespace {

constexpr double kRobust = 1.4826;  // median absolute deviations in a standard deviation of a normal distribution
constexpr double kShiftDeviations = 4;
constexpr double kRounding = 1e-9;
constexpr size_t kLeastSide = 8;  // values on each side of a level shift

double Median(std::vector<double> values) { return stats::Quantile(std::move(values), 0.5); }

double MedianAbsolute(const std::vector<double>& values) {
  std::vector<double> sizes;
  for (const double value : values) sizes.push_back(std::abs(value));
  return Median(std::move(sizes));
}

// The middle `width` values around each place, fewer at the ends.
std::vector<double> RunningMedians(const std::vector<double>& values, size_t width) {
  std::vector<double> medians;
  const size_t half = width / 2;
  for (size_t t = 0; t < values.size(); ++t) {
    const size_t from = t > half ? t - half : 0, to = std::min(values.size(), t + half + 1);
    medians.push_back(
        Median({values.begin() + static_cast<std::ptrdiff_t>(from), values.begin() + static_cast<std::ptrdiff_t>(to)}));
  }
  return medians;
}

}  // namespace

SeasonalShape::SeasonalShape(const std::vector<double>& values, std::vector<bool> known, int season)
    : values_(values), known_(std::move(known)) {
  for (size_t t = 0; t < values.size(); ++t) multiplicative_ &= !known_[t] || values[t] >= 0;
  index_.assign(1, multiplicative_ ? 1 : 0);
  if (!multiplicative_) least_ = -std::numeric_limits<double>::infinity();
  const auto count = static_cast<size_t>(std::count(known_.begin(), known_.end(), true));
  if (season > 1 && count >= 2 * static_cast<size_t>(season)) FitIndex(values, static_cast<size_t>(season));
  for (size_t t = 0; t < values.size(); ++t) {
    if (Telling(t)) telling_.push_back(t);
  }
}

// Medians over the seasons of each value against the mean of the season around it.
void SeasonalShape::FitIndex(const std::vector<double>& values, size_t season) {
  std::vector<double> sums(values.size() + 1), counts(values.size() + 1);
  for (size_t t = 0; t < values.size(); ++t) {
    sums[t + 1] = sums[t] + (known_[t] ? values[t] : 0);
    counts[t + 1] = counts[t] + (known_[t] ? 1 : 0);
  }
  std::vector<std::vector<double>> places(season);
  const size_t width = std::min(season, values.size());
  for (size_t t = 0; t < values.size(); ++t) {
    if (!known_[t]) continue;
    const size_t from = std::min(t > season / 2 ? t - season / 2 : 0, values.size() - width);
    const double mean = (sums[from + width] - sums[from]) / (counts[from + width] - counts[from]);
    if (!multiplicative_) places[t % season].push_back(values[t] - mean);
    if (multiplicative_ && mean > 0) places[t % season].push_back(values[t] / mean);
  }
  std::vector<double> index;
  double sum = 0;
  for (std::vector<double>& place : places) {
    index.push_back(place.empty() ? (multiplicative_ ? 1 : 0) : Median(std::move(place)));
    sum += index.back();
  }
  const double mean = sum / static_cast<double>(season);
  if (multiplicative_ && !(mean > 0)) return;
  for (double& place : index) place = multiplicative_ ? place / mean : place - mean;
  index_ = std::move(index);
}

double SeasonalShape::Level(size_t place) const {
  const double index = index_[place % index_.size()];
  return multiplicative_ ? values_[place] / index : values_[place] - index;
}

double SeasonalShape::Seasonal(double level, size_t place) const {
  const double index = index_[place % index_.size()];
  return multiplicative_ ? level * index : level + index;
}

double SeasonalShape::Estimate(size_t place) const {
  if (telling_.empty()) return 0;
  const auto after = std::upper_bound(telling_.begin(), telling_.end(), place);
  if (after == telling_.begin()) return Seasonal(Level(*after), place);
  const size_t left = *(after - 1);
  if (after == telling_.end() || left == place) return Seasonal(Level(left), place);
  const double within = static_cast<double>(place - left) / static_cast<double>(*after - left);
  return Seasonal(Level(left) + within * (Level(*after) - Level(left)), place);
}

std::vector<size_t> SeasonalShape::Outliers(double threshold) const {
  std::vector<double> levels;
  for (const size_t place : telling_) levels.push_back(Level(place));
  std::vector<size_t> found;
  if (levels.size() < kLeastSide) return found;
  const std::vector<double> medians = RunningMedians(levels, std::max<size_t>(7, index_.size()));
  std::vector<double> residuals;
  for (size_t i = 0; i < levels.size(); ++i) residuals.push_back(levels[i] - medians[i]);
  const double limit = threshold * kRobust * MedianAbsolute(residuals);
  for (size_t i = 0; limit > 0 && i < residuals.size(); ++i) {
    if (std::abs(residuals[i]) > limit) found.push_back(telling_[i]);
  }
  return found;
}

std::vector<LevelShift> SeasonalShape::LevelShifts() const {
  std::vector<double> levels;
  for (const size_t place : telling_) levels.push_back(Level(place));
  std::vector<LevelShift> shifts;
  const size_t side = std::max(kLeastSide, index_.size());
  if (levels.size() < 2 * side) return shifts;
  std::vector<double> steps;
  for (size_t i = 1; i < levels.size(); ++i) steps.push_back(levels[i] - levels[i - 1]);
  // A steady trend is no shift. Steps hold the noise twice; a few shifts do not move their medians.
  const double slope = Median(steps), trend = slope * static_cast<double>(side);
  for (double& step : steps) step -= slope;
  const double limit =
      std::max(kShiftDeviations * kRobust * MedianAbsolute(steps) / std::sqrt(2.0), kRounding * MedianAbsolute(levels));
  const auto median = [&](size_t from) {
    return Median({levels.begin() + static_cast<std::ptrdiff_t>(from),
                   levels.begin() + static_cast<std::ptrdiff_t>(from + side)});
  };
  // Medians stand still while a shift passes through the middle of their windows: where the halves' sums of absolute
  // distances are least is where it happened.
  const auto misfit = [&](size_t at, double before, double after) {
    double sum = 0;
    for (size_t i = at - side; i < at + side; ++i) sum += std::abs(levels[i] - (i < at ? before : after));
    return sum;
  };
  size_t next = side;
  while (next + side <= levels.size()) {
    if (std::abs(median(next) - median(next - side) - trend) <= limit) {
      ++next;
      continue;
    }
    LevelShift best;
    size_t best_at = next;
    double least = std::numeric_limits<double>::infinity();
    for (size_t at = next; at < next + side && at + side <= levels.size(); ++at) {
      const double before = median(at - side), after = median(at), sum = misfit(at, before, after);
      if (std::abs(after - before - trend) <= limit || sum >= least) continue;
      least = sum;
      best = {static_cast<int64_t>(telling_[at]), before, after};
      best_at = at;
    }
    shifts.push_back(best);
    next = best_at + side;
  }
  return shifts;
}

}  // namespace kontor::forecasting
