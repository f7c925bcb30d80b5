#include "bench/cold_bench.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/clock.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/content.h"
#include "libs/domain/recommendations/train.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr int kPlaces = 20;
constexpr uint64_t kSeed = 7;
constexpr size_t kMaxQuestions = 10'000;

struct ColdQuestion {
  std::vector<ItemId> history;  // oldest first, nothing hidden
  ItemId target = 0;
};

// A question's person, newest first.
class Asked {
 public:
  explicit Asked(const ColdQuestion& question) {
    for (size_t i = question.history.size(); i-- > 0;) {
      past_.push_back({0, absl::MakeConstSpan(&question.history[i], 1)});
    }
    context_.baskets = past_;
  }
  const UserContext& context() const { return context_; }

 private:
  std::vector<PastBasket> past_;
  UserContext context_;
};

class ColdBench {
 public:
  ColdBench(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures)
      : data_(data),
        options_(options),
        figures_(figures),
        hidden_(data.catalogue.products.size(), false),
        train_(Items()) {
    base::Random random(kSeed);
    for (uint32_t left = Items() / 10; left > 0;) {
      const auto item = static_cast<ItemId>(random.Below(Items()));
      if (!hidden_[item]) --left;
      hidden_[item] = true;
    }
    for (uint32_t user = 0; user < data.baskets.users(); ++user) SplitUser(user);
    Shorten(cold_, random);
    Shorten(warm_, random);
  }

  absl::Status Run() {
    TrainOptions training;
    training.threads = options_.threads;
    training.neural.max_seconds = options_.neural_seconds;
    training.neural.clock = &base::SystemClock();
    const HoldOut validation = HoldOutLast(train_);
    NeuralPlan plan{{&validation.train, validation.examples}, {}};
    ASSIGN_OR_RETURN(const std::shared_ptr<Model> model,
                     TrainSources(validation.train, data_.catalogue, data_.persons, training, plan));
    std::cout << absl::StrFormat("  %d hidden items, %d questions\n", Items() / 10, cold_.size()) << std::flush;
    Add("cold_recall_at_20", "random", static_cast<double>(kPlaces) / Items());
    PlainCosine();
    for (const auto& source : model->sources()) Measure(*source);
    return absl::OkStatus();
  }

 private:
  uint32_t Items() const { return data_.catalogue.products.size(); }

  // Of a user the last item that is not hidden asks what warm items lose; it is not learned from.
  void SplitUser(uint32_t user) {
    std::vector<ItemId> known;
    const history::Range range = data_.baskets.OfUser(user);
    for (uint32_t basket = range.begin; basket < range.end; ++basket) {
      const ItemId item = data_.baskets.At(basket).items.front();
      if (!hidden_[item]) {
        known.push_back(item);
      } else if (!known.empty()) {
        cold_.push_back({known, item});
      }
    }
    if (known.size() > 1) {
      warm_.push_back({{known.begin(), known.end() - 1}, known.back()});
      known.pop_back();
    }
    for (const ItemId item : known) train_.AddBasket(0, kNone, {item});
    train_.EndUser();
  }

  static void Shorten(std::vector<ColdQuestion>& questions, base::Random& random) {
    for (size_t i = questions.size(); i > 1; --i) std::swap(questions[i - 1], questions[random.Below(i)]);
    questions.resize(std::min(questions.size(), kMaxQuestions));
  }

  void Add(const char* figure, absl::string_view name, double value) {
    figures_.push_back({absl::StrCat(options_.prefix, figure, "/", name), value, "share", std::nullopt,
                        "all items ranked; a tenth of them hidden from training"});
    std::cout << absl::StrFormat("  %-18s %-20s %.4f\n", figure, name, value) << std::flush;
  }

  using TopOf = std::function<std::vector<ItemId>(const ColdQuestion&)>;
  void AddRecalls(absl::string_view name, const TopOf& top) {
    for (const bool cold : {true, false}) {
      const std::vector<ColdQuestion>& questions = cold ? cold_ : warm_;
      int64_t hits = 0;
      for (const ColdQuestion& question : questions) {
        const std::vector<ItemId> items = top(question);
        hits += std::count(items.begin(), items.end(), question.target);
      }
      Add(cold ? "cold_recall_at_20" : "warm_recall_at_20", name,
          static_cast<double>(hits) / static_cast<double>(questions.size()));
    }
  }

  void Measure(const CandidateSource& source) {
    Candidates candidates;
    AddRecalls(source.name(), [&](const ColdQuestion& question) {
      const Asked asked(question);
      const Profile profile(asked.context(), Items());
      candidates.Reset(Items(), source.signals().size(), {.bought = BoughtItems::kExclude}, profile);
      source.Generate(profile, kPlaces, 0, candidates);
      candidates.OpenTable();
      source.Describe(profile, 0, candidates);
      std::vector<std::pair<float, ItemId>> ranked;
      for (size_t row = 0; row < candidates.items().size(); ++row) {
        ranked.emplace_back(-candidates.value(row, 0), candidates.items()[row]);
      }
      std::sort(ranked.begin(), ranked.end());
      std::vector<ItemId> top;
      for (size_t i = 0; i < std::min<size_t>(kPlaces, ranked.size()); ++i) top.push_back(ranked[i].second);
      return top;
    });
  }

  // Every attribute counts the same, every item of the history too.
  void PlainCosine() {
    const ItemFeatures& features = data_.catalogue.features;
    std::vector<std::vector<ItemId>> items_of(features.features());
    for (ItemId item = 0; item < Items(); ++item) {
      for (const uint32_t feature : features.Of(item)) items_of[feature].push_back(item);
    }
    const auto unit = [&](ItemId item) { return 1 / std::sqrt(static_cast<float>(features.Of(item).size())); };
    ScoreVector scores;
    scores.Resize(Items());
    AddRecalls("plain_cosine", [&](const ColdQuestion& question) {
      scores.Clear();
      for (const ItemId met : question.history) {
        for (const uint32_t feature : features.Of(met)) {
          for (const ItemId item : items_of[feature]) scores.Add(item, unit(met) * unit(item));
        }
      }
      std::vector<ItemId> top;
      scores.Best(
          kPlaces,
          [&](ItemId item) {
            return std::find(question.history.begin(), question.history.end(), item) == question.history.end();
          },
          top);
      return top;
    });
  }

  const SequenceData& data_;
  const SequenceOptions& options_;
  std::vector<Figure>& figures_;
  std::vector<bool> hidden_;
  Baskets train_;
  std::vector<ColdQuestion> cold_, warm_;
};

}  // namespace

absl::Status RunCold(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures) {
  if (data.catalogue.features.size() == 0) {
    return absl::FailedPreconditionError("hidden items can be found by their attributes only; give --attributes");
  }
  return ColdBench(data, options, figures).Run();
}

}  // namespace kontor::bench
