#include "bench/session_bench.h"

#include <algorithm>
#include <ctime>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/session_tuning.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/als.h"
#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/fit_ranker.h"
#include "libs/domain/recommendations/item_item.h"
#include "libs/domain/recommendations/rank_lists.h"
#include "libs/domain/recommendations/recency_source.h"
#include "libs/domain/recommendations/recommend.h"
#include "libs/domain/recommendations/sequential_rules.h"
#include "libs/domain/recommendations/train_neural.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr size_t kPlaces = 20, kTuned = 30'000, kFitted = 20'000;
constexpr Task kTask = Task::kNextBasket;  // what comes next, met before or not
constexpr uint64_t kSeed = 7;

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Sessions as customers, clicks as baskets. Files know an order but no time: all of them span half a year.
Baskets AsBaskets(const Sessions& sessions) {
  constexpr double kSpan = 180 * kSecondsPerDay;
  Baskets out(sessions.item_count());
  for (uint32_t session = 0; session < sessions.size(); ++session) {
    const auto time = static_cast<int64_t>(kSpan * (session + 1) / sessions.size());
    for (ItemId item : sessions.Of(session)) out.AddBasket(time, kNone, {item});
    out.EndUser();
  }
  return out;
}

// A question as a person's past, newest first.
class Asked {
 public:
  explicit Asked(const SessionQuestion& question) {
    for (size_t i = question.prefix.size(); i-- > 0;) past_.push_back({0, absl::MakeConstSpan(&question.prefix[i], 1)});
    context_.baskets = past_;
  }
  const UserContext& context() const { return context_; }

 private:
  std::vector<PastBasket> past_;
  UserContext context_;
};

// The questions as held-out baskets of people of their own.
HoldOut AsHoldOut(const std::vector<SessionQuestion>& questions, uint32_t items) {
  HoldOut out{Baskets(items), {}};
  for (const SessionQuestion& question : questions) {
    out.examples.push_back({out.train.users(), kNone, 0, {question.target}});
    for (ItemId item : question.prefix) out.train.AddBasket(0, kNone, {item});
    out.train.EndUser();
  }
  return out;
}

class SessionBench {
 public:
  SessionBench(const SessionData& data, const SessionOptions& options, std::vector<Figure>& figures)
      : data_(data),
        options_(options),
        figures_(figures),
        split_(SplitForValidation(data.train, kFitted, kSeed)),
        hold_out_(AsHoldOut(split_.questions, data.train.item_count())) {}

  absl::Status Run() {
    Add("sessions", data_.train.size(), "sessions");
    Add("items", data_.train.item_count(), "items");
    Add("questions", static_cast<double>(data_.test.size()), "questions");
    knn_ = Tune();
    Knn();
    ASSIGN_OR_RETURN(const Ranker ensemble, Fit());
    const double start = CpuSeconds();
    ASSIGN_OR_RETURN(const std::shared_ptr<Model> model, TrainSources(data_.train));
    Add("train_cpu_s", CpuSeconds() - start, "s", "every source once");
    Signals(*model);
    Ranker linear = ensemble;
    linear.SetTrees(kTask, {});
    Ranked("linear", *model, linear);
    Ranked("ensemble", *model, ensemble);
    return absl::OkStatus();
  }

 private:
  void Add(const std::string& name, double value, const std::string& unit, const std::string& note = "") {
    figures_.push_back({absl::StrCat(options_.prefix, name), value, unit, std::nullopt, note});
  }

  // The sequence model is trained as long as the validation gains, the second time for as many epochs.
  absl::StatusOr<std::shared_ptr<Model>> TrainSources(const Sessions& sessions) {
    const Baskets baskets = AsBaskets(sessions);
    Catalogue catalogue;
    for (uint32_t item = 0; item < sessions.item_count(); ++item) {
      catalogue.products.Intern(absl::StrCat(item));
      catalogue.product_categories.push_back(kNone);
    }
    ItemItemOptions together{.group = ItemItemOptions::Group::kCustomer, .half_life_days = 90};
    together.threads = options_.threads;
    Model::Sources sources;
    sources.push_back(std::make_shared<const SessionKnn>(SessionKnn::Train(sessions, knn_)));
    sources.push_back(std::make_shared<const BuyAgain>(BuyAgain::Train(baskets)));
    sources.push_back(std::make_shared<const ItemItem>(ItemItem::Train(baskets, together)));
    sources.push_back(std::make_shared<const RecencySource>(
        RecencySource::Kind::kRules, TrainSequentialRules(baskets, {.threads = options_.threads})));
    sources.push_back(std::make_shared<const Als>(Als::Train(baskets, {.threads = options_.threads})));
    const NeuralOptions neural{
        .max_seconds = options_.neural_seconds, .clock = &base::SystemClock(), .threads = options_.threads};
    ASSIGN_OR_RETURN(const Model::Sources networks,
                     TrainNeural(baskets, {}, {&hold_out_.train, hold_out_.examples}, neural, epochs_));
    sources.insert(sources.end(), networks.begin(), networks.end());
    return std::make_shared<Model>(std::move(catalogue), std::move(sources),
                                   std::make_shared<const Popularity>(Popularity::Train(baskets, {}, {})));
  }

