#pragma once

#include <vector>

#include "libs/domain/forecasting/forecast.h"

// One season a series, removed before a method without season and put back after it.
namespace kontor::forecasting {

// Classical decomposition: the means, by place in the season, of what is left of the values after their centred moving
// average of one season, adjusted to add up to 0 (additive) or to have the mean 1 (multiplicative, a ratio). One a
// place from the first value on. `season` at least 2, at least two seasons of values; multiplicative: the moving
// averages are not 0. O(n).
std::vector<double> SeasonalIndices(Values values, int season, bool multiplicative);

// Whether the autocorrelation at lag `season` is beyond what chance gives at 90% (both sides) when the autocorrelations
// before it are as they are: the test that went with M3's Theta (Assimakopoulos and Nikolopoulos 2000; Fiorucci et al.
// 2016). False for less than two seasons of values, for a season below 4, and for constant values. O(n season).
bool IsSeasonal(Values values, int season);

// A series without its season, and how to put it back.
struct Deseasonalised {
  std::vector<double> values;
  std::vector<double>
      indices;  // by place from the first value on; empty: the test saw no season and nothing was changed
  bool multiplicative = true;

  double Restore(double value,
                 size_t index) const;  // `index` counts from the first value, forecasts go on after the last
  double Factor(size_t index) const;   // what an error of the rest is multiplied by
};

enum class SeasonRule {
  kTested,    // all of it where IsSeasonal, else none, as Naive2 of M3 and M4 is defined
  kShrunken,  // by how much it stands out from chance; as kTested for less than three seasons of values
};

// Ratios where every value is above 0 and no index is below 0.01, else differences. Shrunken: the indices, or their
// logarithms, lose the share (m - 3) 3v / sum s^2 of themselves (James and Stein 1961; Miller and Williams 2003), v the
// variance of an index by what is left beside trend and season. Counted three times, since that is no white noise: the
// best of 1 to 6 on the training parts of M3 with their last values held out, where it takes dynamic optimised Theta
// from a sMAPE of 14.04 to 13.90 on monthly series and from 9.20 to 9.06 on quarterly ones.
Deseasonalised Deseasonalise(Values values, int season, SeasonRule rule);

// A method that sees the series without its first season, as Deseasonalise does it, and whose forecasts get it back.
Method OnDeseasonalised(Method method, SeasonRule rule);

}  // namespace kontor::forecasting
