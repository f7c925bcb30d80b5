#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/multi_task_network.h"
#include "libs/domain/nn/multi_task_ranker.h"
#include "libs/domain/nn/training_loop.h"

namespace kontor::nn {
namespace {

constexpr size_t kMarginTask = static_cast<size_t>(RankerTask::kMargin);

absl::Status CheckRows(const RankerRows& rows) {
  const size_t count = rows.rows();
  if (count == 0 || rows.features.size() != count * rows.feature_count || rows.labels.size() != count * kRankerTasks ||
      (!rows.weights.empty() && rows.weights.size() != count)) {
    return absl::InvalidArgumentError("features, labels and weights do not have the same count of rows");
  }
  for (float value : rows.features) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("a feature is not a finite number");
  }
  for (float value : rows.weights) {
    if (!(value >= 0) || !std::isfinite(value)) return absl::InvalidArgumentError("a weight is not a positive number");
  }
  for (size_t i = 0; i < rows.labels.size(); ++i) {
    const float label = rows.labels[i];
    const bool good =
        std::isnan(label) || (i % kRankerTasks == kMarginTask ? std::isfinite(label) : label == 0 || label == 1);
    if (!good) return absl::InvalidArgumentError(absl::StrCat("label ", label, " in row ", i / kRankerTasks));
  }
  return absl::OkStatus();
}

class MultiTaskTrainee : public Trainee {
 public:
  MultiTaskTrainee(const RankerRows& rows, const RankerRows& validation, const MultiTaskRankerOptions& options,
                   uint64_t seed)
      : rows_(rows), validation_(validation), options_(options) {
    for (size_t task = 0; task < kRankerTasks; ++task) {
      base_[task] = BaseOf(rows, task);
      if (base_[task].loss > 0 && BaseOf(validation, task).loss > 0) tasks_.push_back(task);
    }
    Normalise();
    base::Random random(seed);
    const int64_t inputs = rows.feature_count, experts = options.experts, hidden = options.hidden;
    parameters_.AddLinear("first", experts * hidden, inputs, random);
    parameters_.AddLinear("gates", experts * static_cast<int64_t>(kRankerTasks), inputs, random);
    for (int64_t e = 0; e < experts; ++e)
      parameters_.AddLinear(absl::StrCat("second", e), options.output, hidden, random);
    for (size_t task = 0; task < kRankerTasks; ++task) {
      parameters_.AddLinear(absl::StrCat("hidden", task), options.output, options.output, random);
      parameters_.AddLinear(absl::StrCat("last", task), 1, options.output, random);
    }
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override {
    order_ = RandomOrder(tasks_.empty() ? 0 : rows_.rows(), random);
    const size_t batch = static_cast<size_t>(options_.batch_rows);
    return (order_.size() + batch - 1) / batch;
  }

  at::Tensor Loss(size_t index, base::Random& random) override {
    const size_t batch = static_cast<size_t>(options_.batch_rows);
    const size_t begin = index * batch, end = std::min(begin + batch, order_.size());
    const std::vector<at::Tensor> logits = Logits(Inputs(begin, end), random);
    at::Tensor loss = at::zeros({});
    for (size_t task : tasks_) {
      const at::Tensor labels = at::zeros({static_cast<int64_t>(end - begin)}), weights = at::zeros_like(labels);
      for (size_t i = begin; i < end; ++i) {
        const float label = rows_.labels[order_[i] * kRankerTasks + task];
        if (std::isnan(label)) continue;
        labels.data_ptr<float>()[i - begin] =
            task == kMarginTask ? static_cast<float>((label - margin_mean_) / margin_scale_) : label;
        weights.data_ptr<float>()[i - begin] = rows_.weights.empty() ? 1 : rows_.weights[order_[i]];
      }
      const at::Tensor each =
          task == kMarginTask ? (logits[task] - labels).square()
                              : at::binary_cross_entropy_with_logits(logits[task], labels, {}, {}, at::Reduction::None);
      const double constant = task == kMarginTask ? 1 : base_[task].loss;
      const double expected = base_[task].weight / static_cast<double>(rows_.rows()) * static_cast<double>(end - begin);
      loss = loss + (each * weights).sum() / (constant * expected);
    }
    return loss / static_cast<double>(tasks_.size());
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model = averages;
    model.kind = std::string(kMultiTaskKind);
    model.numbers["experts"] = options_.experts;
    model.numbers["margin_mean"] = margin_mean_;
    model.numbers["margin_scale"] = margin_scale_;
    model.arrays["feature_mean"] = {{rows_.feature_count}, mean_};
    model.arrays["feature_scale"] = {{rows_.feature_count}, scale_};
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto network, MultiTaskNetwork::Make(model));
    const std::array<double, kRankerTasks> gain = RelativeGain(*network, validation_);
    double sum = 0;
    for (size_t task : tasks_) sum += gain[task];
    return sum / static_cast<double>(tasks_.size());
  }

