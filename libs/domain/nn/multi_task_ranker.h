#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/nn/training.h"

namespace kontor::nn {

enum class RankerTask { kClick, kCart, kPurchase, kMargin };
inline constexpr size_t kRankerTasks = 4;

// Shown products as rows of features, and what became of them.
struct RankerRows {
  uint32_t feature_count = 0;
  absl::Span<const float> features;  // rows x feature_count, finite
  absl::Span<const float> labels;    // rows x 4 in the order of RankerTask: 0 or 1, and the margin of what was bought;
                                     // NaN where nothing is known, as the margin of a row that was not bought
  absl::Span<const float> weights;   // rows, not negative; empty: all 1

  size_t rows() const { return feature_count == 0 ? 0 : features.size() / feature_count; }
};

// What a shown product will bring: probabilities of click, cart and purchase, and the margin if it is bought. A
// mixture of experts with one gate a task (MMoE; Ma et al. 2018); with one expert it is the shared-bottom network.
// Features are normalised inside. Immutable and thread-safe.
class MultiTaskRanker {
 public:
  virtual ~MultiTaskRanker() = default;

  virtual uint32_t feature_count() const = 0;

  // rows x 4 predictions in the order of RankerTask: three probabilities and the expected margin of a purchase, in the
  // labels' unit. INVALID_ARGUMENT when the sizes do not fit together or a feature is not finite.
  virtual absl::Status Predict(absl::Span<const float> features, absl::Span<float> out) const = 0;

  virtual std::string Save() const = 0;  // bytes for LoadMultiTaskRanker; see arrays.h
};

// INVALID_ARGUMENT: not a ranker or another format; DATA_LOSS: cut, changed, or sizes that do not fit together.
absl::StatusOr<std::unique_ptr<const MultiTaskRanker>> LoadMultiTaskRanker(absl::string_view bytes);

struct MultiTaskRankerOptions {
  int experts = 4;  // 1: shared bottom
  int hidden = 64;  // width of an expert's first layer
  int output = 32;  // of its second, and of a task's hidden layer
  int batch_rows = 512;
  double dropout = 0.1;
  double rate = 2e-3;  // Adam's
};

// How much better than a constant the predictions for a task are: 1 - loss / loss of the rows' own mean. The loss is
// the log loss for the probabilities (1 - normalised entropy; He et al. 2014), the squared error for the margin. 0 for
// a task with no rows or with labels that are all alike.
std::array<double, kRankerTasks> RelativeGain(const MultiTaskRanker& ranker, const RankerRows& rows);

// A task's loss counts in proportion to what a constant would lose, so that rare purchases weigh as much as clicks.
// The validation figure is the mean RelativeGain over the tasks that have different labels in `validation`.
// INVALID_ARGUMENT: bad data or options, no task with different labels; else as TrainControl (training.h) says.
absl::StatusOr<std::unique_ptr<const MultiTaskRanker>> TrainMultiTaskRanker(const RankerRows& rows,
                                                                            const RankerRows& validation,
                                                                            const MultiTaskRankerOptions& options,
                                                                            const TrainControl& control);

}  // namespace kontor::nn
