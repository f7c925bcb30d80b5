#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "libs/base/mutex.h"

namespace kontor::ingest {

// The event ids of the calls that are being answered in this process: of calls that bring the same id at once, one goes
// first, and the others find it known. Thread-safe.
class IdsUnderWay {
 public:
  // Releases the ids on destruction.
  class Hold {
   public:
    ~Hold() { ids_.Release(held_); }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    friend class IdsUnderWay;
    Hold(IdsUnderWay& ids, std::vector<uint64_t> held) : ids_(ids), held_(std::move(held)) {}
    IdsUnderWay& ids_;
    const std::vector<uint64_t> held_;
  };

  // Waits until no other call holds any of them; all or none, so that nobody waits in a circle. Hashes of ids: a
  // collision costs a wait.
  Hold Take(std::vector<uint64_t> ids);

 private:
  void Release(const std::vector<uint64_t>& ids);

  base::Mutex mutex_;
  base::CondVar released_;
  absl::flat_hash_set<uint64_t> under_way_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::ingest
