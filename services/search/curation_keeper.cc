#include "services/search/curation_keeper.h"

#include <utility>

#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "services/search/curation_convert.h"

namespace kontor::search {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(1);

}  // namespace

absl::StatusOr<CompiledCuration> Compile(const StoredCuration& stored, const text::Analyzer& analyzer) {
  NamedFilters filters;
  std::vector<CurationRule> rules;
  for (const v1::Rule& rule : stored.rules) {
    if (!rule.disabled()) rules.push_back(CurationRuleFrom(rule, filters));
  }
  std::vector<SynonymSet> sets;
  for (const v1::SynonymSet& set : stored.synonym_sets) {
    if (set.disabled()) continue;
    for (SynonymSet& each : SynonymSetsFrom(set)) sets.push_back(std::move(each));
  }
  CompiledCuration compiled;
  compiled.version = stored.version;
  compiled.experiments = stored.experiments;
  ASSIGN_OR_RETURN(compiled.rules, Curation::Build(std::move(rules)));
  ASSIGN_OR_RETURN(compiled.synonyms, Synonyms::Build(sets, analyzer));
  compiled.filters = std::make_shared<const NamedFilters>(std::move(filters));
  return compiled;
}

CurationKeeper::CurationKeeper(CurationStore& store, const SearchFollower& shops) : store_(store), searches_(shops) {
  for (const auto& [id, shop] : shops.shops()) shops_[id].Publish(std::make_shared<const CompiledCuration>());
}

CurationKeeper::~CurationKeeper() {
  {
    base::MutexLock lock(mutex_);
    stop_ = true;
  }
  stopping_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const CompiledCuration> CurationKeeper::Get(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second.Get();
}

absl::Status CurationKeeper::Load(const std::string& shop) {
  ASSIGN_OR_RETURN(const StoredCuration stored, store_.Load(shop));
  ASSIGN_OR_RETURN(CompiledCuration compiled, Compile(stored, searches_.Find(shop)->analyzer()));
  shops_.at(shop).Publish(std::make_shared<const CompiledCuration>(std::move(compiled)));
  return absl::OkStatus();
}

absl::Status CurationKeeper::Refresh(const std::string& shop) {
  base::MutexLock lock(loading_);
  return Load(shop);
}

absl::Status CurationKeeper::RefreshAll() {
  base::MutexLock lock(loading_);
  ASSIGN_OR_RETURN(const auto versions, store_.Versions());
  for (const auto& [shop, compiled] : shops_) {
    const auto version = versions.find(shop);
    if (version != versions.end() && version->second != compiled.Get()->version) RETURN_IF_ERROR(Load(shop));
  }
  return absl::OkStatus();
}

void CurationKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void CurationKeeper::Run() {
  bool failed = false;
  for (;;) {
    {
      base::MutexLock lock(mutex_);
      if (!stop_) stopping_.WaitFor(mutex_, kPeriod);
      if (stop_) return;
    }
    const absl::Status status = RefreshAll();
    if (!status.ok() && !failed) {
      runtime::LogWarning("curation cannot be read; the last known one stays", {{"error", status.ToString()}});
    }
    failed = !status.ok();
  }
}

}  // namespace kontor::search
