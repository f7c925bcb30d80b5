#include "services/recommendations/model_handler.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/recommendations/convert.h"

namespace kontor::recommendations {
namespace {

constexpr int kDefaultModels = 100, kMaxModels = 1'000;
constexpr double kMaxNetworkSeconds = 3600;

}  // namespace

absl::StatusOr<v1::Model> ModelHandler::TrainModel(const runtime::CallContext& call,
                                                   const v1::TrainModelRequest& request) {
  const double seconds = static_cast<double>(request.network_time().seconds()) + 1e-9 * request.network_time().nanos();
  if (seconds < 0 || seconds > kMaxNetworkSeconds) {
    base::Violations violations;
    violations.Add("network_time", "NETWORK_TIME_INVALID", "give at most an hour, or leave it out for no networks");
    return violations.ToStatus();
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<const ServedModel> served,
                   trainer_.Train(call.shop, {request.force(), seconds}, [&call] { return call.cancelled(); }));
  serving_.Refresh(call.shop);
  v1::Model model;
  FillModel(call.shop, served->info(), true, model);
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
  const absl::StatusOr<int64_t> serving = registry_.StageVersion(name, kServingStage);
  if (!serving.ok() && !absl::IsNotFound(serving.status())) return serving.status();
  const absl::StatusOr<std::vector<registry::ModelInfo>> models = registry_.List(name);
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
    FillModel(call.shop, info, serving.ok() && *serving == info.version, *response.add_models());
  }
  return response;
}

}  // namespace kontor::recommendations
