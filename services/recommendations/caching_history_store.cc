#include "services/recommendations/caching_history_store.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kKeysPerCall = 500;

std::string KeyOf(absl::string_view shop, absl::string_view subject) {
  return absl::StrCat("recommendations/history/", shop, "/", subject);
}

}  // namespace

CachingHistoryStore::CachingHistoryStore(HistoryStore& below, redis::Client& redis, runtime::Metrics& metrics,
                                         uint64_t seed)
    : below_(below),
      redis_(redis),
      hits_(metrics.counter("kontor_recommendations_history_cache_hits_total", "Histories found in a cache.",
                            {{"layer", "redis"}})),
      misses_(metrics.counter("kontor_recommendations_history_cache_misses_total", "Histories not found in a cache.",
                              {{"layer", "redis"}})),
      random_(seed) {}

absl::Duration CachingHistoryStore::Lifetime() {
  base::MutexLock lock(mutex_);
  return kLifetime * (1 + 0.2 * random_.Uniform());
}

absl::StatusOr<FoundHistory> CachingHistoryStore::Get(absl::string_view shop, absl::string_view subject) {
  const std::string key = KeyOf(shop, subject);
  const absl::StatusOr<std::optional<std::string>> packed = redis_.Get(key);
  if (packed.ok() && packed->has_value()) {
    absl::StatusOr<PurchaseHistory> history = UnpackHistory(**packed);
    if (history.ok()) {
      hits_.Add();
      return FoundHistory{std::make_shared<const PurchaseHistory>(*std::move(history))};
    }
  }
  misses_.Add();
  ASSIGN_OR_RETURN(FoundHistory found, below_.Get(shop, subject));
  if (packed.ok()) redis_.SetEx(key, PackHistory(*found.history), Lifetime()).IgnoreError();
  return found;
}

void CachingHistoryStore::Forget(absl::Span<const std::pair<std::string, std::string>> subjects) {
  for (size_t begin = 0; begin < subjects.size(); begin += kKeysPerCall) {
    std::vector<std::string> keys;
    for (const auto& [shop, subject] : subjects.subspan(begin, kKeysPerCall)) keys.push_back(KeyOf(shop, subject));
    redis_.Del(keys).IgnoreError();
  }
}

}  // namespace kontor::recommendations
