#pragma once

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "libs/domain/nn/demand_network.h"

// What a demand network reads of a step; the same code in training and in serving. Inside this folder.
namespace kontor::nn {

// A series' values and their running sums, and a path that goes on after them. Borrows.
struct DemandPast {
  absl::Span<const double> values, sums;     // sums[t]: of the values before t, one more than values
  absl::Span<const double> path, path_sums;  // path_sums begin at the sum of all values

  double value(size_t t) const { return t < values.size() ? values[t] : path[t - values.size()]; }
  double sum(size_t t) const { return t <= values.size() ? sums[t] : path_sums[t - values.size()]; }
};
std::vector<double> RunningSums(absl::Span<const double> values);

class DemandInputs {
 public:
  // `known_mean` and `known_scale` (1 / deviation) normalise the known columns.
  DemandInputs(std::vector<int> seasons, std::vector<float> known_mean, std::vector<float> known_scale);

  size_t size() const { return past_size_ + fixed_size_; }
  size_t past_size() const { return past_size_; }

  // The inputs of step t: first those that follow from the values before t, then the others.
  void WritePast(const DemandPast& past, size_t t, double scale, float* out) const;       // past_size()
  void WriteFixed(const DemandSeries& series, size_t t, double scale, float* out) const;  // the rest
  const std::vector<int>& seasons() const { return seasons_; }
  size_t known_columns() const { return known_mean_.size(); }

 private:
  std::vector<int> seasons_;
  std::vector<size_t> windows_;  // of the means
  std::vector<float> known_mean_, known_scale_;
  size_t past_size_ = 0, fixed_size_ = 0;
};

// Mean absolute value of the steps [begin, end), plus `offset`.
double DemandScale(absl::Span<const double> values, size_t begin, size_t end, double offset);

// INVALID_ARGUMENT: see DemandNetwork::Sample; `later` steps have to be known beyond the values.
absl::Status CheckDemandSeries(const DemandSeries& series, DemandLikelihood likelihood, size_t known_columns,
                               uint32_t groups, size_t later);

}  // namespace kontor::nn
