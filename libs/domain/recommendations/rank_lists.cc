#include "libs/domain/recommendations/rank_lists.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>

#include "libs/base/random.h"
#include "libs/domain/recommendations/recommend.h"

namespace kontor::recommendations {
namespace {

constexpr int kFitNominations = 100;

}  // namespace

std::vector<RankList> RankLists::Make(Task task) {
  std::vector<RankList> lists;
  for (const Example& example : hold_out_.examples) {
    const ExampleContext known(hold_out_, example, persons_);
    if (task == Task::kCompleteBasket) {
      AppendHalfBasket(known.context(), example, lists);
      continue;
    }
    UserContext context = known.context();
    if (task == Task::kStranger) {
      context.baskets = {};
      context.session = {};
    }
    if (task != Task::kNewProducts) {
      lists.push_back(MakeOne(context, {}, example.target));
      continue;
    }
    std::vector<ItemId> fresh;
    std::set_difference(example.target.begin(), example.target.end(), known.bought().begin(), known.bought().end(),
                        std::back_inserter(fresh));
    if (!fresh.empty()) lists.push_back(MakeOne(context, {.bought = BoughtItems::kExclude}, fresh));
  }
  return lists;
}

void RankLists::AppendHalfBasket(UserContext context, const Example& example, std::vector<RankList>& lists) {
  if (example.target.size() < 2) return;
  base::Random random(seed_ + example.user);
  std::vector<ItemId> items = example.target;
  for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.Below(i)]);
  const std::vector<ItemId> given(items.begin(), items.begin() + static_cast<int64_t>(items.size() / 2));
  std::vector<ItemId> wanted(items.begin() + static_cast<int64_t>(given.size()), items.end());
  std::sort(wanted.begin(), wanted.end());
  std::vector<Seed> session;
  for (ItemId item : given) session.push_back({item, 1});
  for (const Seed& seed : example.session) {
    if (std::find(given.begin(), given.end(), seed.item) == given.end()) session.push_back(seed);
  }
  context.session = session;
  lists.push_back(MakeOne(context, {.excluded = given}, wanted));
  context.baskets = {};
  lists.push_back(MakeOne(context, {.excluded = given}, wanted));
}

RankList RankLists::MakeOne(const UserContext& context, const ItemFilter& filter, absl::Span<const ItemId> wanted) {
  const Profile profile(context, model_.items());
  CollectCandidates(model_, profile, filter, kFitNominations, candidates_);
  RankList list;
  list.context = RankContext(profile);
  list.wanted = wanted.size();
  for (size_t row = 0; row < candidates_.items().size(); ++row) {
    list.relevant.push_back(std::binary_search(wanted.begin(), wanted.end(), candidates_.items()[row]));
    list.bought.push_back(candidates_.bought(row));
  }
  if (std::count(list.relevant.begin(), list.relevant.end(), 1) == 0) {  // nothing to learn, only a miss to count
    list.relevant.clear();
    list.bought.clear();
    return list;
  }
  list.features.reserve(list.bought.size() * candidates_.signals());
  for (size_t row = 0; row < list.bought.size(); ++row) {
    const absl::Span<const float> values = candidates_.row(row);
    for (size_t i = 0; i < values.size(); ++i) list.features.push_back(model_.ranker().Scaled(i, values[i]));
  }
  return list;
}

RankingMetrics EvaluateLists(const Ranker& ranker, Task task, absl::Span<const RankList* const> lists, int k) {
  MetricsMean mean(k);
  std::vector<float> scores;
  std::vector<uint32_t> order, relevant;
  for (const RankList* list : lists) {
    ranker.ScoreScaled(task, list->features, list->bought, list->context, scores);
    order.resize(scores.size());
    std::iota(order.begin(), order.end(), 0);
    // Rows stand in the order in which sources found them: that must not decide among equals.
    base::Random random(order.size());
    for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
    const auto end = order.begin() + static_cast<int64_t>(std::min(static_cast<size_t>(k), order.size()));
    std::partial_sort(order.begin(), end, order.end(), [&](uint32_t a, uint32_t b) { return scores[a] > scores[b]; });
    order.erase(end, order.end());
    relevant.clear();
    for (uint32_t row = 0; row < list->relevant.size(); ++row) {
      if (list->relevant[row] != 0) relevant.push_back(row);
    }
    // Those that were not nominated stand behind all rows.
    for (size_t missed = relevant.size(); missed < list->wanted; ++missed) {
      relevant.push_back(static_cast<uint32_t>(list->relevant.size() + missed));
    }
    mean.Add(order, relevant);
  }
  return mean.Mean();
}

}  // namespace kontor::recommendations
