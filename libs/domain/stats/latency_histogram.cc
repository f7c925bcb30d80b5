#include "libs/domain/stats/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kontor::stats {
namespace {

constexpr int kBits = 7;                          // of precision below the leading one
constexpr int64_t kLinear = int64_t{1} << kBits;  // values below have a bucket each
constexpr size_t kBuckets = (63 - kBits + 1) << kBits;

}  // namespace

LatencyHistogram::LatencyHistogram() : counts_(kBuckets, 0) {}

size_t LatencyHistogram::BucketOf(int64_t value) {
  if (value < kLinear) return static_cast<size_t>(std::max<int64_t>(value, 0));
  const int shift = std::bit_width(static_cast<uint64_t>(value)) - 1 - kBits;
  return (static_cast<size_t>(shift) << kBits) + static_cast<size_t>(value >> shift);
}

int64_t LatencyHistogram::MiddleOf(size_t bucket) {
  if (bucket < static_cast<size_t>(2 * kLinear)) return static_cast<int64_t>(bucket);
  const int shift = static_cast<int>(bucket >> kBits) - 1;
  const auto mantissa = static_cast<int64_t>(bucket) - (static_cast<int64_t>(shift) << kBits);
  return (mantissa << shift) + (int64_t{1} << (shift - 1));
}

void LatencyHistogram::Record(int64_t value) {
  ++counts_[BucketOf(value)];
  ++count_;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(std::max<int64_t>(value, 0));
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) counts_[bucket] += other.counts_[bucket];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double LatencyHistogram::mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

int64_t LatencyHistogram::Quantile(double p) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<int64_t>(std::ceil(std::clamp(p, 0.0, 1.0) * static_cast<double>(count_)));
  int64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= std::max<int64_t>(rank, 1)) return std::min(MiddleOf(bucket), max_);
  }
  return max_;
}

}  // namespace kontor::stats
