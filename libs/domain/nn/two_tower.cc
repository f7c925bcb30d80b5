#include "libs/domain/nn/two_tower.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/nn/feature_sums.h"
#include "libs/domain/nn/item_graph.h"
#include "libs/domain/nn/item_softmax.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/training_loop.h"
#include "libs/domain/nn/two_tower_encoder.h"
#include "libs/domain/nn/window_batches.h"

namespace kontor::nn {
namespace {

class TwoTowerTrainee : public Trainee {
 public:
  TwoTowerTrainee(const Sequences& sequences, const ItemFeatures& features, const HoldOut& validation,
                  const TwoTowerOptions& options, uint64_t seed)
      : features_(features),
        validation_(validation),
        options_(options),
        rarity_(FeatureRarity(features)),
        softmax_(sequences, options.negatives, options.temperature),
        batches_(sequences, options.window + 1, options.batch_events) {
    base::Random random(seed);
    const int64_t size = options.dimensions;
    const double deviation = 1 / std::sqrt(static_cast<double>(size));
    parameters_.Add("feature_table", {features.feature_count, size}, random, deviation);
    parameters_.Add("own_table", OwnStart(features, sequences.item_count, size, random));
    parameters_.Add("start", {1, size}, random, deviation);
    parameters_.Add("recency", {1, options.window}, random, 0);
    for (const std::string tower : {"user", "item"}) {
      parameters_.AddLinear(tower + ".expand", options.hidden, size, random);
      parameters_.Add(tower + ".contract.weight", {size, options.hidden}, random, 0);
      parameters_.Add(tower + ".contract.bias", {size}, random, 0);
    }
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override { return batches_.Shuffle(random); }

  at::Tensor Loss(size_t index, base::Random& random) override {
    const WindowBatches::Batch batch = batches_.Get(index);
    const std::vector<int64_t> candidates = softmax_.Candidates(batch.labels, random);
    const std::vector<int64_t> ids = Distinct(candidates);
    const at::Tensor vectors = ItemVectors(ids, random);
    const at::Tensor padded = at::cat({vectors, at::zeros({1, options_.dimensions})});
    const at::Tensor histories =
        padded.index_select(0, Places(ids, batch.items)).view({batch.rows, batch.length, options_.dimensions});
    const at::Tensor pooled = Pooled(histories, parameters_["recency"], parameters_["start"]);
    const at::Tensor users =
        TowerOf("user", pooled.view({-1, options_.dimensions}).index_select(0, IndexTensor(batch.places)));
    return softmax_.Loss(users, vectors.index_select(0, Places(ids, candidates)), candidates);
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model;
    model.kind = std::string(kTwoTowerKind);
    model.numbers["temperature"] = options_.temperature;
    model.arrays = averages.arrays;
    model.arrays["feature_rarity"] = {{features_.feature_count}, rarity_};
    Array table = std::move(model.arrays["own_table"]);
    model.arrays.erase("own_table");
    Eigen::Map<Matrix> rows(table.values.data(), table.shape[0], table.shape[1]);
    const ConstMatrixMap feature_table = AsMatrix(model.arrays["feature_table"]);
    for (Eigen::Index i = 0; i < rows.rows(); ++i) {
      AddFeatures(features_.item(static_cast<size_t>(i)), rarity_, feature_table, rows.row(i));
    }
    const Tower tower = *FindTower(model, "item", table.shape[1]);
    rows = tower(rows) / static_cast<float>(options_.temperature);
    model.arrays["output_table"] = std::move(table);
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto encoder, TwoTowerEncoder::Make(model));
    ASSIGN_OR_RETURN(const RankingQuality quality, FullRanking(*encoder, validation_, 10));
    return quality.ndcg;
  }

 private:
  at::Tensor ItemVectors(const std::vector<int64_t>& ids, base::Random& random) {
    const at::Tensor keep = OwnKept(features_, ids, options_.own_dropout, random);
    const at::Tensor own = at::embedding(parameters_["own_table"], IndexTensor(ids)) * keep;
    const at::Tensor sum = own + FeatureSums(features_, rarity_, ids, parameters_["feature_table"]);
    return TowerOf("item", Dropout(sum, options_.input_dropout, random));
  }

  at::Tensor TowerOf(const std::string& name, const at::Tensor& x) {
    const at::Tensor y =
        x + ApplyLinear(parameters_, name + ".contract", at::gelu(ApplyLinear(parameters_, name + ".expand", x)));
    return UnitRows(y);
  }

  const ItemFeatures& features_;
  const HoldOut& validation_;
  const TwoTowerOptions& options_;
  const std::vector<float> rarity_;
  const ItemSoftmax softmax_;
  Parameters parameters_;
  WindowBatches batches_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainTwoTower(const Sequences& sequences,
                                                                 const ItemFeatures& features,
                                                                 const HoldOut& validation,
                                                                 const TwoTowerOptions& options,
                                                                 const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.dimensions > 0 && options.hidden > 0 && options.window > 0,
       "dimensions, hidden and window must be positive"},
      {options.negatives > 0 && options.batch_events > 0, "negatives and batch_events must be positive"},
      {IsShare(options.own_dropout) && IsShare(options.input_dropout), "a dropout must be from 0 to below 1"},
      {options.rate > 0 && options.temperature > 0, "rate and temperature must be positive"},
  }));
  RETURN_IF_ERROR(Check(sequences));
  RETURN_IF_ERROR(Check(validation, sequences.item_count));
  RETURN_IF_ERROR(Check(features, sequences.item_count));
  const auto make = [&] {
    return std::make_unique<TwoTowerTrainee>(sequences, features, validation, options, control.seed);
  };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 60, 6}, control));
  return TwoTowerEncoder::Make(std::move(model));
}

}  // namespace kontor::nn
