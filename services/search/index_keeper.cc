#include "services/search/index_keeper.h"

#include <algorithm>
#include <ctime>

#include "absl/time/clock.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr absl::Duration kCommitPeriod = absl::Milliseconds(100);
constexpr absl::Duration kKeepPeriod = absl::Seconds(1);
constexpr absl::Duration kSavePeriod = absl::Minutes(5);
constexpr absl::Duration kLearnPeriod = absl::Minutes(5);  // where the texts are the same
constexpr double kRest = 4;                                // seconds without learning after a CPU second of it

absl::Duration ThreadCpu() {
  timespec spent = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return absl::DurationFromTimespec(spent);
}

uint64_t RecordsOf(const SearchFollower& follower) {
  uint64_t sum = 0;
  for (const auto& [id, shop] : follower.shops()) sum += shop->records();
  return sum;
}

}  // namespace

IndexKeeper::IndexKeeper(SearchFollower& follower, runtime::Metrics& metrics)
    : follower_(follower),
      documents_(metrics.gauge("kontor_search_documents", "Products that can be found, of all shops.")),
      unlearned_(
          metrics.gauge("kontor_search_unlearned_shops",
                        "Shops of which texts have changed since spelling, suggestions and vectors were learned.")),
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
  if (merging_.joinable()) merging_.join();
  if (keeping_.joinable()) keeping_.join();
}

void IndexKeeper::Start() {
  next_save_ = absl::Now() + kSavePeriod;
  saved_records_ = RecordsOf(follower_);
  committing_ = std::thread([this] { Run(kCommitPeriod, &IndexKeeper::CommitAll); });
  merging_ = std::thread([this] {
    runtime::StandBehindCalls();
    Run(kKeepPeriod, &IndexKeeper::MergeAll);
  });
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

void IndexKeeper::MergeAll() {
  for (const auto& [id, shop] : follower_.shops()) {
    while (!stopped_ && shop->Merge()) {
    }
  }
}

ShopSearch* IndexKeeper::Due(absl::Time now) {
  ShopSearch* due = nullptr;
  for (const auto& [id, shop] : follower_.shops()) {
    const absl::Time learned = learned_.try_emplace(shop.get(), absl::InfinitePast()).first->second;
    const std::shared_ptr<const Companions> known = shop->companions();
    const bool later = known->records != shop->records() && now - learned >= kLearnPeriod;
    if (known->texts == shop->texts() && !later) continue;
    if (due == nullptr || learned < learned_[due]) due = shop.get();
  }
  return due;
}

void IndexKeeper::RefreshDue() {
  const absl::Time begin = absl::Now();
  if (begin < next_refresh_) return;
  ShopSearch* shop = Due(begin);
  if (shop == nullptr) return;
  const absl::Duration cpu = ThreadCpu();
  shop->RefreshCompanions([this] { return stopped_.load(); });
  learned_[shop] = absl::Now();
  next_refresh_ = absl::Now() + kRest * (ThreadCpu() - cpu);
}

void IndexKeeper::TellUnlearned() {
  double shops = 0;
  for (const auto& [id, shop] : follower_.shops()) shops += shop->texts() == shop->companions()->texts ? 0 : 1;
  unlearned_.Set(shops);
}

void IndexKeeper::SaveIfDue() {
  const uint64_t records = RecordsOf(follower_);
  if (absl::Now() < next_save_ || records == saved_records_) return;
  next_save_ = absl::Now() + kSavePeriod;
  const absl::Status status = follower_.SaveSnapshots();
  if (status.ok()) {
    saved_records_ = records;
    return;
  }
  snapshot_failures_.Add();
  runtime::LogWarning("the search index is not saved; a restart will read more of the log",
                      {{"error", status.ToString()}});
}

void IndexKeeper::KeepAll() {
  TellUnlearned();
  RefreshDue();
  TellUnlearned();
  SaveIfDue();
}

}  // namespace kontor::search
