#include "services/recommendations/model_handler.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/platform/runtime/background.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

constexpr int kDefaultModels = 100, kMaxModels = 1'000;
constexpr double kMaxNetworkSeconds = 3600;

void CheckShare(double share, base::Violations& violations) {
  if (share >= 0 && share < 1) return;
  violations.Add("canary_share", "OUT_OF_RANGE", "give a share above 0 and below 1, or 0 for everybody");
}

// 0 for what is no name of one of the shop's models.
int64_t VersionOf(absl::string_view name, absl::string_view shop) {
  int64_t version = 0;
  absl::string_view number = name;
  if (!absl::ConsumePrefix(&number, absl::StrCat("shops/", shop, "/models/"))) return 0;
  return absl::SimpleAtoi(number, &version) && absl::StrCat(version) == number ? std::max<int64_t>(version, 0) : 0;
}

absl::Status NoModel(absl::string_view sentence) {
  return base::Error(absl::StatusCode::kFailedPrecondition, kReasonNoModel, sentence);
}

// The version that has a stage; 0 for none.
absl::StatusOr<registry::StageHolder> HolderOf(const registry::Registry& registry, absl::string_view shop,
                                               absl::string_view stage) {
  absl::StatusOr<registry::StageHolder> holder = registry.Holder(RegistryName(shop), stage);
  if (absl::IsNotFound(holder.status())) return registry::StageHolder();
  return holder;
}

// A model that verifies and that this program can read.
absl::StatusOr<registry::ModelInfo> ReadableModel(const registry::Registry& registry, const std::string& shop,
                                                  int64_t version) {
  absl::StatusOr<registry::Model> loaded = registry.Load(RegistryName(shop), version);
  if (absl::IsNotFound(loaded.status())) {
    return base::Error(absl::StatusCode::kNotFound, kReasonModelUnknown,
                       absl::StrCat("there is no model ", ModelName(shop, version), "; ListModels says which are"));
  }
  RETURN_IF_ERROR(loaded.status());
  RETURN_IF_ERROR(LoadModel(loaded->bytes).status());
  return std::move(loaded->info);
}

}  // namespace

absl::Status ModelHandler::Serve(const std::string& shop) {
  absl::Status status;
  runtime::RunBehindCalls([&] {
    status = parts_.models.Refresh(shop);
    if (status.ok()) status = parts_.models.RefreshCanary(shop);
    if (status.ok()) parts_.serving.Refresh(shop);
  });
  return status;
}

