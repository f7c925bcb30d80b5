#include "libs/domain/nn/sequence_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/nn/feature_sums.h"
#include "libs/domain/nn/item_graph.h"
#include "libs/domain/nn/item_softmax.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/sequence_encoder.h"
#include "libs/domain/nn/training_loop.h"
#include "libs/domain/nn/window_batches.h"

namespace kontor::nn {
namespace {

class SequenceTrainee : public Trainee {
 public:
  SequenceTrainee(const Sequences& sequences, const ItemFeatures& features, const HoldOut& validation,
                  const SequenceModelOptions& options, uint64_t seed)
      : items_(sequences.item_count),
        features_(features),
        validation_(validation),
        options_(options),
        softmax_(sequences, options.negatives, options.temperature),
        batches_(sequences, options.window + 1, options.batch_events) {
    base::Random random(seed);
    const int64_t size = options.dimensions;
    const double deviation = 1 / std::sqrt(static_cast<double>(size));
    if (!features.offsets.empty()) {
      rarity_ = FeatureRarity(features);
      parameters_.Add("feature_table", {features.feature_count, size}, random, deviation);
      parameters_.Add("feature_change", {features.feature_count, size}, random, 0);
    }
    parameters_.Add("own_table", OwnStart(features, items_, size, random));
    parameters_.Add("own_change", {items_, size}, random, 0);
    parameters_.Add("start", {1, size}, random, deviation);
    parameters_.Add("recency", {1, options.window}, random, 0);
    for (int i = 0; i < options.layers; ++i) AddBlock(absl::StrCat("block", i), random);
    parameters_.AddLayerNorm("norm", size, random);
    parameters_.Add("project.weight", {size, size}, random, 0);
    parameters_.Add("project.bias", {size}, random, 0);
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override { return batches_.Shuffle(random); }

  at::Tensor Loss(size_t index, base::Random& random) override {
    const WindowBatches::Batch batch = batches_.Get(index);
    const std::vector<int64_t> candidates = softmax_.Candidates(batch.labels, random);
    const std::vector<int64_t> ids = Distinct(candidates);
    const at::Tensor keep = OwnKept(features_, ids, options_.own_dropout, random);
    const at::Tensor read = ItemSums("table", ids, keep);
    const at::Tensor predicted =
        UnitRows(Dropout(read + ItemSums("change", ids, keep), options_.input_dropout, random));
    const at::Tensor vectors = UnitRows(Dropout(read, options_.input_dropout, random));
    const at::Tensor users = Users(batch, ids, vectors, random);
    return softmax_.Loss(users, predicted.index_select(0, Places(ids, candidates)), candidates);
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model;
    model.kind = std::string(kSequenceKind);
    model.numbers["layers"] = options_.layers;
    model.numbers["temperature"] = options_.temperature;
    for (const auto& [name, array] : averages.arrays) {
      const bool of_items = name.find("_change") != std::string::npos || name.find("_table") != std::string::npos;
      if (!of_items) model.arrays[name] = array;
    }
    Array input = averages.arrays.at("own_table");
    Array output = Sum(input, averages.arrays.at("own_change"));
    if (!rarity_.empty()) {
      const Array& read = averages.arrays.at("feature_table");
      Array predict = Sum(read, averages.arrays.at("feature_change"));
      AddAll(read, input);
      AddAll(predict, output);
      model.arrays["feature_table"] = std::move(predict);
      model.arrays["feature_rarity"] = {{features_.feature_count}, rarity_};
    }
    ToUnitLength(Rows(input));
    ToUnitLength(Rows(output));
    Rows(output) /= static_cast<float>(options_.temperature);
    model.arrays["input_table"] = std::move(input);
    model.arrays["output_table"] = std::move(output);
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

  at::Tensor ItemSums(const std::string& what, const std::vector<int64_t>& ids, const at::Tensor& keep) {
    const at::Tensor own = at::embedding(parameters_["own_" + what], IndexTensor(ids)) * keep;
    return rarity_.empty() ? own : own + FeatureSums(features_, rarity_, ids, parameters_["feature_" + what]);
  }

  // The user vectors before every label of the batch.
  at::Tensor Users(const WindowBatches::Batch& batch, const std::vector<int64_t>& ids, const at::Tensor& vectors,
                   base::Random& random) {
    const int64_t size = options_.dimensions;
    const at::Tensor padded = at::cat({vectors, at::zeros({1, size})});
    const at::Tensor items = padded.index_select(0, Places(ids, batch.items)).view({batch.rows, batch.length, size});
    const at::Tensor pooled = Pooled(items, parameters_["recency"], parameters_["start"]);
    const at::Tensor start = parameters_["start"].unsqueeze(0).expand({batch.rows, 1, size});
    at::Tensor x = at::cat({start, items.narrow(1, 0, batch.length - 1)}, 1) * std::sqrt(static_cast<double>(size));
    for (int i = 0; i < options_.layers; ++i) x = Block(absl::StrCat("block", i), x, random);
    const at::Tensor change = ApplyLinear(parameters_, "project", ApplyLayerNorm(parameters_, "norm", x));
    return UnitRows((pooled + change).view({-1, size}).index_select(0, IndexTensor(batch.places)));
  }

  at::Tensor Block(const std::string& name, const at::Tensor& x, base::Random& random) {
    const int64_t batch = x.size(0), length = x.size(1), size = x.size(2), heads = options_.heads, width = size / heads;
    const at::Tensor qkv = ApplyLinear(parameters_, name + ".qkv", ApplyLayerNorm(parameters_, name + ".norm1", x))
                               .view({batch, length, 3, heads, width})
                               .permute({2, 0, 3, 1, 4});
    const at::Tensor products =
        at::matmul(qkv[0], qkv[1].transpose(-1, -2)) * (1 / std::sqrt(static_cast<double>(width)));
    const at::Tensor place = at::arange(length, at::kLong);
    const at::Tensor distance = place.unsqueeze(1) - place.unsqueeze(0);
    const at::Tensor bias = parameters_[name + ".distance"]
                                .index_select(1, distance.clamp_min(0).view(-1))
                                .view({options_.heads, length, length});
    const at::Tensor attention = at::softmax((products + bias).masked_fill(distance < 0, -1e9), -1);
    const at::Tensor mixed =
        at::matmul(Dropout(attention, options_.dropout, random), qkv[2]).transpose(1, 2).reshape({batch, length, size});
    const at::Tensor y = x + Dropout(ApplyLinear(parameters_, name + ".mix", mixed), options_.dropout, random);
    const at::Tensor hidden =
        at::gelu(ApplyLinear(parameters_, name + ".expand", ApplyLayerNorm(parameters_, name + ".norm2", y)));
    return y + Dropout(ApplyLinear(parameters_, name + ".contract", Dropout(hidden, options_.dropout, random)),
                       options_.dropout, random);
  }

  static Array Sum(Array a, const Array& b) {
    for (size_t i = 0; i < a.values.size(); ++i) a.values[i] += b.values[i];
    return a;
  }

  static Eigen::Map<Matrix> Rows(Array& array) { return {array.values.data(), array.shape[0], array.shape[1]}; }

  void AddAll(const Array& table, Array& out) const {
    Eigen::Map<Matrix> rows = Rows(out);
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
      AddFeatures(features_.item(static_cast<size_t>(i)), rarity_, AsMatrix(table), rows.row(i));
    }
  }

  const int64_t items_;
  const ItemFeatures& features_;
  const HoldOut& validation_;
  const SequenceModelOptions& options_;
  std::vector<float> rarity_;
  const ItemSoftmax softmax_;
  Parameters parameters_;
  WindowBatches batches_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainSequenceModel(const Sequences& sequences,
                                                                      const ItemFeatures& features,
                                                                      const HoldOut& validation,
                                                                      const SequenceModelOptions& options,
                                                                      const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.heads > 0 && options.dimensions > 0 && options.dimensions % options.heads == 0,
       "dimensions must be a multiple of heads"},
      {options.layers > 0 && options.hidden > 0 && options.window > 0, "layers, hidden and window must be positive"},
      {options.negatives > 0 && options.batch_events > 0, "negatives and batch_events must be positive"},
      {IsShare(options.dropout) && IsShare(options.input_dropout) && IsShare(options.own_dropout),
       "a dropout must be from 0 to below 1"},
      {options.rate > 0 && options.temperature > 0, "rate and temperature must be positive"},
  }));
  RETURN_IF_ERROR(Check(sequences));
  RETURN_IF_ERROR(Check(validation, sequences.item_count));
  if (!features.offsets.empty()) RETURN_IF_ERROR(Check(features, sequences.item_count));
  const auto make = [&] {
    return std::make_unique<SequenceTrainee>(sequences, features, validation, options, control.seed);
  };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 200, 8}, control));
  return SequenceEncoder::Make(std::move(model));
}

}  // namespace kontor::nn
