#include "libs/domain/recommendations/train_neural.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/nn/mult_vae.h"
#include "libs/domain/nn/pair_scorer.h"
#include "libs/domain/nn/sequence_model.h"
#include "libs/domain/nn/two_tower.h"
#include "libs/domain/recommendations/neural_source.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kMaxItems = 500;        // of a person, the newest
constexpr size_t kMaxValidated = 5'000;  // examples, spread evenly

// Sequences that the networks borrow.
struct OwnedSequences {
  std::vector<uint32_t> items;
  std::vector<uint64_t> offsets = {0};

  void AddUser(const Baskets& baskets, uint32_t user) {
    const size_t begin = items.size();
    const history::Range range = baskets.OfUser(user);
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      const absl::Span<const ItemId> bought = baskets.At(basket).items;
      items.insert(items.end(), bought.begin(), bought.end());
    }
    if (items.size() - begin > kMaxItems) {
      items.erase(items.begin() + static_cast<int64_t>(begin), items.end() - static_cast<int64_t>(kMaxItems));
    }
    offsets.push_back(items.size());
  }
  nn::Sequences View(uint32_t item_count) const { return {items, offsets, item_count}; }
};

struct OwnedFeatures {
  explicit OwnedFeatures(const ItemFeatures& features, uint32_t items) : count(features.features()) {
    if (features.size() == 0) return;
    offsets.push_back(0);
    for (ItemId item = 0; item < items; ++item) {
      const absl::Span<const uint32_t> own = features.Of(item);
      values.insert(values.end(), own.begin(), own.end());
      offsets.push_back(values.size());
    }
  }
  nn::ItemFeatures View() const { return {offsets, values, count}; }
  std::vector<uint64_t> offsets;
  std::vector<uint32_t> values;
  uint32_t count;
};

class NeuralTrainer {
 public:
  NeuralTrainer(const Baskets& baskets, const ItemFeatures& features, const NeuralValidation& validation,
                const NeuralOptions& options, NeuralEpochs& epochs)
      : features_(features, baskets.item_count()), options_(options), epochs_(epochs), items_(baskets.item_count()) {
    for (uint32_t user = 0; user < baskets.users(); ++user) train_.AddUser(baskets, user);
    const size_t step = std::max<size_t>(1, validation.examples.size() / kMaxValidated);
    for (size_t i = 0; i < validation.examples.size(); i += step) {
      histories_.AddUser(*validation.train, validation.examples[i].user);
      targets_.push_back(validation.examples[i].target.front());
    }
  }

  absl::StatusOr<Model::Sources> Run() {
    Model::Sources out;
    const auto encoder = [&](NeuralKind kind, NeuralSource::Kind source, auto train) {
      const auto wrap = [&](std::unique_ptr<const nn::UserEncoder> trained) {
        return std::make_shared<const NeuralSource>(source, std::move(trained));
      };
      return Add(kind, train, wrap, out);
    };
    RETURN_IF_ERROR(encoder(kSequenceNetwork, NeuralSource::Kind::kSequence, [&](const nn::TrainControl& control) {
      return nn::TrainSequenceModel(train_.View(items_), features_.View(), Validation(), {}, control);
    }));
    RETURN_IF_ERROR(encoder(kVaeNetwork, NeuralSource::Kind::kMultVae, [&](const nn::TrainControl& control) {
      return nn::TrainMultVae(train_.View(items_), Validation(), {}, control);
    }));
    if (!features_.offsets.empty()) {
      RETURN_IF_ERROR(encoder(kTowerNetwork, NeuralSource::Kind::kTwoTower, [&](const nn::TrainControl& control) {
        return nn::TrainTwoTower(train_.View(items_), features_.View(), Validation(), {}, control);
      }));
    }
    const auto pairs = [&](const nn::TrainControl& control) {
      return nn::TrainPairScorer(train_.View(items_), Validation(), {}, control);
    };
    const auto wrap = [](std::unique_ptr<const nn::PairScorer> trained) {
      return std::make_shared<const PairSource>(std::move(trained));
    };
    RETURN_IF_ERROR(Add(kPairNetwork, pairs, wrap, out));
    return out;
  }

 private:
  nn::HoldOut Validation() const { return {histories_.View(items_), targets_}; }

  template <typename TrainOne>
  auto Train(NeuralKind kind, TrainOne train) {
    nn::TrainControl control;
    control.seed = options_.seed;
    control.threads = options_.threads;
    control.cancelled = options_.cancelled;
    if (epochs_[kind] > 0) {
      control.max_epochs = control.patience = epochs_[kind];
      return train(control);
    }
    control.clock = options_.clock;
    control.max_seconds = options_.max_seconds;
    control.progress = [&](const nn::TrainProgress& progress) {
      if (progress.validation >= progress.best) epochs_[kind] = progress.epoch;
    };
    return train(control);
  }

  template <typename TrainOne, typename Wrap>
  absl::Status Add(NeuralKind kind, TrainOne train, Wrap wrap, Model::Sources& out) {
    if (epochs_[kind] == kLeftOut) return absl::OkStatus();
    auto trained = Train(kind, train);
    if (absl::IsDeadlineExceeded(trained.status())) {
      epochs_[kind] = kLeftOut;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(trained.status());
    out.push_back(wrap(std::move(*trained)));
    return absl::OkStatus();
  }

  OwnedSequences train_, histories_;
  std::vector<uint32_t> targets_;
  const OwnedFeatures features_;
  const NeuralOptions& options_;
  NeuralEpochs& epochs_;
  const uint32_t items_;
};

}  // namespace

absl::StatusOr<Model::Sources> TrainNeural(const Baskets& baskets, const ItemFeatures& features,
                                           const NeuralValidation& validation, const NeuralOptions& options,
                                           NeuralEpochs& epochs) {
  if (!(options.max_seconds > 0) || validation.examples.empty()) return Model::Sources();
  return NeuralTrainer(baskets, features, validation, options, epochs).Run();
}

}  // namespace kontor::recommendations
