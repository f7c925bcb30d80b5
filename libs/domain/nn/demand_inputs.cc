#include "libs/domain/nn/demand_inputs.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace kontor::nn {
namespace {

constexpr int kHarmonics = 3;
constexpr double kLogUnit = 5;    // makes logarithms of ages and scales about 1
constexpr float kKnownLimit = 5;  // normalised columns are cut there

int Harmonics(int season) { return std::min(kHarmonics, season / 2); }

}  // namespace

std::vector<double> RunningSums(absl::Span<const double> values) {
  std::vector<double> sums{0};
  for (const double value : values) sums.push_back(sums.back() + value);
  return sums;
}

DemandInputs::DemandInputs(std::vector<int> seasons, std::vector<float> known_mean, std::vector<float> known_scale)
    : seasons_(std::move(seasons)), known_mean_(std::move(known_mean)), known_scale_(std::move(known_scale)) {
  fixed_size_ = 2 + known_mean_.size();
  for (const int season : seasons_) {
    windows_.push_back(static_cast<size_t>(season));
    windows_.push_back(4 * static_cast<size_t>(season));
    fixed_size_ += 2 * static_cast<size_t>(Harmonics(season));
  }
  if (seasons_.empty()) windows_ = {4, 12};
  past_size_ = 1 + seasons_.size() + windows_.size();
}

void DemandInputs::WritePast(const DemandPast& past, size_t t, double scale, float* out) const {
  const auto write = [&](double value) { *out++ = static_cast<float>(std::asinh(value / scale)); };
  write(t == 0 ? 0 : past.value(t - 1));
  for (const int season : seasons_) {
    const size_t lag = static_cast<size_t>(season);
    write(t < lag ? past.sum(t) / static_cast<double>(std::max<size_t>(t, 1)) : past.value(t - lag));
  }
  for (const size_t window : windows_) {
    const size_t size = std::min(window, t);
    write(size == 0 ? 0 : (past.sum(t) - past.sum(t - size)) / static_cast<double>(size));
  }
}

void DemandInputs::WriteFixed(const DemandSeries& series, size_t t, double scale, float* out) const {
  *out++ = static_cast<float>(std::log1p(static_cast<double>(t)) / kLogUnit);
  *out++ = static_cast<float>(std::log(scale) / kLogUnit);
  for (const int season : seasons_) {
    const int64_t place = ((series.start + static_cast<int64_t>(t)) % season + season) % season;
    for (int k = 1; k <= Harmonics(season); ++k) {
      const double angle = 2 * std::numbers::pi * k * static_cast<double>(place) / season;
      *out++ = static_cast<float>(std::sin(angle));
      *out++ = static_cast<float>(std::cos(angle));
    }
  }
  const size_t columns = known_mean_.size();
  for (size_t c = 0; c < columns; ++c) {
    const float value = static_cast<float>(series.known[t * columns + c]);
    *out++ = std::clamp((value - known_mean_[c]) * known_scale_[c], -kKnownLimit, kKnownLimit);
  }
}

double DemandScale(absl::Span<const double> values, size_t begin, size_t end, double offset) {
  double sum = 0;
  for (size_t t = begin; t < end; ++t) sum += std::abs(values[t]);
  return sum / static_cast<double>(std::max<size_t>(end - begin, 1)) + offset;
}

absl::Status CheckDemandSeries(const DemandSeries& series, DemandLikelihood likelihood, size_t known_columns,
                               uint32_t groups, size_t later) {
  constexpr double kLargest = 1e30;
  if (series.values.empty()) return absl::InvalidArgumentError("the series has no values");
  for (const double value : series.values) {
    if (!(std::abs(value) <= kLargest))
      return absl::InvalidArgumentError("a value of the series is not a finite number below 1e30");
    if (value < 0 && likelihood == DemandLikelihood::kNegativeBinomial) {
      return absl::InvalidArgumentError("a count is below 0");
    }
  }
  if (series.known.size() < (series.values.size() + later) * known_columns) {
    return absl::InvalidArgumentError("what is known ahead does not cover all steps");
  }
  for (const double value : series.known) {
    if (!(std::abs(value) <= kLargest))
      return absl::InvalidArgumentError("a number that is known ahead is not finite and below 1e30");
  }
  if (series.group >= std::max<uint32_t>(groups, 1)) return absl::InvalidArgumentError("the series' group is unknown");
  return absl::OkStatus();
}

}  // namespace kontor::nn
