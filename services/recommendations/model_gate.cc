#include "services/recommendations/model_gate.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/translated_context.h"

namespace kontor::recommendations {
namespace {

constexpr int kPlaces = 10;
constexpr double kOneInTwenty = 1.645;  // standard errors, one-sided

// The history without the last basket of every user that has two.
history::History WithoutLast(const history::History& history) {
  history::HistoryBuilder builder;
  builder.Reserve(history.rows());
  for (uint32_t user = 0; user < history.users(); ++user) {
    const history::Range baskets = history.BasketsOf(user);
    const uint32_t end = baskets.size() >= 2 ? baskets.end - 1 : baskets.end;
    for (uint32_t basket = baskets.begin; basket < end; ++basket) {
      const history::Range rows = history.RowsOfBasket(basket);
      for (uint32_t r = rows.begin; r < rows.end; ++r) {
        builder.Add({user, history.items()[r], history.BasketId(basket), history.times()[r], history.weights()[r],
                     history.kinds()[r], history.BasketContext(basket)});
      }
    }
  }
  return std::move(builder).Build();
}

std::vector<ItemId> Top(const Model& model, const ContextTranslator& translator, const UserContext& asked) {
  ContextTranslator::Translated translated;
  translator.Translate(asked, translated);
  std::vector<ItemId> top;
  for (const Recommendation& one : Recommend(model, translated.context, {.limit = kPlaces, .explain = false})) {
    top.push_back(translator.Back(one.item));
  }
  return top;
}

// By example.
std::vector<double> NdcgsOf(const Model& model, const TrainingData& data, const HoldOut& hold_out,
                            absl::Span<const Example> examples) {
  const ContextTranslator translator(model, data.catalogue);
  std::vector<double> ndcgs;
  for (const Example& example : examples) {
    const ExampleContext known(hold_out, example, data.persons);
    MetricsMean one(kPlaces);
    one.Add(Top(model, translator, known.context()), example.target);
    ndcgs.push_back(one.Mean().ndcg);
  }
  return ndcgs;
}

void ComparePairs(const std::vector<double>& candidate, const std::vector<double>& serving, GateVerdict& verdict) {
  const auto n = static_cast<double>(candidate.size());
  double sum = 0, squares = 0;
  for (size_t i = 0; i < candidate.size(); ++i) {
    verdict.candidate_ndcg += candidate[i] / n;
    verdict.serving_ndcg += serving[i] / n;
    const double difference = candidate[i] - serving[i];
    sum += difference;
    squares += difference * difference;
  }
  const double variance = std::max(0.0, squares / n - (sum / n) * (sum / n));
  verdict.margin = kOneInTwenty * std::sqrt(variance / n);
}

// Examples after `after_seconds`, spread evenly over all when there are too many.
std::vector<Example> Newer(const std::vector<Example>& examples, int64_t after_seconds, size_t limit) {
  std::vector<Example> newer;
  for (const Example& example : examples) {
    if (example.time_seconds > after_seconds) newer.push_back(example);
  }
  if (newer.size() <= limit) return newer;
  std::vector<Example> spread;
  for (size_t i = 0; i < limit; ++i) spread.push_back(std::move(newer[i * newer.size() / limit]));
  return spread;
}

}  // namespace

absl::StatusOr<GateVerdict> CompareModels(const TrainingData& data, const Model& candidate, const Model& serving,
                                          const TrainOptions& training, const GateOptions& options) {
  const Baskets baskets = Baskets::FromHistory(data.history, data.catalogue.products.size());
  HoldOut hold_out = HoldOutLast(baskets);
  GiveSessions(data.visits, absl::MakeSpan(hold_out.examples));
  const std::vector<Example> examples = Newer(hold_out.examples, serving.trained_until_seconds, options.max_baskets);
  GateVerdict verdict;
  if (examples.size() < options.min_baskets) {
    verdict.candidate_ndcg = candidate.metrics.ndcg_at_10;
    verdict.serving_ndcg = serving.metrics.ndcg_at_10;
    verdict.baskets = candidate.metrics.customers;
    const double mean = (verdict.candidate_ndcg + verdict.serving_ndcg) / 2;
    verdict.margin =
        kOneInTwenty * std::sqrt(mean * (1 - mean) / std::max<double>(1, static_cast<double>(verdict.baskets)));
    return verdict;
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<Model> twin,
                   TrainModel(WithoutLast(data.history), data.catalogue, data.persons, training,
                              WithoutHeldOut(data.visits, hold_out.examples)));
  verdict.unseen = true;
  verdict.baskets = static_cast<int64_t>(examples.size());
  ComparePairs(NdcgsOf(*twin, data, hold_out, examples), NdcgsOf(serving, data, hold_out, examples), verdict);
  return verdict;
}

}  // namespace kontor::recommendations
