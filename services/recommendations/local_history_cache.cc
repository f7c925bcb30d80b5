#include "services/recommendations/local_history_cache.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

absl::Duration SteadyNow() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

std::string KeyOf(absl::string_view shop, absl::string_view subject) { return absl::StrCat(shop, "/", subject); }

LocalHistoryCacheOptions WithClock(LocalHistoryCacheOptions options) {
  if (!options.monotonic) options.monotonic = SteadyNow;
  return options;
}

}  // namespace

LocalHistoryCache::LocalHistoryCache(HistoryStore& below, HistoryStore& origin, runtime::Metrics& metrics,
                                     LocalHistoryCacheOptions options)
    : below_(below),
      origin_(origin),
      options_(WithClock(std::move(options))),
      hits_(metrics.counter("kontor_recommendations_history_cache_hits_total", "Histories found in a cache.",
                            {{"layer", "local"}})),
      misses_(metrics.counter("kontor_recommendations_history_cache_misses_total", "Histories not found in a cache.",
                              {{"layer", "local"}})) {
  for (size_t i = 0; i < kShards; ++i) {
    base::MutexLock lock(shards_[i].mutex);
    shards_[i].random = base::Random(options_.seed + i);
  }
  for (int i = 0; i < options_.loaders; ++i) loaders_.emplace_back([this] { LoadLoop(); });
}

LocalHistoryCache::~LocalHistoryCache() {
  {
    base::MutexLock lock(queue_mutex_);
    stop_ = true;
  }
  queued_.NotifyAll();
  for (std::thread& loader : loaders_) loader.join();
}

LocalHistoryCache::Shard& LocalHistoryCache::ShardOf(const std::string& key) {
  return shards_[base::StableHash(key) % kShards];
}

absl::StatusOr<FoundHistory> LocalHistoryCache::Get(absl::string_view shop, absl::string_view subject,
                                                    const Demand& demand) {
  const std::string key = KeyOf(shop, subject);
  Shard& shard = ShardOf(key);
  std::shared_ptr<const PurchaseHistory> stale;
  base::MutexLock lock(shard.mutex);
  if (auto history = Find(shard, key, stale); history != nullptr) {
    if (!demand.past_caches) {
      hits_.Add();
      return FoundHistory{std::move(history)};
    }
    stale = std::move(history);
  }
  misses_.Add();
  const absl::StatusOr<std::shared_ptr<Flight>> flight = Depart(shard, key, shop, subject, demand.past_caches);
  absl::StatusOr<FoundHistory> found = flight.ok() ? Await(shard, **flight, demand.patience) : flight.status();
  if (!found.ok() && stale != nullptr) return FoundHistory{std::move(stale), true};
  return found;
}

absl::StatusOr<std::shared_ptr<LocalHistoryCache::Flight>> LocalHistoryCache::Depart(
    Shard& shard, const std::string& key, absl::string_view shop, absl::string_view subject, bool past_caches) {
  if (const auto under_way = shard.flights.find(key); !past_caches && under_way != shard.flights.end()) {
    return under_way->second;
  }
  auto flight = std::make_shared<Flight>();
  flight->shop = std::string(shop);
  flight->subject = std::string(subject);
  flight->past_caches = past_caches;
  RETURN_IF_ERROR(Enqueue(flight));
  if (!past_caches) shard.flights[key] = flight;
  return flight;
}

std::shared_ptr<const PurchaseHistory> LocalHistoryCache::Find(Shard& shard, const std::string& key,
                                                               std::shared_ptr<const PurchaseHistory>& stale) {
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  if (options_.monotonic() < found->second->expires) return found->second->history;
  stale = found->second->history;
  return nullptr;
}

absl::Status LocalHistoryCache::Enqueue(std::shared_ptr<Flight> flight) {
  {
    base::MutexLock lock(queue_mutex_);
    if (queue_.size() >= options_.max_waiting) {
      return base::Error(absl::StatusCode::kResourceExhausted, kReasonHistoryBusy,
                         "too many purchase histories are being read; ask again in a moment");
    }
    queue_.push_back(std::move(flight));
  }
  queued_.NotifyOne();
  return absl::OkStatus();
}

