#include "libs/domain/recommendations/train.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/domain/recommendations/als.h"
#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/calendar.h"
#include "libs/domain/recommendations/content.h"
#include "libs/domain/recommendations/knowledge.h"
#include "libs/domain/recommendations/recency_source.h"
#include "libs/domain/recommendations/repurchase_clock.h"

namespace kontor::recommendations {
namespace {

absl::Status CheckInput(const history::History& history, const Catalogue& catalogue,
                        absl::Span<const uint64_t> persons) {
  if (persons.size() != history.users()) {
    return absl::InvalidArgumentError("persons needs one entry for every user of the history");
  }
  if (history.item_count() > catalogue.products.size()) {
    return absl::InvalidArgumentError("the history holds items that the catalogue does not");
  }
  if (catalogue.product_categories.size() != catalogue.products.size() ||
      catalogue.context_parents.size() != catalogue.contexts.size()) {
    return absl::InvalidArgumentError("a column of the catalogue has another length than its names");
  }
  for (size_t context = 0; context < catalogue.context_parents.size(); ++context) {
    if (catalogue.context_parents[context] != kNone && catalogue.context_parents[context] >= context) {
      return absl::InvalidArgumentError("a context stands before its parent");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<Model>> TrainSources(const Baskets& baskets, const Catalogue& catalogue,
                                                    absl::Span<const uint64_t> persons, const TrainOptions& given,
                                                    NeuralPlan& plan, const Sessions& sessions) {
  TrainOptions options = given;
  for (int* threads : {&options.together.threads, &options.customers.threads, &options.ease.threads,
                       &options.rules.threads, &options.als.threads, &options.neural.threads}) {
    *threads = options.threads;
  }
  options.together.seed = options.customers.seed = options.als.seed = options.neural.seed = options.seed;
  Model::Sources sources;
  sources.push_back(std::make_shared<const BuyAgain>(BuyAgain::Train(baskets)));
  sources.push_back(std::make_shared<const RepurchaseClock>(
      RepurchaseClock::Train(baskets, catalogue.product_categories, options.clock)));
  sources.push_back(std::make_shared<const Calendar>(Calendar::Train(baskets)));
  sources.push_back(std::make_shared<const ItemItem>(ItemItem::Train(baskets, options.together)));
  sources.push_back(std::make_shared<const ItemItem>(ItemItem::Train(baskets, options.customers)));
  sources.push_back(std::make_shared<const RecencySource>(RecencySource::Kind::kEase,
                                                          TrainEase(baskets, catalogue.features, options.ease)));
  sources.push_back(
      std::make_shared<const RecencySource>(RecencySource::Kind::kRules, TrainSequentialRules(baskets, options.rules)));
  sources.push_back(std::make_shared<const Neighbours>(Neighbours::Train(baskets, persons, options.neighbours)));
  sources.push_back(std::make_shared<const Als>(Als::Train(baskets, options.als)));
  if (sessions.size() > 0) {
    sources.push_back(std::make_shared<const SessionKnn>(SessionKnn::Train(sessions, options.sessions)));
  }
  sources.push_back(std::make_shared<const Knowledge>());
  if (catalogue.features.size() > 0) sources.push_back(std::make_shared<const Content>(catalogue.features));
  ASSIGN_OR_RETURN(Model::Sources networks,
                   TrainNeural(baskets, catalogue.features, plan.validation, options.neural, plan.epochs));
  sources.insert(sources.end(), networks.begin(), networks.end());
  Catalogue kept = catalogue;
  kept.features = {};
  auto model = std::make_shared<Model>(
      std::move(kept), std::move(sources),
      std::make_shared<const Popularity>(Popularity::Train(baskets, catalogue.context_parents, options.popularity)));
  model->trained_until_seconds = baskets.newest_seconds();
  model->counts.baskets = baskets.size();
  std::vector<bool> bought(baskets.item_count(), false);
  for (uint32_t basket = 0; basket < baskets.size(); ++basket) {
    for (const ItemId item : baskets.At(basket).items) bought[item] = true;
  }
  model->counts.products = std::count(bought.begin(), bought.end(), true);
  model->counts.lines = static_cast<int64_t>(baskets.lines());
  for (uint32_t user = 0; user < baskets.users(); ++user) model->counts.customers += baskets.OfUser(user).size() > 0;
  return model;
}

absl::StatusOr<std::shared_ptr<Model>> TrainModel(const history::History& history, const Catalogue& catalogue,
                                                  absl::Span<const uint64_t> persons, const TrainOptions& options,
                                                  const Visits& visits) {
  RETURN_IF_ERROR(CheckInput(history, catalogue, persons));
  const Baskets baskets = Baskets::FromHistory(history, catalogue.products.size());
  if (baskets.size() == 0) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_LITTLE_HISTORY",
                       "There is no purchase to learn from; import orders first.");
  }
  HoldOut hold_out = HoldOutLast(baskets, options.max_examples);
  GiveSessions(visits, absl::MakeSpan(hold_out.examples));
  Sessions sessions = SessionsOf(visits, baskets.item_count());
  Sessions earlier = SessionsOf(WithoutHeldOut(visits, hold_out.examples), baskets.item_count());
  // Both models have the same sources.
  if (earlier.size() < options.min_sessions) sessions = earlier = Sessions(baskets.item_count());
  NeuralPlan plan{{&hold_out.train, hold_out.examples}, {}};
  if (hold_out.examples.size() < options.min_examples) {
    plan.validation.examples = {};
    return TrainSources(baskets, catalogue, persons, options, plan, sessions);
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<Model> partial,
                   TrainSources(hold_out.train, catalogue, persons, options, plan, earlier));
  ASSIGN_OR_RETURN(std::shared_ptr<Model> model, TrainSources(baskets, catalogue, persons, options, plan, sessions));
  RankerOptions ranking = options.ranker;
  ranking.threads = options.threads;
  ranking.seed = options.seed;
  ASSIGN_OR_RETURN(RankerFit fit, FitRanker(*partial, hold_out, persons, ranking));
  model->set_ranker(std::move(fit.ranker));
  const RankingMetrics& all = fit.tasks[static_cast<size_t>(Task::kNextBasket)].chosen();
  const RankingMetrics& fresh = fit.tasks[static_cast<size_t>(Task::kNewProducts)].chosen();
  model->metrics = {all.recall, all.ndcg, fresh.recall, fresh.ndcg, static_cast<int64_t>(hold_out.examples.size())};
  return model;
}

}  // namespace kontor::recommendations
