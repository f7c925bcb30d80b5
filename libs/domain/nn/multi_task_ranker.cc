#include "libs/domain/nn/multi_task_ranker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/domain/nn/dense.h"
#include "libs/domain/nn/multi_task_network.h"

namespace kontor::nn {

absl::StatusOr<std::unique_ptr<const MultiTaskNetwork>> MultiTaskNetwork::Make(Arrays arrays) {
  std::unique_ptr<MultiTaskNetwork> network(new MultiTaskNetwork);
  network->arrays_ = std::move(arrays);
  RETURN_IF_ERROR(network->Bind());
  return std::unique_ptr<const MultiTaskNetwork>(std::move(network));
}

absl::Status MultiTaskNetwork::Bind() {
  ASSIGN_OR_RETURN(mean_, arrays_.FindOfRank("feature_mean", 1));
  ASSIGN_OR_RETURN(scale_, arrays_.Find("feature_scale", mean_->shape));
  ASSIGN_OR_RETURN(margin_mean_, arrays_.Number("margin_mean"));
  ASSIGN_OR_RETURN(margin_scale_, arrays_.Number("margin_scale"));
  ASSIGN_OR_RETURN(const double experts, arrays_.Number("experts"));
  if (!(experts >= 1 && experts <= 1024)) return absl::DataLossError("the count of experts is out of range");
  const uint32_t count = static_cast<uint32_t>(experts);
  ASSIGN_OR_RETURN(first_, FindLinear(arrays_, "first", feature_count()));
  ASSIGN_OR_RETURN(gates_, FindLinear(arrays_, "gates", feature_count()));
  if (first_.outputs() % count != 0 || gates_.outputs() != count * kRankerTasks) {
    return absl::DataLossError("the experts' sizes do not fit together");
  }
  for (uint32_t e = 0; e < count; ++e) {
    ASSIGN_OR_RETURN(Linear second, FindLinear(arrays_, absl::StrCat("second", e), first_.outputs() / count));
    if (e > 0 && second.outputs() != second_[0].outputs()) return absl::DataLossError("the experts differ in size");
    second_.push_back(second);
  }
  for (size_t task = 0; task < kRankerTasks; ++task) RETURN_IF_ERROR(BindTask(task, second_[0].outputs()));
  return absl::OkStatus();
}

absl::Status MultiTaskNetwork::BindTask(size_t task, uint32_t inputs) {
  ASSIGN_OR_RETURN(Linear hidden, FindLinear(arrays_, absl::StrCat("hidden", task), inputs));
  ASSIGN_OR_RETURN(Linear last, FindLinear(arrays_, absl::StrCat("last", task), hidden.outputs()));
  if (last.outputs() != 1) return absl::DataLossError("a task has more than one output");
  hidden_.push_back(hidden);
  last_.push_back(last);
  return absl::OkStatus();
}

absl::Status MultiTaskNetwork::Predict(absl::Span<const float> features, absl::Span<float> out) const {
  const size_t rows = features.size() / feature_count();
  if (features.size() != rows * feature_count() || out.size() != rows * kRankerTasks) {
    return absl::InvalidArgumentError(
        absl::StrCat("rows of ", feature_count(), " features and of 4 predictions are due"));
  }
  if (!std::all_of(features.begin(), features.end(), [](float value) { return std::isfinite(value); })) {
    return absl::InvalidArgumentError("a feature is not a finite number");
  }
  constexpr size_t kRowsAtOnce = 256;  // their hidden layers stay in the cache
  for (size_t row = 0; row < rows; row += kRowsAtOnce) {
    const Eigen::Index count = static_cast<Eigen::Index>(std::min(kRowsAtOnce, rows - row));
    Eigen::Map<Matrix> predictions(out.data() + row * kRankerTasks, count, kRankerTasks);
    PredictRows({features.data() + row * feature_count(), count, feature_count()}, predictions);
  }
  return absl::OkStatus();
}

void MultiTaskNetwork::PredictRows(const ConstMatrixMap& features, Eigen::Map<Matrix>& out) const {
  Matrix x = features.rowwise() - AsRow(*mean_);
  x = (x.array().rowwise() * AsRow(*scale_).array()).cwiseMax(-kFeatureLimit).cwiseMin(kFeatureLimit).matrix();
  const Matrix first = first_(x).cwiseMax(0);
  const Eigen::Index experts = static_cast<Eigen::Index>(second_.size()), width = first.cols() / experts;
  std::vector<Matrix> expert;
  for (Eigen::Index e = 0; e < experts; ++e) {
    expert.push_back(second_[static_cast<size_t>(e)](first.middleCols(e * width, width)).cwiseMax(0));
  }
  const Matrix gates = gates_(x);
  for (size_t task = 0; task < kRankerTasks; ++task) {
    const Eigen::Index column = static_cast<Eigen::Index>(task);
    Matrix share = gates.middleCols(column * experts, experts);
    share = (share.colwise() - share.rowwise().maxCoeff()).array().exp().matrix();
    share = share.array().colwise() / share.rowwise().sum().array();
    Matrix mixed = Matrix::Zero(x.rows(), expert[0].cols());
    for (Eigen::Index e = 0; e < experts; ++e) {
      mixed.array() += expert[static_cast<size_t>(e)].array().colwise() * share.col(e).array();
    }
    const Matrix logit = last_[task](Matrix(hidden_[task](mixed).cwiseMax(0)));
    if (task == static_cast<size_t>(RankerTask::kMargin)) {
      out.col(column) =
          (logit.col(0).array() * static_cast<float>(margin_scale_) + static_cast<float>(margin_mean_)).matrix();
    } else {
      out.col(column) = (1 / (1 + (-logit.col(0).array()).exp())).matrix();
    }
  }
}

absl::StatusOr<std::unique_ptr<const MultiTaskRanker>> LoadMultiTaskRanker(absl::string_view bytes) {
  ASSIGN_OR_RETURN(Arrays arrays, LoadArrays(bytes));
  if (arrays.kind != kMultiTaskKind) return absl::InvalidArgumentError("these bytes are not a multi-task ranker");
  return MultiTaskNetwork::Make(std::move(arrays));
}

std::array<double, kRankerTasks> RelativeGain(const MultiTaskRanker& ranker, const RankerRows& rows) {
  std::array<double, kRankerTasks> gain{};
  std::vector<float> predictions(rows.rows() * kRankerTasks);
  if (!ranker.Predict(rows.features, absl::MakeSpan(predictions)).ok()) return gain;
  for (size_t task = 0; task < kRankerTasks; ++task) {
    const TaskBase base = BaseOf(rows, task);
    if (base.loss <= 0) continue;
    double loss = 0;
    for (size_t i = 0; i < rows.rows(); ++i) {
      const double label = rows.labels[i * kRankerTasks + task], prediction = predictions[i * kRankerTasks + task];
      if (std::isnan(label)) continue;
      loss += (rows.weights.empty() ? 1 : rows.weights[i]) * TaskLoss(task, label, prediction);
    }
    gain[task] = 1 - loss / base.weight / base.loss;
  }
  return gain;
}

double TaskLoss(size_t task, double label, double prediction) {
  if (task == static_cast<size_t>(RankerTask::kMargin)) return (label - prediction) * (label - prediction);
  const double p = std::clamp(prediction, 1e-7, 1 - 1e-7);
  return -label * std::log(p) - (1 - label) * std::log(1 - p);
}

TaskBase BaseOf(const RankerRows& rows, size_t task) {
  TaskBase base;
  double least = std::numeric_limits<double>::infinity(), most = -least;
  const auto weight = [&](size_t i) { return rows.weights.empty() ? 1.0 : rows.weights[i]; };
  for (size_t i = 0; i < rows.rows(); ++i) {
    const double label = rows.labels[i * kRankerTasks + task];
    if (std::isnan(label)) continue;
    base.weight += weight(i);
    base.mean += weight(i) * label;
    least = std::min(least, label);
    most = std::max(most, label);
  }
  if (base.weight == 0) return base;
  base.mean /= base.weight;
  for (size_t i = 0; i < rows.rows(); ++i) {
    const double label = rows.labels[i * kRankerTasks + task];
    if (!std::isnan(label)) base.loss += weight(i) / base.weight * TaskLoss(task, label, base.mean);
  }
  if (least == most) base.loss = 0;
  return base;
}

}  // namespace kontor::nn
