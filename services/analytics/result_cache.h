#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "libs/base/mutex.h"
#include "services/analytics/answer.h"

namespace kontor::analytics {

// The answers whose further pages may be asked for, so that a walk through 500,000 rows runs its query once. The least
// recently used go first; what is gone is worked out again (page_token.h tells whether it still is the same).
// Thread-safe.
class ResultCache {
 public:
  // The request that it answers, and which answer it is.
  struct Key {
    uint64_t request_hash = 0, digest = 0;
    friend bool operator==(const Key& a, const Key& b) {
      return a.request_hash == b.request_hash && a.digest == b.digest;
    }
    template <typename H>
    friend H AbslHashValue(H h, const Key& key) {
      return H::combine(std::move(h), key.request_hash, key.digest);
    }
  };

  explicit ResultCache(int64_t bytes_max) : bytes_max_(bytes_max) {}

  // Null when it is not there.
  std::shared_ptr<const Answer> Find(const Key& key);
  // An answer larger than the bound is not kept.
  void Put(const Key& key, std::shared_ptr<const Answer> answer);
  int64_t bytes() const;

 private:
  struct Entry {
    Key key;
    std::shared_ptr<const Answer> answer;
    int64_t bytes;
  };

  const int64_t bytes_max_;
  mutable base::Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // the most recently used first
  absl::flat_hash_map<Key, std::list<Entry>::iterator> places_ ABSL_GUARDED_BY(mutex_);
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kontor::analytics
