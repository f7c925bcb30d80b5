#pragma once

#include <vector>

#include "libs/domain/forecasting/cleaning.h"

namespace kontor::forecasting {

// A series as level × place of the season (level + place where a value is below 0), by medians, so that single values
// do not move it. What is not known is left out. At least one value is known. Without two seasons of known values there
// is no season. A place of the season that hardly sells (below .05 of the mean) tells nothing of the level.
class SeasonalShape {
 public:
  SeasonalShape(const std::vector<double>& values, std::vector<bool> known, int season);

  // Linear between the nearest known deseasonalised values, the nearest one at the ends.
  double Estimate(size_t place) const;
  // Places, ascending, whose residual from the running median of the deseasonalised values is beyond `threshold` robust
  // standard deviations. None where half of the residuals are 0.
  std::vector<size_t> Outliers(double threshold) const;
  // See CleanObservations; `step` counts from 0.
  std::vector<LevelShift> LevelShifts() const;

 private:
  bool Telling(size_t place) const { return known_[place] && index_[place % index_.size()] >= least_; }
  double Level(size_t place) const;                   // the value deseasonalised
  double Seasonal(double level, size_t place) const;  // and back
  void FitIndex(const std::vector<double>& values, size_t season);

  const std::vector<double>& values_;
  std::vector<bool> known_;
  bool multiplicative_ = true;
  double least_ = 0.05;
  std::vector<double> index_;
  std::vector<size_t> telling_;  // places, ascending
};

}  // namespace kontor::forecasting
