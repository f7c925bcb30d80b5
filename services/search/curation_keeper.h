#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/text/analyzer.h"
#include "services/search/curation_store.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// What a shop's operators have decided, compiled. Immutable.
struct CompiledCuration {
  int64_t version = 0;  // of the stored objects; 0 before the first
  std::shared_ptr<const Curation> rules;
  std::shared_ptr<const NamedFilters> filters;
  std::shared_ptr<const Synonyms> synonyms;
  std::vector<v1::Experiment> experiments;  // by id
};

// Of objects that are valid; those that are disabled are left out. INVALID_ARGUMENT where the domain refuses them.
absl::StatusOr<CompiledCuration> Compile(const StoredCuration& stored, const text::Analyzer& analyzer);

// Keeps each shop's curation as the store says: one statement a second, and a load for each shop whose version has
// changed. While the store is away the last known one stays. Owns one thread. Thread-safe.
class CurationKeeper {
 public:
  CurationKeeper(CurationStore& store, const SearchFollower& shops);
  ~CurationKeeper();

  // Never null for a shop that is configured; null for others.
  std::shared_ptr<const CompiledCuration> Get(absl::string_view shop) const;

  // Brings one shop or all up to date now.
  absl::Status Refresh(const std::string& shop);
  absl::Status RefreshAll();
  void Start();

 private:
  void Run();
  absl::Status Load(const std::string& shop) ABSL_EXCLUSIVE_LOCKS_REQUIRED(loading_);

  CurationStore& store_;
  const SearchFollower& searches_;
  std::map<std::string, base::Snapshot<CompiledCuration>, std::less<>> shops_;
  base::Mutex loading_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::search
