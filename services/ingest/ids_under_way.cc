#include "services/ingest/ids_under_way.h"

#include <algorithm>

namespace kontor::ingest {

IdsUnderWay::Hold IdsUnderWay::Take(std::vector<uint64_t> ids) {
  base::MutexLock lock(mutex_);
  const auto taken = [this](uint64_t id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return under_way_.contains(id); };
  while (std::any_of(ids.begin(), ids.end(), taken)) released_.Wait(mutex_);
  under_way_.insert(ids.begin(), ids.end());
  return Hold(*this, std::move(ids));
}

void IdsUnderWay::Release(const std::vector<uint64_t>& ids) {
  {
    base::MutexLock lock(mutex_);
    for (const uint64_t id : ids) under_way_.erase(id);
  }
  released_.NotifyAll();
}

}  // namespace kontor::ingest
