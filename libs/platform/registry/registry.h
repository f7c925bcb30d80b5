#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace kontor::registry {

// What is known about a model beside its bytes.
struct ModelMetadata {
  std::map<std::string, double> metrics;  // finite numbers by name, e.g. recall_at_10 on the hold-out
  std::vector<std::string> parents;       // what it was made from: "name@version", a data checksum
  absl::Time created;                     // set by Publish
};

struct ModelInfo {
  std::string name;
  int64_t version = 0;  // 1, 2, 3, … per name
  std::string sha256;   // of the bytes, hex
  int64_t bytes = 0;
  ModelMetadata metadata;
};

struct Model {
  ModelInfo info;
  std::string bytes;
};

// Who holds a stage.
struct StageHolder {
  int64_t version = 0;
  int64_t previous = 0;  // who held it before; 0 for nobody
  double share = 1;      // of the traffic that the holder is to have
};

// Versions of models in a directory (README.md shows the layout), safe against torn writes, bit flips and hostile
// names. Several processes may use one directory; a Registry is thread-safe. A published version never changes.
class Registry {
 public:
  struct Options {
    std::string directory;                       // made when missing
    int64_t max_model_bytes = int64_t{1} << 30;  // larger ones are neither published nor loaded
  };
  // UNAVAILABLE when the directory cannot be made or opened. `clock` outlives the registry.
  static absl::StatusOr<Registry> Open(const Options& options, const base::Clock& clock);

  // Writes aside, syncs, renames. Returns the version. INVALID_ARGUMENT for a bad name (1 to 64 of a-z, 0-9, '-', '_',
  // '.', first a letter or digit) or a metric that is not finite, RESOURCE_EXHAUSTED when too large or the disk is
  // full. Nothing is left behind by a failure.
  absl::StatusOr<int64_t> Publish(absl::string_view name, absl::string_view bytes, const ModelMetadata& metadata);

  // Reads and verifies one version: NOT_FOUND, or DATA_LOSS (reason MODEL_CORRUPT) when it is torn or changed.
  absl::StatusOr<Model> Load(absl::string_view name, int64_t version) const;

  // The newest version that verifies; the corrupt ones passed over are named in `skipped` when not null. NOT_FOUND
  // when there is none.
  absl::StatusOr<Model> LoadLatest(absl::string_view name, std::vector<int64_t>* skipped = nullptr) const;

  // The version that has the stage; when it does not verify, the newest older one that does.
  absl::StatusOr<Model> LoadStage(absl::string_view name, absl::string_view stage,
                                  std::vector<int64_t>* skipped = nullptr) const;

  // Manifests that verify, newest first; the bytes are not read.
  absl::StatusOr<std::vector<ModelInfo>> List(absl::string_view name) const;

  // Names a version the holder of `stage` ("serving", "canary", …; the same rule as names) with a share above 0 and at
  // most 1, in one write. Whether a model is good enough is the caller's decision. The bytes are verified first.
  // Rollback gives the stage back to its holder before the last promotion: FAILED_PRECONDITION (NO_PREVIOUS_VERSION)
  // when there was none. Vacate leaves nobody in the stage; fine where nobody was.
  absl::Status Promote(absl::string_view name, int64_t version, absl::string_view stage, double share = 1);
  absl::StatusOr<int64_t> Rollback(absl::string_view name, absl::string_view stage);
  absl::Status Vacate(absl::string_view name, absl::string_view stage);
  // NOT_FOUND when nobody holds the stage.
  absl::StatusOr<StageHolder> Holder(absl::string_view name, absl::string_view stage) const;
  absl::StatusOr<int64_t> StageVersion(absl::string_view name, absl::string_view stage) const;

  // Forgets who held the stage before: Rollback then refuses, and Prune may remove it.
  absl::Status ForgetPrevious(absl::string_view name, absl::string_view stage);

  // Removes all but the newest `keep` versions and those that hold a stage or held it before. Returns how many went.
  absl::StatusOr<int> Prune(absl::string_view name, int keep);

 private:
  Registry(Options options, const base::Clock& clock) : options_(std::move(options)), clock_(&clock) {}

  Options options_;
  const base::Clock* clock_;
};

}  // namespace kontor::registry
