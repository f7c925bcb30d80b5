#include "services/analytics/result_cache.h"

namespace kontor::analytics {

std::shared_ptr<const Answer> ResultCache::Find(const Key& key) {
  const base::MutexLock lock(mutex_);
  const auto place = places_.find(key);
  if (place == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, place->second);
  return place->second->answer;
}

void ResultCache::Put(const Key& key, std::shared_ptr<const Answer> answer) {
  const int64_t bytes = MemoryOf(*answer);
  const base::MutexLock lock(mutex_);
  if (bytes > bytes_max_ || places_.contains(key)) return;
  entries_.push_front({key, std::move(answer), bytes});
  places_[key] = entries_.begin();
  bytes_ += bytes;
  while (bytes_ > bytes_max_) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

int64_t ResultCache::bytes() const {
  const base::MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace kontor::analytics
