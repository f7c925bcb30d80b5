#pragma once

#include <atomic>

namespace kontor::recommendations {

// How many single requests are being answered; what bulk work looks at to give way. Thread-safe.
class OnlineLoad {
 public:
  class Scope {
   public:
    explicit Scope(OnlineLoad& load) : load_(load) { load_.running_.fetch_add(1, std::memory_order_relaxed); }
    ~Scope() { load_.running_.fetch_sub(1, std::memory_order_relaxed); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    OnlineLoad& load_;
  };
  int running() const { return running_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int> running_{0};
};

}  // namespace kontor::recommendations
