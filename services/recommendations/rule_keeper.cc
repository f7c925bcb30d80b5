#include "services/recommendations/rule_keeper.h"

#include <map>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "services/recommendations/rule_convert.h"

namespace kontor::recommendations {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);

}  // namespace

RuleKeeper::RuleKeeper(RuleStore& store, RuleBook& book, absl::Span<const fleet::Shop> shops)
    : store_(store), book_(book) {
  for (const fleet::Shop& shop : shops) shops_.push_back(shop.id);
}

RuleKeeper::~RuleKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

absl::Status RuleKeeper::Load(const std::string& shop) {
  ASSIGN_OR_RETURN(const StoredRules stored, store_.Load(shop));
  auto rules = std::make_shared<RuleSet>();
  rules->version = stored.version;
  for (const v1::Rule& rule : stored.rules) {
    if (rule.disabled()) continue;
    ASSIGN_OR_RETURN(const std::string id, RuleIdOf(rule.name(), shop));
    rules->rules.push_back(RuleFrom(rule, id));
  }
  book_.Publish(shop, std::move(rules));
  return absl::OkStatus();
}

absl::Status RuleKeeper::Refresh(const std::string& shop) {
  base::MutexLock lock(loading_);
  return Load(shop);
}

absl::Status RuleKeeper::RefreshAll() {
  base::MutexLock lock(loading_);
  ASSIGN_OR_RETURN(const auto versions, store_.Versions());
  for (const std::string& shop : shops_) {
    const auto version = versions.find(shop);
    if (version != versions.end() && version->second != book_.Get(shop)->version) RETURN_IF_ERROR(Load(shop));
  }
  return absl::OkStatus();
}

void RuleKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void RuleKeeper::Run() {
  bool failed = false;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    const absl::Status status = RefreshAll();
    if (!status.ok() && !failed) {
      runtime::LogWarning("rules cannot be read; the last known ones stay", {{"error", status.ToString()}});
    }
    failed = !status.ok();
  }
}

}  // namespace kontor::recommendations
