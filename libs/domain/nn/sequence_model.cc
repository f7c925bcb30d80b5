#include "libs/domain/nn/sequence_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/sequence_encoder.h"
#include "libs/domain/nn/training_loop.h"

namespace kontor::nn {
namespace {

// Items first … first + size - 1 of a user: each is a label, all but the last are input after the start token.
struct Window {
  uint64_t first;
  int64_t size;
};

// log(1 + items / items with it), scaled so that an item's weights have the square sum 1.
std::vector<float> FeatureWeights(const ItemFeatures& features) {
  std::vector<float> weight(features.features.size());
  std::vector<double> count(features.feature_count, 0);
  for (uint32_t f : features.features) ++count[f];
  const size_t items = features.offsets.size() - 1;
  for (size_t i = 0; i < items; ++i) {
    double sum = 0;
    for (uint64_t k = features.offsets[i]; k < features.offsets[i + 1]; ++k) {
      weight[k] = static_cast<float>(std::log1p(static_cast<double>(items) / count[features.features[k]]));
      sum += weight[k] * weight[k];
    }
    for (uint64_t k = features.offsets[i]; k < features.offsets[i + 1]; ++k) weight[k] /= static_cast<float>(std::sqrt(sum));
  }
  return weight;
}

class SequenceTrainee : public Trainee {
 public:
  SequenceTrainee(const Sequences& sequences, const ItemFeatures& features, const HoldOut& validation,
                  const SequenceModelOptions& options, uint64_t seed)
      : sequences_(sequences), features_(features), validation_(validation), options_(options) {
    base::Random random(seed);
    const int64_t size = options.dimensions, items = sequences.item_count;
    parameters_.Add("input_item", {items + 1, size}, random, 1 / std::sqrt(static_cast<double>(size)), 0, true);
    parameters_.Add("output_item", {items, size}, random, 1 / std::sqrt(static_cast<double>(size)), 0, true);
    if (!features.offsets.empty()) {
      weights_ = FeatureWeights(features);
      parameters_.Add("input_feature", {features.feature_count, size}, random, 1 / std::sqrt(static_cast<double>(size)), 0, true);
      parameters_.Add("output_feature", {features.feature_count, size}, random, 1 / std::sqrt(static_cast<double>(size)), 0, true);
    }
    for (int i = 0; i < options.layers; ++i) AddBlock(absl::StrCat("block", i), random);
    parameters_.AddLayerNorm("norm", size, random);
    MakeWindows();
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override {
    std::vector<std::pair<double, size_t>> order;
    for (size_t i = 0; i < windows_.size(); ++i) {
      order.emplace_back(static_cast<double>(windows_[i].size) + 2 * random.Uniform(), i);
    }
    std::sort(order.begin(), order.end());
    batches_.clear();
    int64_t events = options_.batch_events;
    for (const auto& [length, i] : order) {
      if (events + windows_[i].size > options_.batch_events) {
        batches_.emplace_back();
        events = 0;
      }
      batches_.back().push_back(i);
      events += windows_[i].size;
    }
    for (size_t i = batches_.size(); i > 1; --i) std::swap(batches_[i - 1], batches_[random.Below(i)]);
    return batches_.size();
  }

  at::Tensor Loss(size_t batch, base::Random& random) override {
    const std::vector<size_t>& windows = batches_[batch];
    int64_t length = 0;
    for (size_t w : windows) length = std::max(length, windows_[w].size);
    std::vector<int64_t> tokens(windows.size() * static_cast<size_t>(length), sequences_.item_count);
    std::vector<int64_t> places, labels;
    for (size_t b = 0; b < windows.size(); ++b) {
      const Window& window = windows_[windows[b]];
      for (int64_t i = 0; i < window.size; ++i) {
        const int64_t item = sequences_.items[window.first + static_cast<uint64_t>(i)];
        const size_t place = b * static_cast<size_t>(length) + static_cast<size_t>(i);
        if (i + 1 < window.size) tokens[place + 1] = item;
        places.push_back(static_cast<int64_t>(place));
        labels.push_back(item);
      }
    }
    at::Tensor x = Rows("input", tokens);
    x = Dropout(x, options_.input_dropout, random)
            .view({static_cast<int64_t>(windows.size()), length, options_.dimensions});
    for (int i = 0; i < options_.layers; ++i) x = Block(absl::StrCat("block", i), x, random);
    x = LayerNorm(parameters_, "norm", x).view({-1, options_.dimensions}).index_select(0, IndexTensor(places));
    return SampledSoftmax(x, labels, random);
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model;
    model.kind = std::string(kSequenceKind);
    model.numbers["layers"] = options_.layers;
    for (const auto& [name, array] : averages.arrays) {
      if (name.find("put_") == std::string::npos) model.arrays[name] = array;
    }
    model.arrays["input_table"] = Table(averages, "input");
    Array& output = model.arrays["output_table"] = Table(averages, "output");
    if (options_.temperature > 0) {
      Eigen::Map<Matrix> table(output.values.data(), output.shape[0], output.shape[1]);
      table.rowwise().normalize();
      table /= static_cast<float>(options_.temperature);
      // the user vector is not normalised: that changes no order
    }
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto encoder, SequenceEncoder::Make(model));
    ASSIGN_OR_RETURN(const RankingQuality quality, FullRanking(*encoder, validation_, 10));
    return quality.ndcg;
  }

