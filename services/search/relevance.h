#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kontor/search/v1/search_service.pb.h"
#include "libs/base/status.h"
#include "libs/domain/search/search_engine.h"

namespace kontor::search {

void CheckSettings(const std::string& prefix, const v1::EngineSettings& settings, base::Violations& violations);
// What is given, over what serves.
void ApplySettings(const v1::EngineSettings& wanted, EngineSettings& settings, Question& question);

// INVALID_ARGUMENT with all violations.
absl::Status CheckEvaluation(const v1::EvaluateRelevanceRequest& request);

// Both configurations on every query of a request that CheckEvaluation lets pass. Cost: about a millisecond a query and
// side. Errors are the engine's.
absl::StatusOr<v1::EvaluateRelevanceResponse> Evaluate(const SearchEngine& engine, const EngineParts& parts,
                                                       const EngineSettings& settings,
                                                       const v1::EvaluateRelevanceRequest& request, int64_t now_us,
                                                       absl::Time deadline);

}  // namespace kontor::search
