#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kontor::stats {

// Counts of values from 0 up in log-linear buckets, as HdrHistogram keeps them: exact below 128, above that 128 buckets
// per power of two, so that a quantile is wrong by at most 1/256 = 0.4%. Any unit; negative values count as 0. Memory:
// 58 KiB. Recording costs a few instructions. Not thread-safe: one per thread, merged at the end.
class LatencyHistogram {
 public:
  LatencyHistogram();

  void Record(int64_t value);
  void Merge(const LatencyHistogram& other);

  int64_t count() const { return count_; }
  int64_t max() const { return max_; }  // exact; 0 when empty
  double mean() const;                  // exact; 0 when empty
  // The middle of the bucket that holds the value of rank ceil(p * count), never above max(); p within 0 and 1. 0 when
  // empty.
  int64_t Quantile(double p) const;

 private:
  static size_t BucketOf(int64_t value);
  static int64_t MiddleOf(size_t bucket);

  std::vector<int64_t> counts_;
  int64_t count_ = 0, max_ = 0;
  double sum_ = 0;
};

}  // namespace kontor::stats
