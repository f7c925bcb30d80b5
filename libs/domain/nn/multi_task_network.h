#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/domain/nn/arrays.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/multi_task_ranker.h"

namespace kontor::nn {

inline constexpr absl::string_view kMultiTaskKind = "multi_task_ranker";
inline constexpr float kFeatureLimit = 5;  // normalised features are cut there

// What a constant, the mean of the labels, loses.
struct TaskBase {
  double weight = 0;  // of the rows with a label
  double mean = 0;
  double loss = 0;  // mean; 0 when there are no labels or all are alike
};
TaskBase BaseOf(const RankerRows& rows, size_t task);

// Log loss of a probability, squared error of the margin.
double TaskLoss(size_t task, double label, double prediction);

// The serving form of a multi-task ranker.
class MultiTaskNetwork : public MultiTaskRanker {
 public:
  // Takes "feature_mean", "feature_scale", "first" (the experts' first layers below each other), "second<expert>",
  // "gates" (the tasks' gates below each other), "hidden<task>", "last<task>", the numbers "experts", "margin_mean" and
  // "margin_scale". DATA_LOSS when sizes do not fit together.
  static absl::StatusOr<std::unique_ptr<const MultiTaskNetwork>> Make(Arrays arrays);

  uint32_t feature_count() const override { return mean_->shape[0]; }
  absl::Status Predict(absl::Span<const float> features, absl::Span<float> out) const override;
  std::string Save() const override { return SaveArrays(arrays_); }

 private:
  MultiTaskNetwork() = default;
  absl::Status Bind();
  absl::Status BindTask(size_t task, uint32_t inputs);
  void PredictRows(const ConstMatrixMap& features, Eigen::Map<Matrix>& out) const;

  Arrays arrays_;
  const Array* mean_ = nullptr;
  const Array* scale_ = nullptr;
  Linear first_, gates_;
  std::vector<Linear> second_;         // one an expert
  std::vector<Linear> hidden_, last_;  // one a task
  double margin_mean_ = 0, margin_scale_ = 1;
};

}  // namespace kontor::nn
