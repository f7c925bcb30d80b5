#include "services/ingest/quality_book.h"

#include <algorithm>
#include <utility>

namespace kontor::ingest {

void QualityBook::Count(const Key& key, absl::Time occurred_at, absl::Time received_at, absl::string_view example) {
  base::MutexLock lock(mutex_);
  Tally& tally = tallies_[key];
  ++tally.count;
  tally.newest_event = std::max(tally.newest_event, occurred_at);
  tally.last_received = std::max(tally.last_received, received_at);
  if (tally.example.empty()) tally.example = std::string(example);
}

QualityBook::Tallies QualityBook::Take() {
  base::MutexLock lock(mutex_);
  return std::exchange(tallies_, {});
}

void QualityBook::Return(const Tallies& tallies) {
  base::MutexLock lock(mutex_);
  for (const auto& [key, back] : tallies) {
    Tally& tally = tallies_[key];
    tally.count += back.count;
    tally.newest_event = std::max(tally.newest_event, back.newest_event);
    tally.last_received = std::max(tally.last_received, back.last_received);
    if (tally.example.empty()) tally.example = back.example;
  }
}

}  // namespace kontor::ingest
