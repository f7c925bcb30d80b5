#pragma once

#include <vector>

#include "absl/types/span.h"

// Quantiles of samples, for intervals.h. Levels are within (0, 1), ascending.
namespace kontor::forecasting {

double NormalQuantile(double level);
std::vector<double> NormalQuantilesOf(absl::Span<const double> levels);

// Of ascending values, at least one: at rank level × (n + 1), outside the sample along the normal tail from the median
// on.
double SampleQuantile(const std::vector<double>& sorted, double level);
// Of at least one value in any order, one for each level, ascending.
std::vector<double> SampleQuantiles(std::vector<double> values, absl::Span<const double> levels);

}  // namespace kontor::forecasting
