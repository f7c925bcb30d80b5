#pragma once

#include <functional>
#include <string>
#include <thread>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"
#include "libs/platform/postgres/pool.h"
#include "services/recommendations/live_follower.h"
#include "services/recommendations/serving_models.h"

namespace kontor::recommendations {

// Brings erasures that the store has made, with the visitors that only it knows to belong to somebody, into the memory
// of this process: the overlay, the models and what `erased` empties. One statement a second; a model of whose rows
// some must go is loaded anew. While the store is away nothing can be erased there either. Owns one thread.
class ErasureKeeper {
 public:
  using Persons = absl::flat_hash_map<uint64_t, absl::Time>;  // StableHash of the token → until when
  struct Parts {
    postgres::Pool& postgres;
    LiveFollower& live;
    ServingModels& models;
    std::function<void(const std::string& shop, const Persons& persons)> erased;
  };
  explicit ErasureKeeper(Parts parts) : parts_(std::move(parts)) {}
  ~ErasureKeeper();

  // What is new in the store. The thread does it every second; not together with it.
  absl::Status LookOnce();

  void Start();

 private:
  void Run();

  const Parts parts_;
  int64_t newest_ = 0;  // number
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::recommendations
