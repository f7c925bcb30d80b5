#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/domain/nn/training.h"
#include "libs/domain/nn/user_encoder.h"

namespace kontor::nn {

// The variational autoencoder with multinomial likelihood (Liang et al. 2018): a history is a set, its order is lost.
// The user vector is the decoder's last hidden layer, the output table and bias are its last layer. The defaults were
// chosen on the validation items of Amazon Beauty.
struct MultVaeOptions {
  int hidden = 200;  // width of the layers next to the items: the user vector's dimensions
  int latent = 100;
  int batch_users = 500;
  double dropout = 0.5;         // of the items of the input
  double rate = 3e-3;           // Adam's
  double divergence = 0.2;      // the weight (beta) that the divergence from the prior reaches …
  int divergence_steps = 5000;  // … after so many steps, linearly
};

// The validation figure is NDCG@10 over all items. INVALID_ARGUMENT: bad data or options; else as TrainControl
// (training.h) says.
absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainMultVae(const Sequences& sequences, const HoldOut& validation,
                                                                const MultVaeOptions& options,
                                                                const TrainControl& control);

}  // namespace kontor::nn
