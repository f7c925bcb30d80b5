#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/nn/training.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

// A self-attentive model of the order of events: SASRec (Kang, McAuley 2018) with pre-norm blocks, biases by distance
// instead of positions (as in T5, Raffel et al. 2020) and a start token. A user's vector is the mean of the items'
// vectors weighted by recency plus what the blocks make of them, which begins at zero; the predicted items' table
// begins as the read one and learns its difference. Scores are cosines over a temperature, learnt by a sampled softmax
// with the correction for the chance of being sampled (item_softmax.h).
struct SequenceModelOptions {
  int dimensions = 64;  // a multiple of heads
  int layers = 2;
  int heads = 2;
  int hidden = 256;         // width between the two layers of a block's feed-forward part
  int window = 50;          // items of a history that are looked at, the newest
  int negatives = 1024;     // drawn for each batch uniformly from the items with events, beside the batch's own labels
  int batch_events = 1024;  // labels in a batch, of histories of similar length
  double dropout = 0.3;     // within the blocks
  double input_dropout = 0.2;  // of the items' vectors
  double own_dropout = 0.2;    // share of items with features that a batch sees without their own vectors
  double rate = 3e-3;          // Adam's
  double temperature = 0.07;
};

// Every event of a training sequence is a label. `features` may be empty (no offsets); with them an item's vectors,
// read and predicted, are the sum of its own and its features' ones, weighted by rarity, which helps rare items and
// gives vectors to items without any event. The validation figure is NDCG@10 over all items.
// INVALID_ARGUMENT: bad data or options; else as TrainControl (training.h) says.
absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainSequenceModel(const Sequences& sequences,
                                                                      const ItemFeatures& features,
                                                                      const HoldOut& validation,
                                                                      const SequenceModelOptions& options,
                                                                      const TrainControl& control);

}  // namespace kontor::nn
