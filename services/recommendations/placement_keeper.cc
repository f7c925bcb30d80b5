#include "services/recommendations/placement_keeper.h"

#include <algorithm>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/runtime/background.h"
#include "libs/platform/runtime/log.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);
constexpr absl::Duration kLearningPeriod = absl::Seconds(30);
constexpr int kRest = 20;
constexpr absl::Duration kWindow = absl::Hours(24 * 30);

}  // namespace

Strategy StrategyFrom(v1::Strategy strategy) {
  return strategy == v1::STRATEGY_AUTO ? Strategy::kNone : static_cast<Strategy>(strategy);
}

v1::Strategy StrategyOnWire(Strategy strategy) { return static_cast<v1::Strategy>(strategy); }

Objective ObjectiveFrom(const v1::Objective& objective) {
  return {static_cast<float>(objective.click()), static_cast<float>(objective.cart()),
          static_cast<float>(objective.purchase()), static_cast<float>(objective.margin())};
}

PlacementKeeper::PlacementKeeper(const Parts& parts)
    : pool_(parts.pool), store_(parts.store), book_(parts.book), clock_(parts.clock) {
  for (const fleet::Shop& shop : parts.shops) shops_.push_back(shop.id);
}

PlacementKeeper::~PlacementKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status PlacementKeeper::LoadSettings() {
  ASSIGN_OR_RETURN(settings_, store_.LoadAll());
  return absl::OkStatus();
}

absl::Status PlacementKeeper::LearnStrategies() {
  std::map<std::string, std::map<v1::Placement, Objective>> objectives;
  for (const auto& [shop, settings] : settings_) {
    for (const v1::PlacementSettings& one : settings) {
      objectives[shop][PlacementOfName(one.name(), shop)] = ObjectiveFrom(one.objective());
    }
  }
  const absl::Time now = clock_.Now();
  ASSIGN_OR_RETURN(const StrategyOutcomes outcomes, ReadStrategyOutcomes(pool_, now - kWindow, now, objectives));
  std::map<std::string, Policies> policies;
  for (const auto& [shop, placements] : outcomes) {
    for (const auto& [placement, of_placement] : placements) {
      ASSIGN_OR_RETURN(StrategyPolicy policy, StrategyPolicy::Learn(of_placement, {}));
      policies[shop][placement] = std::make_shared<const StrategyPolicy>(std::move(policy));
    }
  }
  policies_ = std::move(policies);
  return absl::OkStatus();
}

void PlacementKeeper::Publish() {
  for (const std::string& shop : shops_) {
    auto states = std::make_shared<PlacementStates>();
    for (const auto& [placement, policy] : policies_[shop]) (*states)[placement].policy = policy;
    for (const v1::PlacementSettings& settings : settings_[shop]) {
      const v1::Placement placement = PlacementOfName(settings.name(), shop);
      PlacementState& state = (*states)[placement];
      if (settings.strategy() != v1::STRATEGY_UNSPECIFIED) state.strategy = settings.strategy();
      state.objective = ObjectiveFrom(settings.objective());
      state.etag = settings.etag();
    }
    book_.Publish(shop, std::move(states));
  }
}

absl::Status PlacementKeeper::RefreshSettings() {
  base::MutexLock lock(loading_);
  RETURN_IF_ERROR(LoadSettings());
  Publish();
  return absl::OkStatus();
}

absl::Status PlacementKeeper::RefreshAll() {
  base::MutexLock lock(loading_);
  RETURN_IF_ERROR(LoadSettings());
  RETURN_IF_ERROR(LearnStrategies());
  Publish();
  return absl::OkStatus();
}

void PlacementKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status PlacementKeeper::Look() {
  const absl::Time begin = clock_.Now();
  if (begin < next_learning_) return RefreshSettings();
  const absl::Status status = RefreshAll();
  next_learning_ = begin + std::max(kLearningPeriod, kRest * (clock_.Now() - begin));
  return status;
}

void PlacementKeeper::Run() {
  runtime::StandBehindCalls();
  bool failed = false;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    const absl::Status status = Look();
    if (!status.ok() && !failed) {
      runtime::LogWarning("placements cannot be read; what was known last stays", {{"error", status.ToString()}});
    }
    failed = !status.ok();
  }
}

}  // namespace kontor::recommendations
