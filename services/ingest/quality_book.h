#pragma once

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/time/time.h"
#include "libs/base/mutex.h"

namespace kontor::ingest {

// Counts verdicts by shop, source and reason until they are taken away to be stored. Thread-safe.
class QualityBook {
 public:
  struct Key {
    std::string shop, source, outcome;  // outcome: "accepted", "duplicate" or a refusal's reason
    friend bool operator<(const Key& a, const Key& b) {
      return std::tie(a.shop, a.source, a.outcome) < std::tie(b.shop, b.source, b.outcome);
    }
  };
  struct Tally {
    int64_t count = 0;
    std::string example;                             // a refusal's description
    absl::Time newest_event = absl::InfinitePast();  // of accepted events
    absl::Time last_received = absl::InfinitePast();
  };
  using Tallies = absl::btree_map<Key, Tally>;

  void Count(const Key& key, absl::Time occurred_at, absl::Time received_at, absl::string_view example);
  // What was counted since the last call, in order of keys.
  Tallies Take();
  // Puts back what could not be stored.
  void Return(const Tallies& tallies);

 private:
  base::Mutex mutex_;
  Tallies tallies_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kontor::ingest
