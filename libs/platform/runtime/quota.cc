#include "libs/platform/runtime/quota.h"

#include <algorithm>

namespace kontor::runtime {
namespace {

constexpr size_t kMaxBuckets = 10'000;

double Seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

absl::Duration Quota::Take(absl::string_view shop, TimePoint now) {
  if (per_second_ <= 0) return absl::ZeroDuration();
  base::MutexLock lock(mutex_);
  auto found = buckets_.find(shop);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMaxBuckets) ForgetFull(now);
    found = buckets_.emplace(std::string(shop), Bucket{burst_, now}).first;
  }
  Bucket& bucket = found->second;
  // Threads may come with times in another order than they get the lock.
  bucket.tokens = std::min(burst_, bucket.tokens + std::max(0.0, Seconds(now - bucket.filled)) * per_second_);
  bucket.filled = std::max(bucket.filled, now);
  if (bucket.tokens < 1) return absl::Seconds((1 - bucket.tokens) / per_second_);
  bucket.tokens -= 1;
  return absl::ZeroDuration();
}

void Quota::ForgetFull(TimePoint now) {
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    const auto current = it++;
    const Bucket& bucket = current->second;
    if (bucket.tokens + Seconds(now - bucket.filled) * per_second_ >= burst_) buckets_.erase(current);
  }
}

}  // namespace kontor::runtime
