#include "services/recommendations/serving_models.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/platform/runtime/log.h"

namespace kontor::recommendations {

std::string RegistryName(absl::string_view shop) {
  constexpr size_t kLongest = 48, kKept = 31;
  if (shop.size() <= kLongest) return absl::StrCat("recommendations-", shop);
  return absl::StrCat("recommendations-", shop.substr(0, kKept), ".", base::Sha256Hex(shop).substr(0, 16));
}

std::string ModelName(absl::string_view shop, int64_t version) {
  return absl::StrCat("shops/", shop, "/models/", version);
}

absl::Status PutIntoService(registry::Registry& registry, absl::string_view shop, int64_t version,
                            double canary_share) {
  const std::string name = RegistryName(shop);
  if (canary_share > 0) return registry.Promote(name, version, kCanaryStage, canary_share);
  RETURN_IF_ERROR(registry.Promote(name, version, kServingStage));
  return registry.Vacate(name, kCanaryStage);
}

ServingModels::ServingModels(const registry::Registry& registry, absl::Span<const fleet::Shop> shops)
    : registry_(registry) {
  for (const fleet::Shop& shop : shops) shops_.emplace(shop.id, std::make_unique<Shop>());
}

std::shared_ptr<const ServedModel> ServingModels::Get(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second->served.Get();
}

void ServingModels::Forget(absl::string_view shop, const absl::flat_hash_set<uint64_t>& persons) {
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return;
  base::MutexLock lock(found->second->mutex);
  found->second->forgotten.insert(persons.begin(), persons.end());
}

absl::flat_hash_set<uint64_t> ServingModels::Forgotten(const Shop& shop) {
  base::MutexLock lock(shop.mutex);
  return shop.forgotten;
}

absl::Status ServingModels::Refresh(absl::string_view shop) {
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return absl::OkStatus();
  base::MutexLock lock(found->second->refreshing);
  const std::string name = RegistryName(shop);
  const absl::StatusOr<int64_t> version = registry_.StageVersion(name, kServingStage);
  if (absl::IsNotFound(version.status())) return absl::OkStatus();
  RETURN_IF_ERROR(version.status());
  const absl::flat_hash_set<uint64_t> forgotten = Forgotten(*found->second);
  const auto served = Get(shop);
  if (served != nullptr && served->stage_version() == *version && served->forgotten() == forgotten.size()) {
    return absl::OkStatus();
  }

  std::vector<int64_t> skipped;
  ASSIGN_OR_RETURN(registry::Model loaded, registry_.LoadStage(name, kServingStage, &skipped));
  ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, LoadModel(loaded.bytes, forgotten));
  for (const int64_t corrupt : skipped) {
    runtime::LogError("a model is corrupt; an older one serves instead", {{"model", ModelName(shop, corrupt)}});
  }
  runtime::LogInfo("model in service", {{"model", ModelName(shop, loaded.info.version)}});
  Publish(shop,
          std::make_shared<const ServedModel>(std::move(model), std::move(loaded.info), *version, forgotten.size()));
  return absl::OkStatus();
}

std::shared_ptr<const Canary> ServingModels::GetCanary(absl::string_view shop) const {
  const auto found = shops_.find(shop);
  return found == shops_.end() ? nullptr : found->second->canary.Get();
}

absl::Status ServingModels::RefreshCanary(absl::string_view shop) {
  const auto found = shops_.find(shop);
  if (found == shops_.end()) return absl::OkStatus();
  base::MutexLock lock(found->second->refreshing);
  const std::string name = RegistryName(shop);
  const absl::StatusOr<registry::StageHolder> holder = registry_.Holder(name, kCanaryStage);
  const std::shared_ptr<const Canary> known = GetCanary(shop);
  if (absl::IsNotFound(holder.status())) {
    if (known == nullptr) return absl::OkStatus();
    runtime::LogInfo("the canary has ended", {{"model", ModelName(shop, known->served->info().version)}});
    PublishCanary(shop, nullptr);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(holder.status());
  const absl::flat_hash_set<uint64_t> forgotten = Forgotten(*found->second);
  if (known != nullptr && known->served->info().version == holder->version &&
      known->served->forgotten() == forgotten.size()) {
    if (known->share != holder->share) {
      PublishCanary(shop, std::make_shared<const Canary>(Canary{known->served, holder->share}));
    }
    return absl::OkStatus();
  }
  PublishCanary(shop, nullptr);
  ASSIGN_OR_RETURN(registry::Model loaded, registry_.Load(name, holder->version));
  ASSIGN_OR_RETURN(std::shared_ptr<const Model> model, LoadModel(loaded.bytes, forgotten));
  runtime::LogInfo("canary in service", {{"model", ModelName(shop, holder->version)}, {"share", holder->share}});
  auto served =
      std::make_shared<const ServedModel>(std::move(model), std::move(loaded.info), holder->version, forgotten.size());
  PublishCanary(shop, std::make_shared<const Canary>(Canary{std::move(served), holder->share}));
  return absl::OkStatus();
}

void ServingModels::PublishCanary(absl::string_view shop, std::shared_ptr<const Canary> canary) {
  if (const auto found = shops_.find(shop); found != shops_.end()) found->second->canary.Publish(std::move(canary));
}

void ServingModels::Publish(absl::string_view shop, std::shared_ptr<const ServedModel> served) {
  if (const auto found = shops_.find(shop); found != shops_.end()) found->second->served.Publish(std::move(served));
}

}  // namespace kontor::recommendations
