#include "services/search/experiment_handler.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/platform/runtime/log.h"
#include "services/search/curation_handler.h"
#include "services/search/experiments.h"

namespace kontor::search {

void ExperimentHandler::Serve(const std::string& shop) {
  const absl::Status status = parts_.keeper.Refresh(shop);
  if (!status.ok()) runtime::LogWarning("an experiment begins a little later", {{"error", status.ToString()}});
}

absl::StatusOr<v1::Experiment> ExperimentHandler::CreateExperiment(const runtime::CallContext& call,
                                                                   const v1::CreateExperimentRequest& request) {
  base::Violations violations;
  if (!IsCurationId(request.experiment_id())) {
    violations.Add("experiment_id", "ID_INVALID", "give 1 to 63 of a-z, 0-9 and '-', first a letter");
  }
  CheckExperiment("experiment.", request.experiment(), violations);
  RETURN_IF_ERROR(violations.ToStatus());
  using Change = absl::StatusOr<std::optional<v1::Experiment>>;
  ASSIGN_OR_RETURN(v1::Experiment created,
                   parts_.store.Change<ExperimentKind>(call.shop, request.experiment_id(), parts_.clock.Now(),
                                                       [&](std::optional<v1::Experiment> stored) -> Change {
                                                         if (!stored.has_value()) return request.experiment();
                                                         return base::Error(
                                                             absl::StatusCode::kAlreadyExists, kReasonCurationExists,
                                                             absl::StrCat("there is ", stored->name(), " already"));
                                                       }));
  Serve(call.shop);
  return created;
}

absl::StatusOr<v1::ListExperimentsResponse> ExperimentHandler::ListExperiments(const runtime::CallContext& call,
                                                                               const v1::ListExperimentsRequest&) {
  ASSIGN_OR_RETURN(StoredCuration stored, parts_.store.Load(call.shop));
  v1::ListExperimentsResponse response;
  for (v1::Experiment& experiment : stored.experiments) *response.add_experiments() = std::move(experiment);
  return response;
}

absl::StatusOr<v1::DeleteExperimentResponse> ExperimentHandler::DeleteExperiment(
    const runtime::CallContext& call, const v1::DeleteExperimentRequest& request) {
  ASSIGN_OR_RETURN(const std::string id, CurationIdOf<ExperimentKind>(request.name(), call.shop));
  using Change = absl::StatusOr<std::optional<v1::Experiment>>;
  RETURN_IF_ERROR(parts_.store
                      .Change<ExperimentKind>(call.shop, id, parts_.clock.Now(),
                                              [&](std::optional<v1::Experiment> stored) -> Change {
                                                if (stored.has_value()) return std::nullopt;
                                                return base::Error(absl::StatusCode::kNotFound, kReasonCurationUnknown,
                                                                   absl::StrCat("there is no ", request.name()));
                                              })
                      .status());
  Serve(call.shop);
  return v1::DeleteExperimentResponse();
}

}  // namespace kontor::search
