#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/mutex.h"
#include "services/recommendations/history_store.h"

namespace kontor::recommendations {

// For tests: histories that a test puts in, an error instead, and a hook that runs inside Get. Thread-safe.
class FakeHistoryStore : public HistoryStore {
 public:
  struct Order {
    std::string order_id;
    int64_t time_micros = 0;
    std::vector<std::string> products;
    int64_t revision = 0;
  };

  // Orders newest first.
  void Put(absl::string_view shop, absl::string_view subject, const std::vector<Order>& orders) {
    PurchaseHistoryBuilder builder;
    for (const Order& order : orders) {
      const std::vector<absl::string_view> products(order.products.begin(), order.products.end());
      builder.Add(order.order_id, order.revision, order.time_micros, products);
    }
    base::MutexLock lock(mutex_);
    histories_[absl::StrCat(shop, "/", subject)] = std::make_shared<const PurchaseHistory>(std::move(builder).Build());
  }
  void Fail(absl::Status status) {
    base::MutexLock lock(mutex_);
    failure_ = std::move(status);
  }
  void OnGet(std::function<void()> hook) {
    base::MutexLock lock(mutex_);
    hook_ = std::move(hook);
  }
  int gets() const { return gets_; }

  absl::StatusOr<FoundHistory> Get(absl::string_view shop, absl::string_view subject) override {
    ++gets_;
    std::function<void()> hook;
    absl::StatusOr<FoundHistory> found = FoundHistory{std::make_shared<const PurchaseHistory>()};
    {
      base::MutexLock lock(mutex_);
      hook = hook_;
      const auto history = histories_.find(absl::StrCat(shop, "/", subject));
      if (!failure_.ok()) {
        found = failure_;
      } else if (history != histories_.end()) {
        found->history = history->second;
      }
    }
    if (hook) hook();
    return found;
  }

 private:
  std::atomic<int> gets_{0};
  base::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const PurchaseHistory>> histories_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> hook_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::recommendations
