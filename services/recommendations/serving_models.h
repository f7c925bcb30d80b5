#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/base/snapshot.h"
#include "libs/domain/recommendations/model.h"
#include "libs/platform/fleet/fleet.h"
#include "libs/platform/registry/registry.h"

namespace kontor::recommendations {

// The name of a shop's models in the registry: "recommendations-<shop>", shortened by a hash where it would be too
// long.
std::string RegistryName(absl::string_view shop);

// "shops/{shop}/models/{version}"
std::string ModelName(absl::string_view shop, int64_t version);

constexpr char kReasonNoModel[] = "NO_MODEL";

// Stages of the registry: who answers, and who answers a share of people beside it.
inline constexpr char kServingStage[] = "serving", kCanaryStage[] = "canary";

// Puts a version into service: with a share of 0 for everybody, which ends a canary; with one below 1 as the canary, in
// place of the one before. Errors of Registry::Promote; where a second write fails the canary goes on.
absl::Status PutIntoService(registry::Registry& registry, absl::string_view shop, int64_t version, double canary_share);

// A model in service. Immutable; thread-safe.
class ServedModel {
 public:
  // `stage_version`: what the registry named as serving, which is another version where that one was corrupt.
  // `forgotten`: how many persons were left out when it was loaded.
  ServedModel(std::shared_ptr<const Model> model, registry::ModelInfo info, int64_t stage_version, size_t forgotten = 0)
      : model_(std::move(model)), info_(std::move(info)), stage_version_(stage_version), forgotten_(forgotten) {}

  const Model& model() const { return *model_; }
  const registry::ModelInfo& info() const { return info_; }
  int64_t stage_version() const { return stage_version_; }
  size_t forgotten() const { return forgotten_; }

 private:
  const std::shared_ptr<const Model> model_;
  const registry::ModelInfo info_;
  const int64_t stage_version_;
  const size_t forgotten_;
};

// A model that answers a share of people.
struct Canary {
  std::shared_ptr<const ServedModel> served;
  double share = 0;  // above 0, below 1
};

// The models that each shop is served with. Thread-safe.
class ServingModels {
 public:
  ServingModels(const registry::Registry& registry, absl::Span<const fleet::Shop> shops);

  // Null while there is none, and for shops that are not configured.
  std::shared_ptr<const ServedModel> Get(absl::string_view shop) const;

  // Nothing of those persons (StableHash of their tokens) counts in models that are loaded from now on; Refresh and
  // RefreshCanary load those in service anew.
  void Forget(absl::string_view shop, const absl::flat_hash_set<uint64_t>& persons);

  // Loads what the registry names as serving, when it is another one than is served; a model that does not verify, or
  // that this program cannot read, leaves the old one in place. OK when there is nothing to load.
  absl::Status Refresh(absl::string_view shop);

  // Null while there is none.
  std::shared_ptr<const Canary> GetCanary(absl::string_view shop) const;

  // Takes over what the registry says about the canary. One that cannot be loaded is an error and no canary: nothing
  // older stands in for it. Where the stage itself cannot be read, the canary that is known goes on.
  absl::Status RefreshCanary(absl::string_view shop);

  void Publish(absl::string_view shop, std::shared_ptr<const ServedModel> served);
  void PublishCanary(absl::string_view shop, std::shared_ptr<const Canary> canary);  // null: none

 private:
  struct Shop {
    base::Snapshot<ServedModel> served;
    base::Snapshot<Canary> canary;
    base::Mutex refreshing;  // one load at a time, so that none publishes what is outdated
    mutable base::Mutex mutex;
    absl::flat_hash_set<uint64_t> forgotten ABSL_GUARDED_BY(mutex);
  };
  static absl::flat_hash_set<uint64_t> Forgotten(const Shop& shop);

  const registry::Registry& registry_;
  absl::flat_hash_map<std::string, std::unique_ptr<Shop>> shops_;
};

}  // namespace kontor::recommendations
