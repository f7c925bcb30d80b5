#pragma once

#include "absl/status/statusor.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/platform/registry/registry.h"
#include "libs/platform/runtime/call_context.h"
#include "services/recommendations/serving_view.h"
#include "services/recommendations/trainer.h"

namespace kontor::recommendations {

// RecommendationService/TrainModel, PromoteModel, RollbackModel and ListModels: the proto states their errors.
// Answers after the return come from the models that were chosen. Thread-safe.
class ModelHandler {
 public:
  struct Parts {
    Trainer& trainer;
    registry::Registry& registry;
    ServingModels& models;
    ServingViews& serving;
  };
  explicit ModelHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::Model> TrainModel(const runtime::CallContext& call, const v1::TrainModelRequest& request);
  absl::StatusOr<v1::Model> PromoteModel(const runtime::CallContext& call, const v1::PromoteModelRequest& request);
  absl::StatusOr<v1::Model> RollbackModel(const runtime::CallContext& call, const v1::RollbackModelRequest& request);
  absl::StatusOr<v1::ListModelsResponse> ListModels(const runtime::CallContext& call,
                                                    const v1::ListModelsRequest& request);

 private:
  absl::Status Serve(const std::string& shop);  // what the registry says now

  const Parts parts_;
};

constexpr char kReasonModelUnknown[] = "MODEL_UNKNOWN";
constexpr char kReasonModelServes[] = "MODEL_SERVES";

}  // namespace kontor::recommendations