absl::StatusOr<v1::Model> ModelHandler::TrainModel(const runtime::CallContext& call,
                                                   const v1::TrainModelRequest& request) {
  const double seconds = static_cast<double>(request.network_time().seconds()) + 1e-9 * request.network_time().nanos();
  base::Violations violations;
  if (seconds < 0 || seconds > kMaxNetworkSeconds) {
    violations.Add("network_time", "NETWORK_TIME_INVALID", "give at most an hour, or leave it out for no networks");
  }
  CheckShare(request.canary_share(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  absl::StatusOr<std::shared_ptr<const ServedModel>> trained;
  runtime::RunBehindCalls([&] {
    trained = parts_.trainer.Train(call.shop, {request.force(), seconds, request.canary_share()},
                                   [&call] { return call.cancelled(); });
    if (trained.ok()) parts_.serving.Refresh(call.shop);
  });
  ASSIGN_OR_RETURN(const std::shared_ptr<const ServedModel> served, trained);
  v1::Model model;
  FillModel(call.shop, served->info(), request.canary_share() == 0, request.canary_share(), model);
  return model;
}

absl::StatusOr<v1::Model> ModelHandler::PromoteModel(const runtime::CallContext& call,
                                                     const v1::PromoteModelRequest& request) {
  base::Violations violations;
  const int64_t version = VersionOf(request.name(), call.shop);
  if (version == 0) {
    violations.Add("name", "MODEL_NAME_INVALID", absl::StrCat("give shops/", call.shop, "/models/{model}"));
  }
  const double share = request.canary_share();
  CheckShare(share, violations);
  RETURN_IF_ERROR(violations.ToStatus());
  ASSIGN_OR_RETURN(const registry::ModelInfo info, ReadableModel(parts_.registry, call.shop, version));
  if (share > 0) {
    ASSIGN_OR_RETURN(const registry::StageHolder serving, HolderOf(parts_.registry, call.shop, kServingStage));
    if (serving.version == 0) return NoModel("there is no model in service for a canary to stand beside");
    if (serving.version == version) {
      return base::Error(absl::StatusCode::kFailedPrecondition, kReasonModelServes,
                         absl::StrCat(request.name(), " serves everybody already; it cannot be its own canary"));
    }
  }
  RETURN_IF_ERROR(PutIntoService(parts_.registry, call.shop, version, share));
  RETURN_IF_ERROR(Serve(call.shop));
  v1::Model model;
  FillModel(call.shop, info, share == 0, share, model);
  return model;
}

absl::StatusOr<v1::Model> ModelHandler::RollbackModel(const runtime::CallContext& call,
                                                      const v1::RollbackModelRequest&) {
  const std::string name = RegistryName(call.shop);
  ASSIGN_OR_RETURN(const registry::StageHolder canary, HolderOf(parts_.registry, call.shop, kCanaryStage));
  ASSIGN_OR_RETURN(const registry::StageHolder serving, HolderOf(parts_.registry, call.shop, kServingStage));
  if (serving.version == 0) return NoModel("there is no model in service");
  int64_t version = serving.version;
  if (canary.version != 0) {
    RETURN_IF_ERROR(parts_.registry.Vacate(name, kCanaryStage));
  } else {
    ASSIGN_OR_RETURN(version, parts_.registry.Rollback(name, kServingStage));
  }
  RETURN_IF_ERROR(Serve(call.shop));
  ASSIGN_OR_RETURN(const std::vector<registry::ModelInfo> models, parts_.registry.List(name));
  v1::Model model;
  for (const registry::ModelInfo& info : models) {
    if (info.version == version) FillModel(call.shop, info, true, 0, model);
  }
  return model;
}

absl::StatusOr<v1::ListModelsResponse> ModelHandler::ListModels(const runtime::CallContext& call,
                                                                const v1::ListModelsRequest& request) {
  base::Violations violations;
  if (request.page_size() < 0 || request.page_size() > kMaxModels) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", "give 1 to 1,000, or 0 for 100");
  }
  int64_t below = std::numeric_limits<int64_t>::max();
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &below)) {
    violations.Add("page_token", "PAGE_TOKEN_INVALID", "pass next_page_token of the answer before");
  }
  RETURN_IF_ERROR(violations.ToStatus());

  const std::string name = RegistryName(call.shop);
  ASSIGN_OR_RETURN(const registry::StageHolder serving, HolderOf(parts_.registry, call.shop, kServingStage));
  ASSIGN_OR_RETURN(const registry::StageHolder canary, HolderOf(parts_.registry, call.shop, kCanaryStage));
  const absl::StatusOr<std::vector<registry::ModelInfo>> models = parts_.registry.List(name);
  if (!models.ok() && !absl::IsNotFound(models.status())) return models.status();
  v1::ListModelsResponse response;
  if (!models.ok()) return response;
  const int limit = request.page_size() == 0 ? kDefaultModels : request.page_size();
  for (const registry::ModelInfo& info : *models) {
    if (info.version >= below) continue;
    if (response.models_size() == limit) {
      response.set_next_page_token(absl::StrCat(info.version + 1));
      break;
    }
    FillModel(call.shop, info, serving.version == info.version, canary.version == info.version ? canary.share : 0,
              *response.add_models());
  }
  return response;
}

}  // namespace kontor::recommendations
