#pragma once

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/serving_view.h"
#include "services/recommendations/trainer.h"

namespace kontor::recommendations {

// RecommendationService/TrainModel and ListModels. Thread-safe.
class ModelHandler {
 public:
  ModelHandler(Trainer& trainer, const registry::Registry& registry, ServingViews& serving)
      : trainer_(trainer), registry_(registry), serving_(serving) {}

  // Errors as trainer.h says. Answers after the return come from the new model.
  absl::StatusOr<v1::Model> TrainModel(const runtime::CallContext& call, const v1::TrainModelRequest& request);
  absl::StatusOr<v1::ListModelsResponse> ListModels(const runtime::CallContext& call,
                                                    const v1::ListModelsRequest& request);

 private:
  Trainer& trainer_;
  const registry::Registry& registry_;
  ServingViews& serving_;
};

}  // namespace kontor::recommendations
