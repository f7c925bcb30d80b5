#include "libs/domain/nn/mult_vae.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/nn/mult_vae_encoder.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/training_loop.h"

namespace kontor::nn {
namespace {

class MultVaeTrainee : public Trainee {
 public:
  MultVaeTrainee(const Sequences& sequences, const HoldOut& validation, const MultVaeOptions& options, uint64_t seed)
      : items_(sequences.item_count), validation_(validation), options_(options) {
    for (size_t u = 0; u < sequences.users(); ++u) {
      std::vector<int64_t> set(sequences.user(u).begin(), sequences.user(u).end());
      std::sort(set.begin(), set.end());
      set.erase(std::unique(set.begin(), set.end()), set.end());
      if (!set.empty()) users_.push_back(std::move(set));
    }
    base::Random random(seed);
    const int64_t hidden = options.hidden;
    const double deviation = std::sqrt(2.0 / static_cast<double>(items_ + hidden));
    parameters_.Add("input_table", {items_, hidden}, random, deviation);
    parameters_.Add("input_bias", {hidden}, random, 0);
    parameters_.AddLinear("mean", options.latent, hidden, random);
    parameters_.AddLinear("variance", options.latent, hidden, random);
    parameters_.AddLinear("decode", hidden, options.latent, random);
    parameters_.Add("output_table", {items_, hidden}, random, deviation);
    parameters_.Add("output_bias", {items_}, random, 0);
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override {
    order_ = RandomOrder(users_.size(), random);
    const size_t batch = static_cast<size_t>(options_.batch_users);
    return (order_.size() + batch - 1) / batch;
  }

  at::Tensor Loss(size_t index, base::Random& random) override {
    const size_t batch = static_cast<size_t>(options_.batch_users);
    const size_t begin = index * batch, end = std::min(begin + batch, order_.size());
    std::vector<int64_t> inputs, offsets;
    std::vector<float> weights;
    const at::Tensor target = at::zeros({static_cast<int64_t>(end - begin), items_});
    for (size_t i = begin; i < end; ++i) {
      const std::vector<int64_t>& set = users_[order_[i]];
      float* row = target.data_ptr<float>() + static_cast<int64_t>(i - begin) * items_;
      offsets.push_back(static_cast<int64_t>(inputs.size()));
      const double weight = 1 / (std::sqrt(static_cast<double>(set.size())) * (1 - options_.dropout));
      for (int64_t item : set) {
        row[item] = 1;
        if (random.Chance(options_.dropout)) continue;
        inputs.push_back(item);
        weights.push_back(static_cast<float>(weight));
      }
    }
    const at::Tensor hidden =
        at::tanh(BagSums(parameters_["input_table"], inputs, offsets, weights) + parameters_["input_bias"]);
    const at::Tensor mean = ApplyLinear(parameters_, "mean", hidden);
    const at::Tensor variance = ApplyLinear(parameters_, "variance", hidden);  // its logarithm
    const at::Tensor noise = at::empty(mean.sizes());
    for (int64_t i = 0; i < noise.numel(); ++i) noise.data_ptr<float>()[i] = static_cast<float>(random.Normal());
    const at::Tensor decoded = at::tanh(ApplyLinear(parameters_, "decode", mean + noise * (variance * 0.5).exp()));
    const at::Tensor logits = at::linear(decoded, parameters_["output_table"], parameters_["output_bias"]);
    const at::Tensor likelihood = (at::log_softmax(logits, -1) * target).sum(-1).mean();
    const at::Tensor divergence = (variance + 1 - mean.square() - variance.exp()).sum(-1).mean() * -0.5;
    return divergence * DivergenceWeight() - likelihood;
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model = averages;
    model.kind = std::string(kMultVaeKind);
    model.arrays.erase("variance.weight");
    model.arrays.erase("variance.bias");
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto encoder, MultVaeEncoder::Make(model));
    ASSIGN_OR_RETURN(const RankingQuality quality, FullRanking(*encoder, validation_, 10));
    return quality.ndcg;
  }

 private:
  double DivergenceWeight() const {
    return options_.divergence *
           std::min(1.0, static_cast<double>(parameters_.steps()) / std::max(1, options_.divergence_steps));
  }

  const int64_t items_;
  const HoldOut& validation_;
  const MultVaeOptions& options_;
  std::vector<std::vector<int64_t>> users_;  // each a sorted set, none empty
  std::vector<size_t> order_;
  Parameters parameters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const UserEncoder>> TrainMultVae(const Sequences& sequences, const HoldOut& validation,
                                                                const MultVaeOptions& options,
                                                                const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.hidden > 0 && options.latent > 0 && options.batch_users > 0,
       "hidden, latent and batch_users must be positive"},
      {IsShare(options.dropout), "dropout must be from 0 to below 1"},
      {options.rate > 0 && options.divergence >= 0, "rate must be positive, divergence not negative"},
  }));
  RETURN_IF_ERROR(Check(sequences));
  RETURN_IF_ERROR(Check(validation, sequences.item_count));
  const auto make = [&] { return std::make_unique<MultVaeTrainee>(sequences, validation, options, control.seed); };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 100, 8}, control));
  return MultVaeEncoder::Make(std::move(model));
}

}  // namespace kontor::nn
