#include "bench/sequence_bench.h"

#include <ctime>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/fit_ranker.h"
#include "libs/domain/recommendations/rank_lists.h"
#include "libs/domain/recommendations/train.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr int kPlaces = 10;
constexpr Task kTask = Task::kNewProducts;  // what a person has not met

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The model with one of its sources alone.
Model OneSource(const Model& model, size_t source) {
  const auto popularity = std::dynamic_pointer_cast<const Popularity>(model.sources().back());
  const bool other = source + 1 < model.sources().size();
  return Model(model.catalogue(), other ? Model::Sources{model.sources()[source]} : Model::Sources{}, popularity);
}

// Weights of that source's signals; popularity is there as well, and weighs nothing.
Ranker FitOneSource(const Model& alone, const std::vector<RankList>& lists) {
  std::vector<const RankList*> pointers;
  for (const RankList& list : lists) pointers.push_back(&list);
  const size_t columns = alone.Signals().size(), own = alone.sources().front()->signals().size();
  std::vector<float> weights = FitWeights(pointers, std::vector<bool>(columns, true), {});
  for (size_t i = 0; i < weights.size(); ++i) {
    if (i % columns >= own) weights[i] = 0;
  }
  Ranker ranker(alone.Signals());
  ranker.SetWeights(kTask, std::move(weights));
  return ranker;
}

class SequenceBench {
 public:
  SequenceBench(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures)
      : data_(data),
        options_(options),
        figures_(figures),
        test_(HoldOutLast(data.baskets)),
        validation_(HoldOutLast(test_.train)) {}

  absl::Status Run() {
    Add("people", data_.baskets.users(), "people");
    Add("items", data_.catalogue.products.size(), "items");
    Add("events", static_cast<double>(data_.events), "events");
    TrainOptions options;
    options.threads = options_.threads;
    double start = CpuSeconds();
    options.neural.max_seconds = options_.neural_seconds;
    options.neural.clock = &base::SystemClock();
    NeuralPlan plan{{&validation_.train, validation_.examples}, {}};
    ASSIGN_OR_RETURN(const std::shared_ptr<Model> strict,
                     TrainSources(validation_.train, data_.catalogue, data_.persons, options, plan));
    Add("train_cpu_s", CpuSeconds() - start, "s", "every source once");

    start = CpuSeconds();
    const std::vector<RankList> lists = RankLists(*strict, validation_, data_.persons, 1).Make(kTask);
    RankerOptions ranking = options.ranker;
    ranking.threads = options_.threads;
    Ranker ensemble(strict->Signals());
    ASSIGN_OR_RETURN(const TaskFit fit, FitTask(kTask, lists, ranking, ensemble));
    Add("fit_cpu_s", CpuSeconds() - start, "s", "the ensemble's weights and trees, on the validation");
    std::cout << absl::StrFormat("  validation, two-fold: linear NDCG@10 %.4f, trees %.4f\n", fit.linear.ndcg,
                                 fit.trees.ndcg)
              << std::flush;
    Add("validation_ndcg_at_10/linear", fit.linear.ndcg, "share", "two-fold");
    Add("validation_ndcg_at_10/trees", fit.trees.ndcg, "share", "two-fold");
    View("strict", *strict, ensemble);
    ASSIGN_OR_RETURN(const std::shared_ptr<Model> refit,
                     TrainSources(test_.train, data_.catalogue, data_.persons, options, plan));
    View("refit", *refit, ensemble);
    return absl::OkStatus();
  }

 private:
  void Add(const std::string& name, double value, const std::string& unit, const std::string& note = "") {
    figures_.push_back({absl::StrCat(options_.prefix, name), value, unit, std::nullopt, note});
  }

  void View(const std::string& view, const Model& model, const Ranker& ensemble) {
    for (size_t source = 0; source < model.sources().size(); ++source) {
      const Model alone = OneSource(model, source);
      const std::string name(model.sources()[source]->name());
      if (view == "strict") {  // the refit view takes its weights
        alone_.push_back(FitOneSource(alone, RankLists(alone, validation_, data_.persons, 1).Make(kTask)));
      }
      AddMetrics(view, name, alone_[source], RankLists(alone, test_, data_.persons, 1).Make(kTask));
    }
    const std::vector<RankList> lists = RankLists(model, test_, data_.persons, 1).Make(kTask);
    Ranker linear = ensemble;
    linear.SetTrees(kTask, {});
    AddMetrics(view, "linear", linear, lists);
    AddMetrics(view, "ensemble", ensemble, lists);
  }

  void AddMetrics(absl::string_view view, absl::string_view name, const Ranker& ranker,
                  const std::vector<RankList>& lists) {
    std::vector<const RankList*> pointers;
    for (const RankList& list : lists) pointers.push_back(&list);
    const RankingMetrics metrics = EvaluateLists(ranker, kTask, pointers, kPlaces);
    // Whose target they have met before is a miss.
    const double asked = static_cast<double>(lists.size()) / static_cast<double>(test_.examples.size());
    Add(absl::StrCat(view, "_hr_at_10/", name), asked * metrics.recall, "share");
    Add(absl::StrCat(view, "_ndcg_at_10/", name), asked * metrics.ndcg, "share");
    std::cout << absl::StrFormat("  %-7s %-22s HR@10 %.4f  NDCG@10 %.4f\n", view, name, asked * metrics.recall,
                                 asked * metrics.ndcg)
              << std::flush;
  }

  const SequenceData& data_;
  const SequenceOptions& options_;
  std::vector<Figure>& figures_;
  const HoldOut test_;
  const HoldOut validation_;
  std::vector<Ranker> alone_;  // by source
};

}  // namespace

absl::Status RunSequences(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures) {
  return SequenceBench(data, options, figures).Run();
}

}  // namespace kontor::bench
