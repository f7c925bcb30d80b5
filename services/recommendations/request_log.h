#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/mutex.h"
#include "libs/platform/fleet/fleet.h"

namespace kontor::recommendations {

// The requests that this process answered last, for previews: at most kKept a shop, in memory alone, so that they end
// with the process. Under load a sample: one that finds another being kept is passed over. Thread-safe.
class RequestLog {
 public:
  static constexpr size_t kKept = 1'000;

  explicit RequestLog(absl::Span<const fleet::Shop> shops) {
    for (const fleet::Shop& shop : shops) shops_.emplace(shop.id, std::make_unique<Ring>());
  }

  void Keep(absl::string_view shop, const v1::RecommendRequest& request) {
    const auto found = shops_.find(shop);
    if (found == shops_.end() || found->second->busy.exchange(true)) return;
    auto copy = std::make_shared<const v1::RecommendRequest>(request);
    {
      base::MutexLock lock(found->second->mutex);
      auto& ring = found->second->requests;
      if (ring.size() < kKept) ring.emplace_back();
      ring[found->second->next++ % kKept] = std::move(copy);
    }
    found->second->busy = false;
  }

  // Newest first.
  std::vector<std::shared_ptr<const v1::RecommendRequest>> Newest(absl::string_view shop, size_t limit) const {
    std::vector<std::shared_ptr<const v1::RecommendRequest>> newest;
    const auto found = shops_.find(shop);
    if (found == shops_.end()) return newest;
    base::MutexLock lock(found->second->mutex);
    const auto& ring = found->second->requests;
    for (size_t i = 0; i < std::min(limit, ring.size()); ++i) {
      newest.push_back(ring[(found->second->next - 1 - i) % kKept]);
    }
    return newest;
  }

 private:
  struct Ring {
    std::atomic<bool> busy{false};
    mutable base::Mutex mutex;
    std::vector<std::shared_ptr<const v1::RecommendRequest>> requests ABSL_GUARDED_BY(mutex);
    uint64_t next ABSL_GUARDED_BY(mutex) = 0;
  };
  absl::flat_hash_map<std::string, std::unique_ptr<Ring>> shops_;
};

}  // namespace kontor::recommendations