 private:
  void Normalise() {
    const size_t features = rows_.feature_count, rows = rows_.rows();
    std::vector<double> sum(features, 0), squares(features, 0);
    for (size_t i = 0; i < rows_.features.size(); ++i)
      sum[i % features] += rows_.features[i] / static_cast<double>(rows);
    for (size_t i = 0; i < rows_.features.size(); ++i) {
      const double off = rows_.features[i] - sum[i % features];
      squares[i % features] += off * off / static_cast<double>(rows);
    }
    for (size_t f = 0; f < features; ++f) {
      mean_.push_back(static_cast<float>(sum[f]));
      scale_.push_back(squares[f] > 1e-12 ? static_cast<float>(1 / std::sqrt(squares[f])) : 0);
    }
    margin_mean_ = base_[kMarginTask].mean;
    if (base_[kMarginTask].loss > 0) margin_scale_ = std::sqrt(base_[kMarginTask].loss);
  }

  at::Tensor Inputs(size_t begin, size_t end) const {
    const size_t features = rows_.feature_count;
    const at::Tensor x = at::empty({static_cast<int64_t>(end - begin), static_cast<int64_t>(features)});
    float* out = x.data_ptr<float>();
    for (size_t i = begin; i < end; ++i) {
      const float* row = rows_.features.data() + order_[i] * features;
      for (size_t f = 0; f < features; ++f) {
        *out++ = std::clamp((row[f] - mean_[f]) * scale_[f], -kFeatureLimit, kFeatureLimit);
      }
    }
    return x;
  }

  std::vector<at::Tensor> Logits(const at::Tensor& x, base::Random& random) {
    const int64_t rows = x.size(0), experts = options_.experts;
    const at::Tensor first = Dropout(at::relu(ApplyLinear(parameters_, "first", x)), options_.dropout, random);
    std::vector<at::Tensor> expert;
    for (int64_t e = 0; e < experts; ++e) {
      expert.push_back(at::relu(
          ApplyLinear(parameters_, absl::StrCat("second", e), first.narrow(1, e * options_.hidden, options_.hidden))));
    }
    const at::Tensor outputs = at::stack(expert, 1);
    const at::Tensor gates =
        at::softmax(ApplyLinear(parameters_, "gates", x).view({rows, static_cast<int64_t>(kRankerTasks), experts}), -1);
    const at::Tensor mixed = at::matmul(gates, outputs);  // rows x tasks x output
    std::vector<at::Tensor> logits;
    for (size_t task = 0; task < kRankerTasks; ++task) {
      const at::Tensor hidden =
          at::relu(ApplyLinear(parameters_, absl::StrCat("hidden", task), mixed.select(1, static_cast<int64_t>(task))));
      logits.push_back(ApplyLinear(parameters_, absl::StrCat("last", task), hidden).squeeze(-1));
    }
    return logits;
  }

  const RankerRows& rows_;
  const RankerRows& validation_;
  const MultiTaskRankerOptions& options_;
  std::array<TaskBase, kRankerTasks> base_;
  std::vector<size_t> tasks_;  // those that can be learnt and judged
  std::vector<float> mean_, scale_;
  double margin_mean_ = 0, margin_scale_ = 1;
  std::vector<size_t> order_;
  Parameters parameters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const MultiTaskRanker>> TrainMultiTaskRanker(const RankerRows& rows,
                                                                            const RankerRows& validation,
                                                                            const MultiTaskRankerOptions& options,
                                                                            const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.experts > 0 && options.hidden > 0 && options.output > 0, "experts, hidden and output must be positive"},
      {options.batch_rows > 0 && options.rate > 0, "batch_rows and rate must be positive"},
      {IsShare(options.dropout), "dropout must be from 0 to below 1"},
  }));
  RETURN_IF_ERROR(CheckRows(rows));
  RETURN_IF_ERROR(CheckRows(validation));
  if (validation.feature_count != rows.feature_count) {
    return absl::InvalidArgumentError("training and validation have different counts of features");
  }
  const auto make = [&] { return std::make_unique<MultiTaskTrainee>(rows, validation, options, control.seed); };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 60, 5}, control));
  return MultiTaskNetwork::Make(std::move(model));
}

}  // namespace kontor::nn
