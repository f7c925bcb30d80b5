#include "services/recommendations/caching_history_store.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/bytes.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kKeysPerCall = 500;

std::string KeyOf(absl::string_view shop, absl::string_view subject) {
  return absl::StrCat("recommendations/history/", shop, "/", subject);
}

}  // namespace

CachingHistoryStore::CachingHistoryStore(HistoryStore& below, redis::Client& redis, const base::Clock& clock,
                                         runtime::Metrics& metrics, uint64_t seed)
    : below_(below),
      redis_(redis),
      clock_(clock),
      hits_(metrics.counter("kontor_recommendations_history_cache_hits_total", "Histories found in a cache.",
                            {{"layer", "redis"}})),
      misses_(metrics.counter("kontor_recommendations_history_cache_misses_total", "Histories not found in a cache.",
                              {{"layer", "redis"}})),
      random_(seed) {}

// The end of freshness in Unix microseconds, then the history.
std::string CachingHistoryStore::Pack(const PurchaseHistory& history) {
  base::MutexLock lock(mutex_);
  const absl::Time fresh_until = clock_.Now() + kFresh * (1 + 0.2 * random_.Uniform());
  base::ByteWriter stamp;
  stamp.Value(absl::ToUnixMicros(fresh_until));
  return std::move(stamp).Take() + PackHistory(history);
}

std::optional<FoundHistory> CachingHistoryStore::Unpack(const absl::StatusOr<std::optional<std::string>>& value) const {
  if (!value.ok() || !value->has_value() || (*value)->size() < sizeof(int64_t)) return std::nullopt;
  const absl::string_view bytes = **value;
  const absl::Time fresh_until = absl::FromUnixMicros(base::ByteReader(bytes).Value<int64_t>());
  absl::StatusOr<PurchaseHistory> history = UnpackHistory(bytes.substr(sizeof(int64_t)));
  if (!history.ok()) return std::nullopt;
  return FoundHistory{std::make_shared<const PurchaseHistory>(*std::move(history)), clock_.Now() >= fresh_until};
}

absl::StatusOr<FoundHistory> CachingHistoryStore::Get(absl::string_view shop, absl::string_view subject) {
  const std::string key = KeyOf(shop, subject);
  const absl::StatusOr<std::optional<std::string>> value = redis_.Get(key);
  std::optional<FoundHistory> cached = Unpack(value);
  if (cached && !cached->stale) {
    hits_.Add();
    return *std::move(cached);
  }
  misses_.Add();
  absl::StatusOr<FoundHistory> found = below_.Get(shop, subject);
  if (!found.ok()) return cached ? *std::move(cached) : found;
  if (value.ok()) redis_.SetEx(key, Pack(*found->history), kKept).IgnoreError();
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
