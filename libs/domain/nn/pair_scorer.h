#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// Neural collaborative filtering (NeuMF; He et al. 2017): a generalised matrix factorisation and a multi-layer
// perceptron over (user, item), added up to one logit. A user is the mean of the vectors of the items had, so that
// whoever came after the training is scored, too. It scores given candidates; an encoder (user_encoder.h) finds them.
// Immutable and thread-safe.
class PairScorer {
 public:
  virtual ~PairScorer() = default;

  virtual uint32_t item_count() const = 0;

  // One logit for each of `items`. Ids of item_count and above are ignored in the history; as an item to be scored
  // such an id is an item of which nothing is known. INVALID_ARGUMENT when `out` is not as long as `items`.
  virtual absl::Status Score(absl::Span<const uint32_t> history, absl::Span<const uint32_t> items,
                             absl::Span<float> out) const = 0;

  virtual std::string Save() const = 0;  // bytes for LoadPairScorer; see arrays.h
};

// INVALID_ARGUMENT: not a pair scorer or another format; DATA_LOSS: cut, changed, or sizes that do not fit together.
absl::StatusOr<std::unique_ptr<const PairScorer>> LoadPairScorer(absl::string_view bytes);

struct PairScorerOptions {
  int dimensions = 64;  // of the vectors of either part
  int hidden = 64;      // width of the perceptron's first layer; the second has half of it
  int negatives = 8;    // items drawn uniformly for every event
  int batch_events = 512;
  double dropout = 0.3;  // of the perceptron's and the factorisation's inputs
  double rate = 2e-3;    // Adam's
};

// Binary cross-entropy over every event, with the user's other items as the history, and the drawn negatives. The
// validation figure is NDCG@10 over all items, on the first 500 users of `validation`. INVALID_ARGUMENT: bad data or
// options; else as TrainControl (training.h) says.
absl::StatusOr<std::unique_ptr<const PairScorer>> TrainPairScorer(const Sequences& sequences, const HoldOut& validation,
                                                                  const PairScorerOptions& options,
                                                                  const TrainControl& control);

}  // namespace kontor::nn
