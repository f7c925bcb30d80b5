#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/search/rank.h"
#include "libs/platform/registry/registry.h"
#include "services/search/search_follower.h"

namespace kontor::search {

// A ranker of the registry. Immutable.
struct ServedRanker {
  int64_t version = 0;  // 0: none is in service
  std::shared_ptr<const LearnedRanker> ranker;
};

// Keeps each shop's ranker as the registry says who serves, looking every five seconds, so that what another process
// put into service is served here too. One that cannot be read is passed over: ranking goes on with the last known one.
// Owns one thread. Thread-safe.
class RankerKeeper {
 public:
  RankerKeeper(registry::Registry& registry, const SearchFollower& shops);
  ~RankerKeeper();

  // Never null for a shop that is configured; null for others.
  std::shared_ptr<const ServedRanker> Get(absl::string_view shop) const;

  // Publishes a new version and puts it into service, here at once. Keeps the newest ten and those that serve or served
  // last. Answers its version.
  absl::StatusOr<int64_t> PutIntoService(const std::string& shop, const LearnedRanker& ranker,
                                         const registry::ModelMetadata& metadata);
  // Back to who served before, or to nobody; answers who serves then, 0 for nobody. FAILED_PRECONDITION (NO_MODEL)
  // where nobody serves.
  absl::StatusOr<int64_t> Rollback(const std::string& shop);
  // Of the registry's books: 0 for nobody.
  absl::StatusOr<int64_t> ServingVersion(const std::string& shop) const;

  // Brings one shop up to date now.
  absl::Status Refresh(const std::string& shop);
  // Looks at every shop, then begins to look every five seconds.
  void Start();

 private:
  void Run();
  void RefreshAll();

  registry::Registry& registry_;
  std::map<std::string, base::Snapshot<ServedRanker>, std::less<>> shops_;
  base::Mutex changing_;  // of who serves
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::string> failures_;  // of the thread: what was logged last, by shop
  std::thread thread_;
};

// Of a shop's rankers in the registry.
std::string RankerModelName(absl::string_view shop);
// "shops/default/rankers/3"; empty for version 0.
std::string RankerName(absl::string_view shop, int64_t version);

constexpr char kReasonNoRanker[] = "NO_MODEL";

}  // namespace kontor::search