  void AddMetrics(absl::string_view name, const SessionMetrics& metrics, double cpu_seconds) {
    const double cpu_ms = 1e3 * cpu_seconds / static_cast<double>(std::max<size_t>(1, data_.test.size()));
    Add(absl::StrCat("p_at_20/", name), metrics.p_at_20, "%");
    Add(absl::StrCat("mrr_at_20/", name), metrics.mrr_at_20, "%");
    Add(absl::StrCat("query_cpu_ms/", name), cpu_ms, "ms", "mean, one thread");
    std::cout << absl::StrFormat("  %-20s P@20 %5.2f  MRR@20 %5.2f  %.4f ms a question\n", name, metrics.p_at_20,
                                 metrics.mrr_at_20, cpu_ms)
              << std::flush;
  }

  SessionKnnOptions Tune() {
    const double start = CpuSeconds();
    const TunedKnn tuned = TuneSessionKnn(SplitForValidation(data_.train, kTuned, kSeed));
    Add("tune_cpu_s", CpuSeconds() - start, "s", "session kNN's settings");
    Add("validation_p_at_20/session_knn", tuned.metrics.p_at_20, "%");
    Add("validation_mrr_at_20/session_knn", tuned.metrics.mrr_at_20, "%");
    std::cout << "  session_knn: " << DescribeKnn(tuned.options) << "\n" << std::flush;
    return tuned.options;
  }

  void Knn() {
    const double training = CpuSeconds();
    const SessionKnn model = SessionKnn::Train(data_.train, knn_);
    Add("train_cpu_s/session_knn", CpuSeconds() - training, "s");
    const double start = CpuSeconds();
    const SessionMetrics metrics = EvaluateSessionKnn(model, data_.test);
    AddMetrics("session_knn", metrics, CpuSeconds() - start);
  }

  absl::StatusOr<Ranker> Fit() {
    const double start = CpuSeconds();
    ASSIGN_OR_RETURN(const std::shared_ptr<Model> model, TrainSources(split_.earlier));
    const std::vector<uint64_t> persons(hold_out_.train.users(), 0);
    const std::vector<RankList> lists = RankLists(*model, hold_out_, persons, kSeed).Make(kTask);
    Ranker ranker(model->Signals());
    RankerOptions fitting;
    fitting.trees.objective = learn::TreeOptions::Objective::kLogistic;
    fitting.trees.min_child_weight = 5;
    fitting.threads = options_.threads;
    ASSIGN_OR_RETURN(const TaskFit fit, FitTask(kTask, lists, fitting, ranker));
    Add("fit_cpu_s", CpuSeconds() - start, "s", "the ensemble's weights and trees, on the validation");
    Add("sequence_epochs", std::max(0, epochs_[kSequenceNetwork]), "epochs", "0: left out");
    Add("validation_ndcg_at_10/linear", fit.linear.ndcg, "share", "two-fold");
    Add("validation_ndcg_at_10/trees", fit.trees.ndcg, "share", "two-fold");
    return ranker;
  }

  void Signals(const Model& model) {
    const std::vector<Signal> signals = model.Signals();
    for (size_t i = 0; i < signals.size(); ++i) {
      constexpr absl::string_view kShown[] = {"bought_rate", "same_customers", "next", "taste", "sequence", "popular"};
      if (std::find(std::begin(kShown), std::end(kShown), signals[i].name) == std::end(kShown)) continue;
      Ranker alone(signals);
      std::vector<float> weights(2 * signals.size(), 0);
      weights[i] = weights[signals.size() + i] = 1;
      alone.SetWeights(kTask, std::move(weights));
      Ranked(signals[i].name, model, alone);
    }
  }

  void Ranked(absl::string_view name, const Model& model, const Ranker& ranker) {
    const double start = CpuSeconds();
    std::vector<double> times;
    const SessionMetrics metrics =
        EvaluateSessions(data_.test, [&](const SessionQuestion& question, std::vector<ItemId>& top) {
          const Asked asked(question);
          top.clear();
          const Request request{.limit = kPlaces, .explain = false, .ranker = &ranker};
          const double asked_at = CpuSeconds();
          for (const Recommendation& one : Recommend(model, asked.context(), request)) top.push_back(one.item);
          times.push_back(CpuSeconds() - asked_at);
        });
    AddMetrics(name, metrics, CpuSeconds() - start);
    const auto place = times.begin() + static_cast<int64_t>(times.size() * 9 / 10);
    std::nth_element(times.begin(), place, times.end());
    Add(absl::StrCat("query_cpu_p90_ms/", name), 1e3 * *place, "ms", "one thread");
  }

  const SessionData& data_;
  const SessionOptions& options_;
  std::vector<Figure>& figures_;
  const SessionSplit split_;
  const HoldOut hold_out_;  // its questions
  SessionKnnOptions knn_;
  NeuralEpochs epochs_ = {0, kLeftOut, kLeftOut, kLeftOut};  // the sequence model alone
};

}  // namespace

absl::Status RunSessions(const SessionData& data, const SessionOptions& options, std::vector<Figure>& figures) {
  return SessionBench(data, options, figures).Run();
}

}  // namespace kontor::bench
