#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

struct NeuralOptions {
  double max_seconds = 0;              // of wall time for each network; 0: no network is trained
  const base::Clock* clock = nullptr;  // that the time is read from; needed with max_seconds
  std::function<bool()> cancelled;
  int threads = 1;
  uint64_t seed = 1;
};

// The epoch that each network did best after; 0: let the validation decide; kLeftOut: none. By NeuralKind.
inline constexpr int kLeftOut = -1;
enum NeuralKind { kSequenceNetwork, kVaeNetwork, kTowerNetwork, kPairNetwork, kNeuralKinds };
using NeuralEpochs = std::array<int, kNeuralKinds>;

// A person's past and what came next, for early stopping: `history` is all of `train` of a user.
struct NeuralValidation {
  const Baskets* train = nullptr;
  absl::Span<const Example> examples;
};

// Sequence model, Mult-VAE, two towers (where the catalogue has features) and NeuMF, learned from baskets as sequences
// of items. With epochs[kind] = 0 a network ends when the examples' NDCG@10 rises no more, and the best epoch is
// written there; else it is trained for that many. Examples with several items stand for their first. CANCELLED when
// cancelled; a network whose time ran out before its first epoch ended is left out, now and in later trainings with
// these epochs.
absl::StatusOr<Model::Sources> TrainNeural(const Baskets& baskets, const ItemFeatures& features,
                                           const NeuralValidation& validation, const NeuralOptions& options,
                                           NeuralEpochs& epochs);

}  // namespace kontor::recommendations
