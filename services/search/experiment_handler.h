#pragma once

#include "absl/status/statusor.h"
#include "kontor/search/v1/ranking_service.pb.h"
#include "libs/base/clock.h"
#include "libs/platform/runtime/call_context.h"
#include "services/search/curation_keeper.h"
#include "services/search/curation_store.h"

namespace kontor::search {

// The RPCs of RankingService that are about experiments; the proto states their errors. Thread-safe.
class ExperimentHandler {
 public:
  struct Parts {
    CurationStore& store;
    CurationKeeper& keeper;
    const base::Clock& clock;
  };
  explicit ExperimentHandler(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<v1::Experiment> CreateExperiment(const runtime::CallContext& call,
                                                  const v1::CreateExperimentRequest& request);
  absl::StatusOr<v1::ListExperimentsResponse> ListExperiments(const runtime::CallContext& call,
                                                              const v1::ListExperimentsRequest& request);
  absl::StatusOr<v1::DeleteExperimentResponse> DeleteExperiment(const runtime::CallContext& call,
                                                                const v1::DeleteExperimentRequest& request);

 private:
  void Serve(const std::string& shop);

  const Parts parts_;
};

}  // namespace kontor::search
