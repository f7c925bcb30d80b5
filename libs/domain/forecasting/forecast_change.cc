#include "libs/domain/forecasting/forecast_change.h"

#include <cmath>
#include <numeric>

namespace kontor::forecasting {
namespace {

std::vector<double> Difference(Values later, Values earlier) {
  std::vector<double> result;
  for (size_t h = 0; h < later.size(); ++h) result.push_back(later[h] - earlier[h]);
  return result;
}

struct Line {
  double start = 0, slope = 0;  // start: at the first step
};

Line FitLine(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  const double middle = (count - 1) / 2, mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double product = 0, square = 0;
  for (size_t h = 0; h < values.size(); ++h) {
    const double from = static_cast<double>(h) - middle;
    product += from * values[h];
    square += from * from;
  }
  const double slope = square > 0 ? product / square : 0;
  return {mean - slope * middle, slope};
}

// Means of each place of the season, with mean 0.
std::vector<double> SeasonOf(const std::vector<double>& values, const Line& line, size_t season) {
  std::vector<double> places(season), counts(season);
  for (size_t h = 0; h < values.size(); ++h) {
    places[h % season] += values[h] - line.start - line.slope * static_cast<double>(h);
    ++counts[h % season];
  }
  double mean = 0;
  for (size_t p = 0; p < season; ++p) {
    places[p] /= counts[p];
    mean += places[p] / static_cast<double>(season);
  }
  for (double& place : places) place -= mean;
  return places;
}

// Line and season by turns: least squares of both, since each turn lessens the squares that are left.
void SplitNewData(const std::vector<double>& effect, size_t season, ForecastChange& change) {
  constexpr int kTurns = 50;
  Line line = FitLine(effect);
  std::vector<double> places(season);
  if (season > 1 && effect.size() >= season) {
    for (int turn = 0; turn < kTurns; ++turn) {
      places = SeasonOf(effect, line, season);
      std::vector<double> rest = effect;
      for (size_t h = 0; h < rest.size(); ++h) rest[h] -= places[h % season];
      line = FitLine(rest);
    }
  }
  for (size_t h = 0; h < effect.size(); ++h) {
    const double trend = line.slope * static_cast<double>(h), seasonal = places[h % season];
    change.level.push_back(line.start);
    change.trend.push_back(trend);
    change.season.push_back(seasonal);
    change.other.push_back(effect[h] - line.start - trend - seasonal);
  }
}

}  // namespace

absl::StatusOr<ForecastChange> ExplainChange(const ForecastSteps& steps, int season) {
  if (season < 1) return absl::InvalidArgumentError("a season has at least 1 step");
  const size_t count = steps.before.size();
  for (const Values values :
       {steps.before, steps.with_new_data, steps.with_cleaning, steps.with_regressors, steps.after}) {
    if (values.size() != count || count == 0) {
      return absl::InvalidArgumentError("all forecasts of a change have the same steps, at least one");
    }
    for (const double value : values) {
      if (!std::isfinite(value)) return absl::InvalidArgumentError("a forecast of a change is not finite");
    }
  }
  ForecastChange change;
  SplitNewData(Difference(steps.with_new_data, steps.before), static_cast<size_t>(season), change);
  change.cleaning = Difference(steps.with_cleaning, steps.with_new_data);
  change.regressors = Difference(steps.with_regressors, steps.with_cleaning);
  change.model = Difference(steps.after, steps.with_regressors);
  change.total_before = std::accumulate(steps.before.begin(), steps.before.end(), 0.0);
  change.total_after = std::accumulate(steps.after.begin(), steps.after.end(), 0.0);
  return change;
}

}  // namespace kontor::forecasting
