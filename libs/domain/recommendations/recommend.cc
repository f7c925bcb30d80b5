#include "libs/domain/recommendations/recommend.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "libs/domain/recommendations/live_catalogue.h"
#include "libs/domain/recommendations/reasons.h"
#include "libs/domain/recommendations/rerank.h"

namespace kontor::recommendations {
namespace {

Recommendation Shown(const Placed& placed) {
  Recommendation shown{placed.item, placed.final_score, {}, placed.score, placed.rules, placed.propensity};
  if (placed.explored) {
    Reason reason;
    reason.kind = ReasonKind::kNewItem;
    reason.share = 1;
    shown.reasons.push_back(reason);
  }
  return shown;
}

}  // namespace

int NominationsFor(int limit) {
  constexpr int kNominations = 100;
  return std::max(kNominations, 2 * limit);
}

ItemFilter FilterOf(const Request& request) {
  if (request.eligible == nullptr) return {request.bought, request.excluded, {}};
  return {request.bought, request.eligible->excluded(), request.eligible->allowed()};
}

RerankOptions RerankOf(const Model& model, const Request& request) {
  RerankOptions options = request.rerank;
  options.limit = request.limit;
  options.eligible = request.eligible;
  options.item_categories = model.catalogue().product_categories;
  return options;
}

std::vector<Scored> ScoreCandidates(const Ranker& ranker, Task task, const Candidates& candidates,
                                    const RankContext& context) {
  thread_local std::vector<float> scores;
  ranker.ScoreAll(task, candidates, context, scores);
  const float best = scores.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
  std::vector<Scored> scored(candidates.items().size());
  for (uint32_t row = 0; row < scored.size(); ++row) {
    scored[row] = {candidates.items()[row], std::exp(scores[row] - best), row};
  }
  return scored;
}

std::vector<Scored> ScoreFor(const Model& model, const Request& request, const Profile& profile,
                             const Candidates& candidates) {
  const Ranker& ranker = request.ranker != nullptr ? *request.ranker : model.ranker();
  const RankContext context(profile);
  std::vector<Scored> scored = ScoreCandidates(ranker, TaskOf(request, !profile.empty()), candidates, context);
  if (request.objective.none()) return scored;
  static const ItemFacts& nothing = *new ItemFacts;
  const ItemFacts& facts = request.rerank.facts != nullptr ? *request.rerank.facts : nothing;
  const int64_t now = profile.context().now_seconds;
  thread_local std::vector<OutcomeChances> chances;
  chances.clear();
  if (model.outcomes() != nullptr) {
    thread_local std::vector<float> rows;
    rows.clear();
    for (const Scored& one : scored) {
      AppendShown(
          model.ranker(), context,
          {candidates.bought(one.row), candidates.row(one.row), one.score, PriceForOutcomes(facts, one.item, now)},
          rows);
    }
    model.outcomes()->Predict(rows, chances);
  }
  ApplyObjective(request.objective, RelativeMargins(facts, candidates.items(), now), chances, scored);
  return scored;
}

void LeaveToChance(const Request& request, const RankContext& context, ItemId spared, std::vector<Scored>& scored) {
  if (!(request.rerank.exploration.share > 0) || scored.size() <= static_cast<size_t>(request.limit)) return;
  std::vector<float> scores;
  for (const Scored& one : scored) scores.push_back(one.score);
  const auto last = scores.begin() + std::max(request.limit, 1) - 1;
  std::nth_element(scores.begin(), last, scores.end(), std::greater<>());
  const auto chancy = [&](const Scored& one) {
    return context.IsFresh(one.item) && one.item != spared && one.score < *last;
  };
  scored.erase(std::remove_if(scored.begin(), scored.end(), chancy), scored.end());
}

Task TaskOf(const Request& request, bool anything_known) {
  if (!anything_known) return Task::kStranger;
  if (request.task == Task::kNextBasket && request.bought == BoughtItems::kExclude) return Task::kNewProducts;
  return request.task;
}

bool CollectCandidates(const Model& model, const Profile& profile, const ItemFilter& filter, int limit, Candidates& out,
                       ItemId also) {
  const size_t signals = model.ranker().signals().size();
  out.Reset(profile.item_count(), signals, filter, profile);
  size_t first = 0;
  const Effort effort = profile.context().effort;
  for (const auto& source : model.sources()) {
    if (source->effort() <= effort) source->Generate(profile, limit, first, out);
    first += source->signals().size();
  }
  const bool nominated = std::find(out.items().begin(), out.items().end(), also) != out.items().end();
  if (also != kNone && !nominated) out.Nominate(also);
  out.OpenTable();
  first = 0;
  for (const auto& source : model.sources()) {
    if (source->effort() <= effort) source->Describe(profile, first, out);
    first += source->signals().size();
  }
  return nominated;
}

std::vector<Recommendation> Recommend(const Model& model, const UserContext& context, const Request& request,
                                      std::vector<PassedOver>* passed_over) {
  thread_local Candidates candidates;
  const Profile profile(context, ItemsOf(model, context));
  CollectCandidates(model, profile, FilterOf(request), NominationsFor(request.limit), candidates);

  const Ranker& ranker = request.ranker != nullptr ? *request.ranker : model.ranker();
  const Task task = TaskOf(request, !profile.empty());
  const RankContext rank_context(profile);
  std::vector<Scored> scored = ScoreFor(model, request, profile, candidates);
  LeaveToChance(request, rank_context, kNone, scored);
  std::vector<Recommendation> out;
  for (const Placed& placed : Rerank(scored, RerankOf(model, request), passed_over)) {
    out.push_back(Shown(placed));
    if (!request.explain || placed.row == kNone) continue;
    const RankedRow ranked{candidates.bought(placed.row), candidates.row(placed.row), placed.item};
    out.back().reasons = ExplainItem(model, ranker, task, profile, rank_context, ranked);
  }
  return out;
}

std::vector<Recommendation> ShowGiven(const Model& model, std::vector<Scored> given, ReasonKind kind,
                                      const Request& request, std::vector<PassedOver>* passed_over) {
  std::vector<Recommendation> out;
  for (const Placed& placed : Rerank(given, RerankOf(model, request), passed_over)) {
    out.push_back(Shown(placed));
    if (placed.row == kNone) continue;
    Reason reason;
    reason.kind = kind;
    reason.share = 1;
    out.back().reasons = {reason};
  }
  return out;
}

UserContext Impersonal(const UserContext& context) {
  UserContext place;
  place.context = context.context;
  return place;
}

std::vector<Scored> PopularCandidates(const Model& model, const UserContext& context, const Request& request) {
  thread_local Candidates candidates;
  const UserContext place = Impersonal(context);
  const Profile nobody(place, model.items());
  const Profile person(request.bought == BoughtItems::kInclude ? place : context, model.items());
  candidates.Reset(model.items(), 0, FilterOf(request), person);
  model.popularity().Generate(nobody, NominationsFor(request.limit), 0, candidates);
  std::vector<Scored> nominated;
  for (uint32_t row = 0; row < candidates.items().size(); ++row) {
    const ItemId item = candidates.items()[row];
    nominated.push_back({item, model.popularity().Share(place.context, item), row});
  }
  return nominated;
}

std::vector<Recommendation> PopularList(const Model& model, const UserContext& context, const Request& request) {
  const UserContext place = Impersonal(context);
  const Profile nobody(place, model.items());
  std::vector<Scored> nominated = PopularCandidates(model, context, request);
  std::vector<Recommendation> out;
  for (const Placed& placed : Rerank(nominated, RerankOf(model, request))) {
    out.push_back(Shown(placed));
    if (placed.row == kNone) continue;
    Reason reason;
    reason.share = 1;
    model.popularity().Explain(nobody, placed.item, reason);
    out.back().reasons = {reason};
  }
  return out;
}

Tier TierOf(const Model& model, const UserContext& context) {
  const auto known = [&](ItemId item) { return item < ItemsOf(model, context); };
  const bool personal = std::any_of(context.session.begin(), context.session.end(),
                                    [&](const Seed& seed) { return seed.weight > 0 && known(seed.item); }) ||
                        std::any_of(context.baskets.begin(), context.baskets.end(), [&](const PastBasket& basket) {
                          return std::any_of(basket.items.begin(), basket.items.end(), known);
                        });
  if (personal) return Tier::kPersonal;
  return context.context < model.catalogue().context_parents.size() ? Tier::kContext : Tier::kPopular;
}

}  // namespace kontor::recommendations
