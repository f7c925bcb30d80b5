#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "libs/base/status.h"
#include "libs/domain/nn/pair_network.h"
#include "libs/domain/nn/pair_scorer.h"
#include "libs/domain/nn/ranking.h"
#include "libs/domain/nn/training_loop.h"

namespace kontor::nn {
namespace {

constexpr size_t kValidationUsers = 500;
constexpr uint64_t kHistory = 100;  // events around the label that make up its history
constexpr int kRedraws = 10;

class PairTrainee : public Trainee {
 public:
  PairTrainee(const Sequences& sequences, const HoldOut& validation, const PairScorerOptions& options, uint64_t seed)
      : sequences_(sequences), validation_(validation), options_(options) {
    for (size_t u = 0; u < sequences.users(); ++u) {
      const absl::Span<const uint32_t> own = sequences.user(u);
      sets_.emplace_back(own.begin(), own.end());
      std::sort(sets_.back().begin(), sets_.back().end());
      for (size_t i = 0; i < own.size() && own.size() > 1; ++i) events_.push_back({u, sequences.offsets[u] + i});
    }
    base::Random random(seed);
    const int64_t items = sequences.item_count, size = options.dimensions, hidden = options.hidden;
    const double deviation = 1 / std::sqrt(static_cast<double>(size));
    for (const std::string table : {"user_factors", "item_factors", "user_inputs"}) {
      parameters_.Add(table, {items, size}, random, deviation);
    }
    parameters_.Add("item_hidden", {items, hidden}, random, deviation);
    parameters_.Add("item_bias", {items}, random, 0);
    parameters_.AddLinear("user_layer", hidden, size, random);
    parameters_.AddLinear("second", hidden / 2, hidden, random);
    parameters_.AddLinear("last", 1, hidden / 2, random);
  }

  Parameters& parameters() override { return parameters_; }

  size_t StartEpoch(base::Random& random) override {
    order_ = RandomOrder(events_.size(), random);
    const size_t batch = static_cast<size_t>(options_.batch_events);
    return (events_.size() + batch - 1) / batch;
  }

  at::Tensor Loss(size_t index, base::Random& random) override {
    const size_t batch = static_cast<size_t>(options_.batch_events);
    const size_t begin = index * batch, end = std::min(begin + batch, events_.size());
    std::vector<int64_t> histories, offsets, candidates;
    std::vector<float> weights;
    for (size_t i = begin; i < end; ++i) {
      const Event& event = events_[order_[i]];
      offsets.push_back(static_cast<int64_t>(histories.size()));
      AddHistory(event, histories, weights);
      candidates.push_back(sequences_.items[event.place]);
      for (int n = 0; n < options_.negatives; ++n) candidates.push_back(Negative(event.user, random));
    }
    const int64_t rows = static_cast<int64_t>(end - begin), columns = options_.negatives + 1;
    const at::Tensor ids = IndexTensor(candidates);
    const at::Tensor factors =
        Dropout(BagSums(parameters_["user_factors"], histories, offsets, weights), options_.dropout, random);
    const at::Tensor inputs =
        Dropout(BagSums(parameters_["user_inputs"], histories, offsets, weights), options_.dropout, random);
    const at::Tensor products =
        at::embedding(parameters_["item_factors"], ids).view({rows, columns, -1}) * factors.unsqueeze(1);
    at::Tensor hidden = at::embedding(parameters_["item_hidden"], ids).view({rows, columns, -1}) +
                        ApplyLinear(parameters_, "user_layer", inputs).unsqueeze(1);
    hidden = at::relu(ApplyLinear(parameters_, "second", Dropout(at::relu(hidden), options_.dropout, random)));
    const at::Tensor logits = products.sum(-1) + ApplyLinear(parameters_, "last", hidden).squeeze(-1) +
                              parameters_["item_bias"].index_select(0, ids).view({rows, columns});
    const at::Tensor labels = at::zeros({rows, columns});
    labels.select(1, 0).fill_(1);
    return at::binary_cross_entropy_with_logits(logits, labels) * columns;
  }

  Arrays Export(const Arrays& averages) override {
    Arrays model = averages;
    model.kind = std::string(kPairScorerKind);
    return model;
  }

  absl::StatusOr<double> Validate(const Arrays& model) override {
    ASSIGN_OR_RETURN(const auto network, PairNetwork::Make(model));
    std::vector<uint32_t> all(sequences_.item_count);
    std::iota(all.begin(), all.end(), 0);
    std::vector<float> scores(all.size());
    const size_t users = std::min(kValidationUsers, validation_.histories.users());
    double sum = 0;
    for (size_t u = 0; u < users; ++u) {
      const absl::Span<const uint32_t> history = validation_.histories.user(u);
      RETURN_IF_ERROR(network->Score(history, all, absl::MakeSpan(scores)));
      const size_t rank = TargetRank(absl::MakeSpan(scores), history, validation_.targets[u]);
      if (rank < 10) sum += 1 / std::log2(static_cast<double>(rank) + 2);
    }
    return sum / static_cast<double>(users);
  }

 private:
  struct Event {
    size_t user;
    uint64_t place;  // in the sequences' items
  };

  void AddHistory(const Event& event, std::vector<int64_t>& items, std::vector<float>& weights) const {
    const uint64_t user_begin = sequences_.offsets[event.user], user_end = sequences_.offsets[event.user + 1];
    const uint64_t begin = std::max(user_begin, event.place - std::min(event.place, kHistory / 2));
    const uint64_t end = std::min(user_end, begin + kHistory + 1);
    const float weight = 1 / static_cast<float>(end - begin - 1);
    for (uint64_t place = begin; place < end; ++place) {
      if (place == event.place) continue;
      items.push_back(sequences_.items[place]);
      weights.push_back(weight);
    }
  }

  int64_t Negative(size_t user, base::Random& random) const {
    uint32_t item = 0;
    for (int draw = 0; draw < kRedraws; ++draw) {
      item = static_cast<uint32_t>(random.Below(sequences_.item_count));
      if (!std::binary_search(sets_[user].begin(), sets_[user].end(), item)) break;
    }
    return item;
  }

  const Sequences& sequences_;
  const HoldOut& validation_;
  const PairScorerOptions& options_;
  std::vector<std::vector<uint32_t>> sets_;  // each user's items, sorted
  std::vector<Event> events_;
  std::vector<size_t> order_;
  Parameters parameters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<const PairScorer>> TrainPairScorer(const Sequences& sequences, const HoldOut& validation,
                                                                  const PairScorerOptions& options,
                                                                  const TrainControl& control) {
  RETURN_IF_ERROR(CheckOptions({
      {options.dimensions > 0 && options.hidden > 1, "dimensions must be positive, hidden at least 2"},
      {options.negatives > 0 && options.batch_events > 0, "negatives and batch_events must be positive"},
      {IsShare(options.dropout) && options.rate > 0, "dropout must be from 0 to below 1, rate positive"},
  }));
  RETURN_IF_ERROR(Check(sequences));
  RETURN_IF_ERROR(Check(validation, sequences.item_count));
  const auto make = [&] { return std::make_unique<PairTrainee>(sequences, validation, options, control.seed); };
  ASSIGN_OR_RETURN(Arrays model, RunTraining(make, {options.rate, 60, 6}, control));
  return PairNetwork::Make(std::move(model));
}

}  // namespace kontor::nn
