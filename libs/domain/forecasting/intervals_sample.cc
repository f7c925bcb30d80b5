#include "libs/domain/forecasting/intervals_sample.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>

#include "libs/domain/forecasting/intervals.h"

namespace kontor::forecasting {

double NormalQuantile(double level) { return -std::sqrt(2.0) * boost::math::erfc_inv(2 * level); }

std::vector<double> NormalQuantilesOf(absl::Span<const double> levels) {
  std::vector<double> row;
  for (const double level : levels) row.push_back(NormalQuantile(level));
  return row;
}

double SampleQuantile(const std::vector<double>& sorted, double level) {
  const auto count = static_cast<double>(sorted.size());
  const double rank = level * (count + 1);
  if (rank >= 1 && rank <= count) {
    const auto below = static_cast<size_t>(rank);
    const double within = rank - static_cast<double>(below);
    return below < sorted.size() ? sorted[below - 1] + within * (sorted[below] - sorted[below - 1]) : sorted.back();
  }
  const double median = sorted[sorted.size() / 2];
  const double edge = rank < 1 ? sorted.front() : sorted.back();
  if (sorted.size() < 2) return edge;
  const double edge_level = rank < 1 ? 1 / (count + 1) : count / (count + 1);
  return median + (edge - median) * NormalQuantile(level) / NormalQuantile(edge_level);
}

std::vector<double> SampleQuantiles(std::vector<double> values, absl::Span<const double> levels) {
  std::sort(values.begin(), values.end());
  std::vector<double> row;
  for (const double level : levels) row.push_back(SampleQuantile(values, level));
  MakeMonotone(row, false);
  return row;
}

}  // namespace kontor::forecasting
