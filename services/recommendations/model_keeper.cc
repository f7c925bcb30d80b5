#include "services/recommendations/model_keeper.h"

#include <algorithm>
#include <memory>

#include "libs/base/status.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/erasure_rows.h"

namespace kontor::recommendations {

ModelKeeper::ModelKeeper(Trainer& trainer, ServingModels& serving, postgres::Pool& postgres,
                         absl::Span<const fleet::Shop> shops, const base::Clock& clock, runtime::Metrics& metrics,
                         ModelKeeperOptions options)
    : trainer_(trainer),
      serving_(serving),
      postgres_(postgres),
      clock_(clock),
      failures_(metrics, clock),
      options_(options) {
  const absl::Time now = clock.Now();
  next_growth_check_ = now + options_.growth_check;
  for (const fleet::Shop& shop : shops) {
    shops_.push_back(shop.id);
    next_training_[shop.id] = now + options_.rest;
  }
}

ModelKeeper::~ModelKeeper() {
  cancelled_ = true;
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void ModelKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void ModelKeeper::Run() {
  runtime::StandBehindCalls();
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, options_.refresh);
      if (stop_) return;
    }
    LookOnce();
  }
}

void ModelKeeper::LookOnce() {
  for (const std::string& shop : shops_) {
    if (const std::shared_ptr<const ServedModel> served = serving_.Get(shop)) failures_.Look(shop, *served);
    if (const auto canary = serving_.GetCanary(shop)) failures_.Look(shop, *canary->served);
    const absl::Status status = serving_.Refresh(shop);
    if (!status.ok()) {
      runtime::LogWarning("the model named as serving cannot be loaded",
                          {{"model", RegistryName(shop)}, {"error", status.ToString()}});
    }
    const absl::Status canary = serving_.RefreshCanary(shop);
    if (!canary.ok()) {
      runtime::LogError("the canary cannot be loaded; the model in service answers",
                        {{"model", RegistryName(shop)}, {"error", canary.ToString()}});
    }
  }
  if (clock_.Now() < next_growth_check_) return;
  next_growth_check_ = clock_.Now() + options_.growth_check;
  for (const std::string& shop : shops_) {
    if (clock_.Now() < next_training_[shop]) continue;
    const bool forget = KnowsTheForgotten(shop);
    if (serving_.GetCanary(shop) != nullptr && !forget) continue;
    const std::optional<int64_t> orders = GrownTo(shop);
    if (!orders && !forget) continue;
    if (orders) tried_at_[shop] = *orders;
    const auto trained =
        trainer_.Train(shop, {.network_seconds = NetworkSeconds(shop)}, [this] { return cancelled_.load(); });
    next_training_[shop] = clock_.Now() + options_.rest;
    if (!trained.ok()) runtime::LogWarning("no new model", {{"error", trained.status().ToString()}});
  }
}

double ModelKeeper::NetworkSeconds(const std::string& shop) const {
  const std::shared_ptr<const ServedModel> served = serving_.Get(shop);
  if (served == nullptr) return 0;
  const auto& metrics = served->info().metadata.metrics;
  const auto found = metrics.find(kMetricNetworkSeconds);
  return found == metrics.end() ? 0 : found->second;
}

bool ModelKeeper::KnowsTheForgotten(const std::string& shop) const {
  const std::shared_ptr<const ServedModel> served = serving_.Get(shop);
  if (served == nullptr) return false;
  const absl::StatusOr<int64_t> newest = NewestErasure(postgres_, shop);
  return newest.ok() && static_cast<double>(*newest) > ErasuresKnownTo(*served);
}

std::optional<int64_t> ModelKeeper::GrownTo(const std::string& shop) const {
  const absl::StatusOr<int64_t> stored = StoredSnapshots(postgres_, shop);
  if (!stored.ok() || *stored < Trainer::kMinBaskets) return std::nullopt;
  double known = 0;
  if (const auto tried = tried_at_.find(shop); tried != tried_at_.end()) known = static_cast<double>(tried->second);
  if (const std::shared_ptr<const ServedModel> served = serving_.Get(shop)) {
    const auto& metrics = served->info().metadata.metrics;
    if (const auto learned = metrics.find(kMetricSnapshots); learned != metrics.end()) {
      known = std::max(known, learned->second);
    }
  }
  if (static_cast<double>(*stored) <= options_.growth * known) return std::nullopt;
  return *stored;
}

}  // namespace kontor::recommendations