absl::StatusOr<FoundHistory> LocalHistoryCache::Await(Shard& shard, const Flight& flight, absl::Duration patience) {
  const absl::Duration until = SteadyNow() + patience;
  while (!flight.done) {
    const absl::Duration left = until - SteadyNow();
    if (left <= absl::ZeroDuration()) {
      return base::Error(absl::StatusCode::kUnavailable, kReasonHistoryLate,
                         "the purchase history could not be read in time; ask again in a moment");
    }
    shard.landed.WaitFor(shard.mutex, left);
  }
  return flight.result;
}

void LocalHistoryCache::LoadLoop() {
  for (;;) {
    std::shared_ptr<Flight> flight;
    {
      base::MutexLock lock(queue_mutex_);
      while (queue_.empty() && !stop_) queued_.Wait(queue_mutex_);
      if (stop_) return;
      flight = std::move(queue_.front());
      queue_.pop_front();
    }
    absl::StatusOr<FoundHistory> loaded = (flight->past_caches ? origin_ : below_).Get(flight->shop, flight->subject);
    const std::string key = KeyOf(flight->shop, flight->subject);
    Shard& shard = ShardOf(key);
    {
      base::MutexLock lock(shard.mutex);
      if (loaded.ok() && !loaded->stale && !flight->outdated) Keep(shard, key, loaded->history);
      flight->result = std::move(loaded);
      flight->done = true;
      const auto slot = shard.flights.find(key);
      if (slot != shard.flights.end() && slot->second == flight) shard.flights.erase(slot);
    }
    shard.landed.NotifyAll();
  }
}

void LocalHistoryCache::Keep(Shard& shard, const std::string& key, std::shared_ptr<const PurchaseHistory> history) {
  Drop(shard, key);
  Entry entry{key, std::move(history), {}, 0};
  entry.expires = options_.monotonic() + options_.lifetime * (0.5 + 0.5 * shard.random.Uniform());
  entry.bytes = entry.history->bytes() + static_cast<int64_t>(2 * key.size() + sizeof(Entry));
  shard.bytes += entry.bytes;
  shard.entries.push_front(std::move(entry));
  shard.by_key[key] = shard.entries.begin();
  const int64_t limit = options_.max_bytes / static_cast<int64_t>(kShards);
  while (shard.bytes > limit && shard.entries.size() > 1) {
    const std::string last = shard.entries.back().key;
    Drop(shard, last);
  }
}

void LocalHistoryCache::Drop(Shard& shard, const std::string& key) {
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return;
  shard.bytes -= found->second->bytes;
  shard.entries.erase(found->second);
  shard.by_key.erase(found);
}

void LocalHistoryCache::Forget(absl::Span<const std::pair<std::string, std::string>> subjects) {
  for (const auto& [shop, subject] : subjects) {
    const std::string key = KeyOf(shop, subject);
    Shard& shard = ShardOf(key);
    base::MutexLock lock(shard.mutex);
    Drop(shard, key);
    const auto flight = shard.flights.find(key);
    if (flight == shard.flights.end()) continue;
    flight->second->outdated = true;
    shard.flights.erase(flight);  // who asks from now on gets a load of their own
  }
}

void LocalHistoryCache::Clear() {
  for (Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    shard.entries.clear();
    shard.by_key.clear();
    shard.bytes = 0;
    for (const auto& [key, flight] : shard.flights) flight->outdated = true;
    shard.flights.clear();
  }
}

int64_t LocalHistoryCache::bytes() const {
  int64_t total = 0;
  for (const Shard& shard : shards_) {
    base::MutexLock lock(shard.mutex);
    total += shard.bytes;
  }
  return total;
}

}  // namespace kontor::recommendations