 private:
  void AddBlock(const std::string& name, base::Random& random) {
    const int64_t size = options_.dimensions;
    parameters_.AddLayerNorm(name + ".norm1", size, random);
    parameters_.AddLayerNorm(name + ".norm2", size, random);
    parameters_.AddLinear(name + ".qkv", 3 * size, size, random);
    parameters_.AddLinear(name + ".mix", size, size, random);
    parameters_.AddLinear(name + ".expand", options_.hidden, size, random);
    parameters_.AddLinear(name + ".contract", size, options_.hidden, random);
    parameters_.Add(name + ".distance", {options_.heads, options_.window + 1}, random, 0);
  }

  void MakeWindows() {
    for (size_t u = 0; u < sequences_.users(); ++u) {
      uint64_t end = sequences_.offsets[u + 1];
      const uint64_t begin = sequences_.offsets[u], most = static_cast<uint64_t>(options_.window) + 1;
      while (end > begin) {
        const uint64_t first = end - std::min(end - begin, most);
        windows_.push_back({first, static_cast<int64_t>(end - first)});
        end = first;
      }
    }
  }

  at::Tensor Rows(const std::string& side, const std::vector<int64_t>& ids) {
    at::Tensor rows = at::embedding(parameters_[side + "_item"], IndexTensor(ids));
    if (weights_.empty()) return rows;
    std::vector<int64_t> features, offsets;
    std::vector<float> weights;
    for (int64_t id : ids) {
      offsets.push_back(static_cast<int64_t>(features.size()));
      if (id >= sequences_.item_count) continue;
      for (uint64_t k = features_.offsets[id]; k < features_.offsets[id + 1]; ++k) {
        features.push_back(features_.features[k]);
        weights.push_back(weights_[k]);
      }
    }
    const at::Tensor weight = at::from_blob(weights.data(), {static_cast<int64_t>(weights.size())}, at::kFloat).clone();
    return rows + std::get<0>(at::embedding_bag(parameters_[side + "_feature"], IndexTensor(features),
                                                IndexTensor(offsets), false, 0, false, weight));
  }

  Array Table(const Arrays& averages, const std::string& side) const {
    Array table = averages.arrays.at(side + "_item");
    if (weights_.empty()) return table;
    const Array& feature = averages.arrays.at(side + "_feature");
    Eigen::Map<Matrix> rows(table.values.data(), table.shape[0], table.shape[1]);
    for (uint32_t i = 0; i < sequences_.item_count; ++i) {
      for (uint64_t k = features_.offsets[i]; k < features_.offsets[i + 1]; ++k) {
        rows.row(i) += weights_[k] * AsMatrix(feature).row(features_.features[k]);
      }
    }
    return table;
  }

