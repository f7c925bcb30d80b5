#include "services/search/index_keeper.h"

#include <algorithm>

#include "absl/time/clock.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr absl::Duration kCommitPeriod = absl::Milliseconds(100);
constexpr absl::Duration kKeepPeriod = absl::Seconds(1);
constexpr absl::Duration kSavePeriod = absl::Minutes(5);
constexpr double kRefreshShare = 5;  // a refresh that took a second is followed by five without

uint64_t GenerationsOf(const SearchFollower& follower) {
  uint64_t sum = 0;
  for (const auto& [id, shop] : follower.shops()) sum += shop->View()->generation();
  return sum;
}

}  // namespace

IndexKeeper::IndexKeeper(SearchFollower& follower, runtime::Metrics& metrics)
    : follower_(follower),
      documents_(metrics.gauge("kontor_search_documents", "Products that can be found, of all shops.")),
      snapshot_failures_(metrics.counter("kontor_search_snapshot_failures_total",
                                         "Snapshots of the search index that could not be saved.")) {}

IndexKeeper::~IndexKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
    stopped_ = true;
  }
  stopping_.NotifyAll();
  if (committing_.joinable()) committing_.join();
  if (keeping_.joinable()) keeping_.join();
}

void IndexKeeper::Start() {
  next_save_ = absl::Now() + kSavePeriod;
  saved_generations_ = GenerationsOf(follower_);
  committing_ = std::thread([this] { Run(kCommitPeriod, &IndexKeeper::CommitAll); });
  keeping_ = std::thread([this] {
    runtime::StandBehindCalls();
    Run(kKeepPeriod, &IndexKeeper::KeepAll);
    next_save_ = absl::InfinitePast();
    SaveIfDue();
  });
}

void IndexKeeper::Run(absl::Duration period, void (IndexKeeper::*work)()) {
  for (;;) {
    (this->*work)();
    base::MutexLock lock(mutex_);
    if (!stop_) stopping_.WaitFor(mutex_, period);
    if (stop_) return;
  }
}

void IndexKeeper::CommitAll() {
  double documents = 0;
  for (const auto& [id, shop] : follower_.shops()) {
    shop->Commit();
    documents += static_cast<double>(shop->View()->documents());
  }
  documents_.Set(documents);
}

void IndexKeeper::RefreshChanged() {
  for (const auto& [id, shop] : follower_.shops()) {
    const absl::Time begin = absl::Now();
    absl::Time& next = next_refresh_.try_emplace(id, absl::InfinitePast()).first->second;
    const bool changed = shop->View()->generation() != shop->companions()->generation;
    if (!changed || begin < next) continue;
    shop->RefreshCompanions([this] { return stopped_.load(); });
    next = absl::Now() + kRefreshShare * (absl::Now() - begin);
  }
}

void IndexKeeper::SaveIfDue() {
  const uint64_t generations = GenerationsOf(follower_);
  if (absl::Now() < next_save_ || generations == saved_generations_) return;
  next_save_ = absl::Now() + kSavePeriod;
  const absl::Status status = follower_.SaveSnapshots();
  if (status.ok()) {
    saved_generations_ = generations;
    return;
  }
  snapshot_failures_.Add();
  runtime::LogWarning("the search index is not saved; a restart will read more of the log",
                      {{"error", status.ToString()}});
}

void IndexKeeper::KeepAll() {
  for (const auto& [id, shop] : follower_.shops()) {
    while (!stopped_ && shop->Merge()) {
    }
  }
  RefreshChanged();
  SaveIfDue();
}

}  // namespace kontor::search
