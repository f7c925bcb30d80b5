#pragma once

#include <cstddef>
#include <vector>

#include "libs/domain/forecasting/forecast.h"

namespace kontor::forecasting {

// A series at an origin as trees see it: one row of columns() numbers for each step.
struct SetOrigin {
  double scale = 1;           // values are seen over it
  double base = 0;            // the level that the trees add to
  std::vector<double> index;  // of the season, one a step
  std::vector<float> rows;
};

// What trees over a set of series (set_trees.h) know of one: its levels smoothed at seven speeds, and slope, mean,
// median, extremes and share of zeros of its last values in windows of half to four seasons; its noise, length and
// season; values at the same place of earlier seasons. Levels are of values over the series' own recent mean, so that a
// series and a multiple of it have the same rows:
//   logs      log of value / scale, not below log .02, less the shrunken classical season (seasonal_indices.h)
//   no logs   log(1 + value / scale), a value below 0 as 0: bears zeros; the season is left to the trees
// The scale is the mean size of the last four windows' worth of values, of all where that is 0, 1 where all are 0.
// Immutable, thread-safe.
class SetFeatures {
 public:
  // `season` and `horizon` at least 1.
  SetFeatures(int season, int horizon, bool logs);

  size_t columns() const { return columns_; }
  size_t horizon() const { return horizon_; }
  bool logs() const { return logs_; }

  // `before`: at least one value.
  SetOrigin At(Values before) const;
  // A value after the origin as what the trees shall add at a step, and back; the value is at least 0.
  double ToTarget(const SetOrigin& origin, size_t step, double value) const;
  double FromTarget(const SetOrigin& origin, size_t step, double target) const;

 private:
  double Level(double value, double scale) const;
  std::vector<double> Levels(Values before, SetOrigin& origin) const;
  void AddSmoothed(Values levels, std::vector<double>& row, double& base) const;
  void AddWindow(Values levels, Values before, const SetOrigin& origin, size_t window, std::vector<double>& row) const;
  void AddShape(Values levels, const SetOrigin& origin, std::vector<double>& row) const;

  size_t season_, horizon_, columns_ = 0;
  bool logs_;
  std::vector<size_t> windows_;  // ascending
};

}  // namespace kontor::forecasting
