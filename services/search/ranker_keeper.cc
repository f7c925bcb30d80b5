#include "services/search/ranker_keeper.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"

namespace kontor::search {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(5);
constexpr char kServing[] = "serving";
constexpr int kRankersKept = 10;

}  // namespace

std::string RankerModelName(absl::string_view shop) { return absl::StrCat("search-ranker-", shop); }

std::string RankerName(absl::string_view shop, int64_t version) {
  return version == 0 ? "" : absl::StrCat("shops/", shop, "/rankers/", version);
}

RankerKeeper::RankerKeeper(registry::Registry& registry, const SearchFollower& shops) : registry_(registry) {
  for (const auto& [id, shop] : shops.shops()) shops_[id].Publish(std::make_shared<const ServedRanker>());
}

RankerKeeper::~RankerKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const ServedRanker> RankerKeeper::Get(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second.Get();
}

absl::StatusOr<int64_t> RankerKeeper::ServingVersion(const std::string& shop) const {
  const absl::StatusOr<int64_t> version = registry_.StageVersion(RankerModelName(shop), kServing);
  return absl::IsNotFound(version.status()) ? 0 : version;
}

absl::StatusOr<int64_t> RankerKeeper::PutIntoService(const std::string& shop, const LearnedRanker& ranker,
                                                     const registry::ModelMetadata& metadata) {
  int64_t version = 0;
  {
    base::MutexLock lock(changing_);
    const std::string name = RankerModelName(shop);
    ASSIGN_OR_RETURN(version, registry_.Publish(name, ranker.Save(), metadata));
    RETURN_IF_ERROR(registry_.Promote(name, version, kServing));
    RETURN_IF_ERROR(registry_.Prune(name, kRankersKept).status());
  }
  RETURN_IF_ERROR(Refresh(shop));
  return version;
}

absl::StatusOr<int64_t> RankerKeeper::Rollback(const std::string& shop) {
  {
    base::MutexLock lock(changing_);
    const std::string name = RankerModelName(shop);
    const absl::StatusOr<registry::StageHolder> holder = registry_.Holder(name, kServing);
    if (absl::IsNotFound(holder.status())) {
      return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoRanker,
                         "there is no ranker in service to go back from");
    }
    RETURN_IF_ERROR(holder.status());
    RETURN_IF_ERROR(holder->previous == 0 ? registry_.Vacate(name, kServing)
                                          : registry_.Rollback(name, kServing).status());
  }
  RETURN_IF_ERROR(Refresh(shop));
  return ServingVersion(shop);
}

absl::Status RankerKeeper::Refresh(const std::string& shop) {
  base::MutexLock lock(changing_);
  ASSIGN_OR_RETURN(const int64_t version, ServingVersion(shop));
  base::Snapshot<ServedRanker>& served = shops_.at(shop);
  if (served.Get()->version == version) return absl::OkStatus();
  if (version == 0) {
    served.Publish(std::make_shared<const ServedRanker>());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const registry::Model model, registry_.Load(RankerModelName(shop), version));
  ASSIGN_OR_RETURN(LearnedRanker ranker, LearnedRanker::Load(model.bytes));
  served.Publish(std::make_shared<const ServedRanker>(
      ServedRanker{version, std::make_shared<const LearnedRanker>(std::move(ranker))}));
  return absl::OkStatus();
}

void RankerKeeper::RefreshAll() {
  for (const auto& [shop, served] : shops_) {
    const absl::Status status = Refresh(shop);
    std::string& logged = failures_[shop];
    if (!status.ok() && logged != status.ToString()) {
      runtime::LogError("the ranker in service cannot be read; the last known one stays",
                        {{"model", RankerModelName(shop)}, {"error", status.ToString()}});
    }
    logged = status.ok() ? "" : status.ToString();
  }
}

void RankerKeeper::Start() {
  RefreshAll();
  thread_ = std::thread([this] { Run(); });
}

void RankerKeeper::Run() {
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    RefreshAll();
  }
}

}  // namespace kontor::search
