#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "kontor/search/v1/ranking_service.pb.h"
#include "libs/base/status.h"
#include "libs/domain/search/search_engine.h"

// Two configurations of the engine compared by what people do with their answers.
namespace kontor::search {

// INVALID_ARGUMENT's violations of one that is to be stored.
void CheckExperiment(const std::string& prefix, const v1::Experiment& experiment, base::Violations& violations);

// Who answers: `experiment` is null where it is the configuration in service, uncounted.
struct Assigned {
  const v1::Experiment* experiment = nullptr;
  v1::ExperimentAssignment::Side side = v1::ExperimentAssignment::SIDE_UNSPECIFIED;
};

// Of the experiments in force at `now` the first by id, and a visitor's side in it: the same whenever it is asked, and
// independent between experiments. Nobody's without a visitor. Borrows from `experiments`.
Assigned Assign(const std::vector<v1::Experiment>& experiments, absl::string_view visitor, absl::Time now);

struct AssignedAnswer {
  EngineAnswer answered;
  Assigned assigned;              // of nobody where the question cannot be interleaved
  uint64_t candidate_places = 0;  // SIDE_BOTH: bit i: place i + 1 of this page was put by the candidate
};

// An answer as it was assigned. Interleaved are the first 1,000 places of answers by relevance that rules leave
// alone and that neither group variants nor trade relevance for margin, by a draw that `visitor` and the question
// decide, so that pages fit together; total, facets and what stands behind are the baseline's. An engine whose two
// answers are not of one view is not interleaved: the baseline answers, uncounted. Errors are the engine's.
absl::StatusOr<AssignedAnswer> AskAs(const Assigned& assigned, absl::string_view visitor, const SearchEngine& engine,
                                     const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                     absl::Time deadline);

}  // namespace kontor::search
