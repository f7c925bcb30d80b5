#include "libs/domain/recommendations/recommend.h"

#include <algorithm>

#include "libs/domain/recommendations/reasons.h"
#include "libs/domain/recommendations/rerank.h"

namespace kontor::recommendations {
namespace {

constexpr int kNominations = 100;  // of every source, more for longer answers

ItemFilter FilterOf(const Model& model, const Request& request) {
  return {request.bought, request.excluded, request.allowed, request.categories, model.catalogue().product_categories};
}

}  // namespace

Task TaskOf(const Request& request, bool anything_known) {
  if (!anything_known) return Task::kStranger;
  if (request.task == Task::kNextBasket && request.bought == BoughtItems::kExclude) return Task::kNewProducts;
  return request.task;
}

void CollectCandidates(const Model& model, const Profile& profile, const ItemFilter& filter, int limit,
                       Candidates& out) {
  const size_t signals = model.ranker().signals().size();
  out.Reset(model.items(), signals, filter, profile);
  size_t first = 0;
  const Effort effort = profile.context().effort;
  for (const auto& source : model.sources()) {
    if (source->effort() <= effort) source->Generate(profile, limit, first, out);
    first += source->signals().size();
  }
  out.OpenTable();
  first = 0;
  for (const auto& source : model.sources()) {
    if (source->effort() <= effort) source->Describe(profile, first, out);
    first += source->signals().size();
  }
}

std::vector<Recommendation> Recommend(const Model& model, const UserContext& context, const Request& request) {
  thread_local Candidates candidates;
  const Profile profile(context, model.items());
  CollectCandidates(model, profile, FilterOf(model, request), std::max(kNominations, 2 * request.limit), candidates);

  const Ranker& ranker = request.ranker != nullptr ? *request.ranker : model.ranker();
  const Task task = TaskOf(request, !profile.empty());
  const RankContext rank_context(profile);
  thread_local std::vector<float> scores;
  ranker.ScoreAll(task, candidates, rank_context, scores);
  std::vector<Scored> scored(candidates.items().size());
  for (uint32_t row = 0; row < scored.size(); ++row) scored[row] = {candidates.items()[row], scores[row], row};
  std::vector<Recommendation> out;
  for (const Scored& best :
       Rerank(scored, request.limit, request.max_per_category, model.catalogue().product_categories)) {
    Recommendation recommendation{best.item, best.score, {}};
    if (request.explain) {
      const RankedItem ranked{best.item, candidates.bought(best.row), candidates.row(best.row)};
      recommendation.reasons = ExplainItem(model, ranker, task, profile, rank_context, ranked);
    }
    out.push_back(std::move(recommendation));
  }
  return out;
}

UserContext Impersonal(const UserContext& context) {
  UserContext place;
  place.context = context.context;
  return place;
}

std::vector<Recommendation> PopularList(const Model& model, const UserContext& context, const Request& request) {
  thread_local Candidates candidates;
  const UserContext place = Impersonal(context);
  const Profile nobody(place, model.items());
  const Profile person(request.bought == BoughtItems::kInclude ? place : context, model.items());
  candidates.Reset(model.items(), 0, FilterOf(model, request), person);
  model.popularity().Generate(nobody, std::max(kNominations, 2 * request.limit), 0, candidates);
  std::vector<Scored> nominated;
  for (uint32_t row = 0; row < candidates.items().size(); ++row) {
    const ItemId item = candidates.items()[row];
    nominated.push_back({item, model.popularity().Share(place.context, item), row});
  }
  std::vector<Recommendation> out;
  for (const Scored& best :
       Rerank(nominated, request.limit, request.max_per_category, model.catalogue().product_categories)) {
    Reason reason;
    reason.share = 1;
    model.popularity().Explain(nobody, best.item, reason);
    out.push_back({best.item, best.score, {reason}});
  }
  return out;
}

Tier TierOf(const Model& model, const UserContext& context) {
  const auto known = [&](ItemId item) { return item < model.items(); };
  const bool personal = std::any_of(context.session.begin(), context.session.end(),
                                    [&](const Seed& seed) { return seed.weight > 0 && known(seed.item); }) ||
                        std::any_of(context.baskets.begin(), context.baskets.end(), [&](const PastBasket& basket) {
                          return std::any_of(basket.items.begin(), basket.items.end(), known);
                        });
  if (personal) return Tier::kPersonal;
  return context.context < model.catalogue().context_parents.size() ? Tier::kContext : Tier::kPopular;
}

}  // namespace kontor::recommendations
