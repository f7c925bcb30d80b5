#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "libs/domain/recommendations/train.h"
#include "services/recommendations/training_data.h"

namespace kontor::recommendations {

// How a new model does beside the one in service.
struct GateVerdict {
  double candidate_ndcg = 0, serving_ndcg = 0;  // at 10
  int64_t baskets = 0;                          // that both were asked for
  bool unseen = false;                          // neither had seen them; else both figures are from their own trainings
  double margin = 0;                            // a difference that chance makes once in twenty comparisons

  bool worse() const { return candidate_ndcg < serving_ndcg - margin; }
};

struct GateOptions {
  size_t min_baskets = 100;  // with fewer unseen ones the recorded figures are compared
  size_t max_baskets = 2'000;
};

// Both are asked for last baskets of customers that neither has learned from: those that are newer than the serving
// model, and of the candidate its twin, trained without the last basket of any customer, nor the visit that led to it.
// (On baskets that the serving model has learned from it would beat any honest rival.) Where too few are newer, the two
// saw nearly the same history, and what each scored on its own hold-out is compared. Costs a training in the first
// case. The margin is 1.645 standard errors: of the differences basket by basket in the first case; in the second of a
// mean of numbers within 0 and 1 that vary as much as their mean lets them, for the baskets of one hold-out are nearly
// those of the other.
absl::StatusOr<GateVerdict> CompareModels(const TrainingData& data, const Model& candidate, const Model& serving,
                                          const TrainOptions& training, const GateOptions& options = {});

}  // namespace kontor::recommendations
