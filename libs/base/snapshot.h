#pragma once

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "libs/base/mutex.h"

namespace kontor::base {

// An immutable value that is built aside and published by one swap. Readers keep what they got for as long as they
// hold the pointer. Thread-safe; Get costs one short lock and a reference count.
template <typename T>
class Snapshot {
 public:
  Snapshot() = default;
  explicit Snapshot(std::shared_ptr<const T> value) : value_(std::move(value)) {}

  // Null until the first Publish.
  std::shared_ptr<const T> Get() const {
    MutexLock lock(mutex_);
    return value_;
  }
  void Publish(std::shared_ptr<const T> value) {
    MutexLock lock(mutex_);
    value_.swap(value);  // the old value dies outside of the lock, with `value`
  }

 private:
  mutable Mutex mutex_;
  std::shared_ptr<const T> value_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::base