  at::Tensor Block(const std::string& name, const at::Tensor& x, base::Random& random) {
    const int64_t batch = x.size(0), length = x.size(1), size = x.size(2), heads = options_.heads, width = size / heads;
    const at::Tensor qkv = Linear(parameters_, name + ".qkv", LayerNorm(parameters_, name + ".norm1", x))
                               .view({batch, length, 3, heads, width})
                               .permute({2, 0, 3, 1, 4});
    at::Tensor scores = at::matmul(qkv[0], qkv[1].transpose(-1, -2)) * (1 / std::sqrt(static_cast<double>(width)));
    const at::Tensor place = at::arange(length, at::kLong);
    const at::Tensor distance = place.unsqueeze(1) - place.unsqueeze(0);
    const at::Tensor bias = parameters_[name + ".distance"].index_select(1, distance.clamp_min(0).view(-1)).view({heads, length, length});
    scores = (scores + bias).masked_fill(distance < 0, -1e9);
    const at::Tensor attention = Dropout(at::softmax(scores, -1), options_.dropout, random);
    const at::Tensor mixed = at::matmul(attention, qkv[2]).transpose(1, 2).reshape({batch, length, size});
    const at::Tensor y = x + Dropout(Linear(parameters_, name + ".mix", mixed), options_.dropout, random);
    const at::Tensor hidden = Dropout(at::gelu(Linear(parameters_, name + ".expand", LayerNorm(parameters_, name + ".norm2", y))), options_.dropout, random);
    return y + Dropout(Linear(parameters_, name + ".contract", hidden), options_.dropout, random);
  }

  at::Tensor SampledSoftmax(at::Tensor x, const std::vector<int64_t>& labels, base::Random& random) {
    const int64_t items = sequences_.item_count;
    const bool cosine = options_.temperature > 0;
    if (cosine) x = x / (x.norm(2, -1, true) * options_.temperature + 1e-9);
    const auto unit = [&](const at::Tensor& rows) { return cosine ? rows / (rows.norm(2, -1, true) + 1e-9) : rows; };
    if (options_.negatives >= items) {
      std::vector<int64_t> all(static_cast<size_t>(items));
      std::iota(all.begin(), all.end(), 0);
      const at::Tensor logits = at::matmul(x, unit(Rows("output", all)).t());
      return at::nll_loss(at::log_softmax(logits, -1), IndexTensor(labels));
    }
    std::vector<int64_t> negatives(static_cast<size_t>(options_.negatives));
    for (int64_t& item : negatives) item = static_cast<int64_t>(random.Below(static_cast<uint64_t>(items)));
    const at::Tensor label = IndexTensor(labels);
    const at::Tensor positive = (x * unit(Rows("output", labels))).sum(-1, true);
    at::Tensor negative = at::matmul(x, unit(Rows("output", negatives)).t());
    negative = negative + std::log(static_cast<double>(items - 1) / options_.negatives);
    negative = negative.masked_fill(label.unsqueeze(1) == IndexTensor(negatives).unsqueeze(0), -1e9);
    return (at::logsumexp(at::cat({positive, negative}, 1), 1) - positive.squeeze(1)).mean();
  }

  const Sequences& sequences_;
  const ItemFeatures& features_;
  const HoldOut& validation_;
  const SequenceModelOptions& options_;
  std::vector<float> weights_;
  Parameters parameters_;
  std::vector<Window> windows_;
  std::vector<std::vector<size_t>> batches_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainSequenceModel(const Sequences& sequences,
                                                                      const ItemFeatures& features,
                                                                      const HoldOut& validation,
                                                                      const SequenceModelOptions& options,
                                                                      const TrainControl& control) {
  RETURN_IF_ERROR(Check(sequences));
  RETURN_IF_ERROR(Check(validation, sequences.item_count));
  if (!features.offsets.empty()) RETURN_IF_ERROR(Check(features, sequences.item_count));
  SequenceTrainee trainee(sequences, features, validation, options, control.seed);
  AdamOptions adam;
  adam.rate = options.rate;
  adam.weight_decay = options.weight_decay;
  adam.average = options.average;
  ASSIGN_OR_RETURN(Arrays model, RunTraining(trainee, {adam, 200, 10}, control));
  return SequenceEncoder::Make(std::move(model));
}

}  // namespace kontor::nn
