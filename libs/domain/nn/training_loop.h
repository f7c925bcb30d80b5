#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/domain/nn/graph.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

// One network in training. RunTraining calls it from one thread and turns what LibTorch throws into INTERNAL.
class Trainee {
 public:
  virtual ~Trainee() = default;

  virtual Parameters& parameters() = 0;
  // Shuffles, by nothing but `random`, and returns the number of batches of the epoch; 0: nothing can be learnt.
  virtual size_t StartEpoch(base::Random& random) = 0;
  // The mean loss of a batch, differentiable.
  virtual at::Tensor Loss(size_t batch, base::Random& random) = 0;
  // The model of these weights: what is saved when its figure is the best.
  virtual Arrays Export(const Arrays& averages) = 0;
  // Higher is better.
  virtual absl::StatusOr<double> Validate(const Arrays& model) = 0;
};

// INVALID_ARGUMENT with the sentence of the first rule that does not hold.
struct Rule {
  bool holds;
  absl::string_view sentence;
};
absl::Status CheckOptions(std::initializer_list<Rule> rules);

// A share that dropout can leave out.
inline bool IsShare(double value) { return value >= 0 && value < 1; }

// 0 … size - 1 in random order.
std::vector<size_t> RandomOrder(size_t size, base::Random& random);

struct LoopOptions {
  double rate = 0;  // Adam's
  int max_epochs = 0;
  int patience = 0;
};

// Trains what `make` makes until the figure has not risen for `patience` epochs, the epochs or the time are used up,
// and returns the best model. INVALID_ARGUMENT when there are no batches; CANCELLED when cancelled; INTERNAL when the
// loss is not finite, or LibTorch throws; else what a callback or Validate returned.
absl::StatusOr<Arrays> RunTraining(const std::function<std::unique_ptr<Trainee>()>& make, const LoopOptions& options,
                                   const TrainControl& control);

}  // namespace kontor::nn
