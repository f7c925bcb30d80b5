#include "libs/domain/recommendations/train.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/recommend.h"

namespace kontor::recommendations {
namespace {

constexpr int kFitNominations = 100;

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

std::shared_ptr<Model> TrainSources(const Baskets& baskets, const Catalogue& catalogue,
                                    absl::Span<const uint64_t> persons, TrainOptions options) {
  options.together.threads = options.customers.threads = options.threads;
  options.together.seed = options.customers.seed = options.seed;
  Model::Sources sources;
  sources.push_back(std::make_unique<const BuyAgain>(BuyAgain::Train(baskets)));
  sources.push_back(std::make_unique<const ItemItem>(ItemItem::Train(baskets, options.together)));
  sources.push_back(std::make_unique<const ItemItem>(ItemItem::Train(baskets, options.customers)));
  sources.push_back(std::make_unique<const Neighbours>(Neighbours::Train(baskets, persons, options.neighbours)));
  auto model = std::make_shared<Model>(
      catalogue, std::move(sources),
      std::make_unique<const Popularity>(Popularity::Train(baskets, catalogue.context_parents, options.popularity)));
  model->trained_until_seconds = baskets.newest_seconds();
  model->counts.baskets = baskets.size();
  model->counts.products = baskets.item_count();
  model->counts.lines = static_cast<int64_t>(baskets.lines());
  for (uint32_t user = 0; user < baskets.users(); ++user) model->counts.customers += baskets.OfUser(user).size() > 0;
  return model;
}

// Makes the lists that a task's weights are fitted to.
class Lists {
 public:
  Lists(const Model& model, const HoldOut& hold_out, absl::Span<const uint64_t> persons, uint64_t seed)
      : model_(model), hold_out_(hold_out), persons_(persons), seed_(seed) {}

  // Every second example from `first`, or all with step 1.
  std::vector<RankList> Make(Task task, size_t first, size_t step) {
    std::vector<RankList> lists;
    for (size_t i = first; i < hold_out_.examples.size(); i += step) {
      const Example& example = hold_out_.examples[i];
      const ExampleContext known(hold_out_, example, persons_);
      if (task == Task::kCompleteBasket) {
        AppendHalfBasket(known.context(), example, lists);
        continue;
      }
      UserContext context = known.context();
      if (task == Task::kStranger) context.baskets = {};
      const BoughtItems bought = task == Task::kNewProducts ? BoughtItems::kExclude : BoughtItems::kInclude;
      lists.push_back(MakeOne(context, {.bought = bought}, example.target));
    }
    return lists;
  }

 private:
  // Half of the basket is given, the other half wanted: once with the person's history, once without.
  void AppendHalfBasket(UserContext context, const Example& example, std::vector<RankList>& lists) {
    if (example.target.size() < 2) return;
    base::Random random(seed_ + example.user);
    std::vector<ItemId> items = example.target;
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.Below(i)]);
    const std::vector<ItemId> given(items.begin(), items.begin() + static_cast<int64_t>(items.size() / 2));
    std::vector<ItemId> wanted(items.begin() + static_cast<int64_t>(given.size()), items.end());
    std::sort(wanted.begin(), wanted.end());
    std::vector<Seed> session;
    for (ItemId item : given) session.push_back({item, 1});
    context.session = session;
    lists.push_back(MakeOne(context, {.excluded = given}, wanted));
    context.baskets = {};
    lists.push_back(MakeOne(context, {.excluded = given}, wanted));
  }

  RankList MakeOne(const UserContext& context, const ItemFilter& filter, absl::Span<const ItemId> wanted) {
    const Profile profile(context, model_.items());
    CollectCandidates(model_, profile, filter, kFitNominations, candidates_);
    RankList list;
    for (size_t row = 0; row < candidates_.items().size(); ++row) {
      const absl::Span<const float> values = candidates_.row(row);
      for (size_t i = 0; i < values.size(); ++i) list.features.push_back(model_.ranker().Scaled(i, values[i]));
      list.bought.push_back(candidates_.bought(row));
      list.relevant.push_back(std::binary_search(wanted.begin(), wanted.end(), candidates_.items()[row]));
    }
    return list;
  }

  const Model& model_;
  const HoldOut& hold_out_;
  absl::Span<const uint64_t> persons_;
  uint64_t seed_;
  Candidates candidates_;
};

// Weights from one half of the customers are read on the other.
ModelMetrics CrossValidate(const Model& model, const HoldOut& hold_out, absl::Span<const uint64_t> persons,
                           const FitOptions& options, Lists& lists) {
  ModelMetrics metrics;
  for (size_t half = 0; half < 2; ++half) {
    Ranker ranker = model.ranker();
    for (Task task : {Task::kNextBasket, Task::kNewProducts}) {
      ranker.SetWeights(task, FitWeights(lists.Make(task, half, 2), ranker.signals().size(), options));
    }
    std::vector<Example> others;
    for (size_t i = 1 - half; i < hold_out.examples.size(); i += 2) others.push_back(hold_out.examples[i]);
    const auto recommend = [&](const Example&, const UserContext& context, BoughtItems bought) {
      std::vector<ItemId> top;
      const Request request{.bought = bought, .explain = false, .ranker = &ranker};
      for (const Recommendation& one : Recommend(model, context, request)) top.push_back(one.item);
      return top;
    };
    const NextBasketMetrics read = EvaluateNextBasket(hold_out, others, persons, 10, recommend);
    const double share = static_cast<double>(others.size()) / static_cast<double>(hold_out.examples.size());
    metrics.recall_at_10 += share * read.all.recall;
    metrics.ndcg_at_10 += share * read.all.ndcg;
    metrics.recall_at_10_new += share * read.new_products.recall;
    metrics.ndcg_at_10_new += share * read.new_products.ndcg;
  }
  metrics.customers = static_cast<int64_t>(hold_out.examples.size());
  return metrics;
}

}  // namespace

absl::StatusOr<std::shared_ptr<Model>> TrainModel(const history::History& history, const Catalogue& catalogue,
                                                  absl::Span<const uint64_t> persons, const TrainOptions& options) {
  RETURN_IF_ERROR(CheckInput(history, catalogue, persons));
  const Baskets baskets = Baskets::FromHistory(history, catalogue.products.size());
  if (baskets.size() == 0) {
    return base::Error(absl::StatusCode::kFailedPrecondition, "TOO_LITTLE_HISTORY",
                       "There is no purchase to learn from; import orders first.");
  }
  std::shared_ptr<Model> model = TrainSources(baskets, catalogue, persons, options);
  const HoldOut hold_out = HoldOutLast(baskets, options.max_examples);
  if (hold_out.examples.size() < options.min_examples) return model;

  const std::shared_ptr<Model> partial = TrainSources(hold_out.train, catalogue, persons, options);
  Lists lists(*partial, hold_out, persons, options.seed);
  Ranker ranker = partial->ranker();
  for (size_t task = 0; task < kTasks; ++task) {
    ranker.SetWeights(static_cast<Task>(task),
                      FitWeights(lists.Make(static_cast<Task>(task), 0, 1), ranker.signals().size(), options.fit));
  }
  model->set_ranker(ranker);
  model->metrics = CrossValidate(*partial, hold_out, persons, options.fit, lists);
  return model;
}

}  // namespace kontor::recommendations
