#include "services/recommendations/erasure_keeper.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/erasure_rows.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);

}  // namespace

ErasureKeeper::~ErasureKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status ErasureKeeper::LookOnce() {
  ASSIGN_OR_RETURN(const std::vector<StoredTombstone> tombstones, ReadTombstonesAfter(parts_.postgres, newest_));
  std::map<std::string, Persons> by_shop;
  for (const StoredTombstone& tombstone : tombstones) by_shop[tombstone.shop][tombstone.person] = tombstone.erased_at;
  for (const auto& [shop, persons] : by_shop) {
    parts_.live.Erase(shop, persons);
    absl::flat_hash_set<uint64_t> forgotten;
    for (const auto& [person, until] : persons) forgotten.insert(person);
    parts_.models.Forget(shop, forgotten);
    parts_.erased(shop, persons);
    for (const absl::Status& status : {parts_.models.Refresh(shop), parts_.models.RefreshCanary(shop)}) {
      if (status.ok()) continue;
      runtime::LogError("a model keeps rows of people who were forgotten: it cannot be loaded again",
                        {{"model", RegistryName(shop)}, {"error", status.ToString()}});
    }
  }
  if (!tombstones.empty()) newest_ = tombstones.back().number;
  return absl::OkStatus();
}

void ErasureKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ErasureKeeper::Run() {
  bool failed = false;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    const absl::Status status = LookOnce();
    if (!status.ok() && !failed) runtime::LogWarning("erasures cannot be read", {{"error", status.ToString()}});
    failed = !status.ok();
  }
}

}  // namespace kontor::recommendations
