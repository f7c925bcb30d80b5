#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/nn/training.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

// Two towers (Yi et al. 2019). An item's vector is made from its features (a sum of their vectors weighted by rarity,
// corrected by a small network) and, where it has training events, from a vector of its own; a user's from the item
// vectors of the history, weighted by learned weights of recency, corrected by a small network of its own. So items
// without any event have vectors (all of them rows of the output table) and so have items that come later (EncodeItem).
// The networks' last layers start at zero: before the first step the score is the cosine of randomly projected
// features.
struct TwoTowerOptions {
  int dimensions = 128;
  int hidden = 256;
  int window = 50;
  int negatives = 512;  // drawn for each batch uniformly from the items with events, beside the batch's own labels
  int batch_events = 1024;
  double own_dropout = 0.2;  // share of items that a batch sees without their own vectors, as it will see new items
  double input_dropout = 0.2;
  double rate = 3e-3;
  double temperature = 0.1;
};

// `features` must not be empty. Softmax over the batch's labels and the negatives, each corrected by the logarithm of
// its chance to be there (logQ). The validation figure is NDCG@10 over all items. INVALID_ARGUMENT: bad data or
// options; else as TrainControl (training.h) says.
absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainTwoTower(const Sequences& sequences,
                                                                 const ItemFeatures& features,
                                                                 const HoldOut& validation,
                                                                 const TwoTowerOptions& options,
                                                                 const TrainControl& control);

}  // namespace kontor::nn
