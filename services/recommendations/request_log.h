#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
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
    found->second->Add(std::make_shared<const v1::RecommendRequest>(request));
    found->second->busy = false;
  }

  // Forgets the requests that `gone` names.
  void Forget(absl::string_view shop, absl::FunctionRef<bool(const v1::RecommendRequest&)> gone) {
    if (const auto found = shops_.find(shop); found != shops_.end()) found->second->Forget(gone);
  }

  // Newest first.
  std::vector<std::shared_ptr<const v1::RecommendRequest>> Newest(absl::string_view shop, size_t limit) const {
    const auto found = shops_.find(shop);
    if (found == shops_.end()) return {};
    return found->second->Newest(limit);
  }

 private:
  using Requests = std::vector<std::shared_ptr<const v1::RecommendRequest>>;

  class Ring {
   public:
    void Add(std::shared_ptr<const v1::RecommendRequest> request) {
      base::MutexLock lock(mutex_);
      if (requests_.size() < kKept) requests_.emplace_back();
      requests_[next_++ % kKept] = std::move(request);
    }
    void Forget(absl::FunctionRef<bool(const v1::RecommendRequest&)> gone) {
      base::MutexLock lock(mutex_);
      Requests kept;  // oldest first
      for (size_t i = 0; i < requests_.size(); ++i) {
        auto& request = requests_[(next_ + i) % requests_.size()];
        if (!gone(*request)) kept.push_back(std::move(request));
      }
      next_ = kept.size();
      requests_ = std::move(kept);
    }
    Requests Newest(size_t limit) const {
      base::MutexLock lock(mutex_);
      Requests newest;
      for (size_t i = 0; i < std::min(limit, requests_.size()); ++i) {
        newest.push_back(requests_[(next_ - 1 - i) % kKept]);
      }
      return newest;
    }

    std::atomic<bool> busy{false};

   private:
    mutable base::Mutex mutex_;
    Requests requests_ ABSL_GUARDED_BY(mutex_);
    uint64_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  };

  absl::flat_hash_map<std::string, std::unique_ptr<Ring>> shops_;
};

}  // namespace kontor::recommendations
