#pragma once

#include <vector>

#include "libs/domain/recommendations/eligibility.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/objective.h"
#include "libs/domain/recommendations/rerank.h"

namespace kontor::recommendations {

// Borrows.
struct Request {
  Task task = Task::kNextBasket;  // kNextBasket or kCompleteBasket; the others follow from it, `bought` and the context
  int limit = 10;
  BoughtItems bought = BoughtItems::kInclude;
  absl::Span<const ItemId> excluded;      // where there is no `eligible`
  const Eligibility* eligible = nullptr;  // null: all but `excluded` may be shown
  RerankOptions rerank;                   // its limit and its eligible are those above
  bool explain = true;                    // fill reasons
  const Ranker* ranker = nullptr;         // instead of the model's
  Objective objective;                    // none: the ranker's order
};

// The task whose weights answer a request.
Task TaskOf(const Request& request, bool anything_known);

// Best first, at most `limit`, without repeats; fewer only where the filters and caps leave fewer. Whoever is unknown
// gets what is popular where they are. Items of the session may be among the answers: exclude them. Thread-safe; each
// thread keeps working memory in the size of the catalogue. Cost: `recommend_cpu_ms` of `bench next-basket`.
// `passed_over`, where given, gets the candidates that ranked before the last place and were refused (rerank.h).
std::vector<Recommendation> Recommend(const Model& model, const UserContext& context, const Request& request,
                                      std::vector<PassedOver>* passed_over = nullptr);

// `given` instead of candidates of the sources, re-ranked like them; the row of each is its place in the list.
std::vector<Recommendation> ShowGiven(const Model& model, std::vector<Scored> given, ReasonKind kind,
                                      const Request& request, std::vector<PassedOver>* passed_over = nullptr);

// What is popular where the context is, most popular first, for whoever has no time for a ranking: nothing of the
// person counts but what the request's filters take from them. Walks that list; ranks nothing.
std::vector<Recommendation> PopularList(const Model& model, const UserContext& context, const Request& request);

// What PopularList chooses from, as candidates of ShowGiven.
std::vector<Scored> PopularCandidates(const Model& model, const UserContext& context, const Request& request);

// The context without the person.
UserContext Impersonal(const UserContext& context);

// How much an answer to this context can know.
Tier TierOf(const Model& model, const UserContext& context);

// The steps of Recommend, for fitting and for absence.h.

// The table that the ranker reads: every source's nominations and their signals. `limit` per source. `also` is in the
// table whether a source nominates it or not, where the filter allows it; true when one did.
bool CollectCandidates(const Model& model, const Profile& profile, const ItemFilter& filter, int limit, Candidates& out,
                       ItemId also = kNone);
int NominationsFor(int limit);  // of every source
ItemFilter FilterOf(const Request& request);
// The odds of each against the best by the ranker's fit (a softmax over the list), so that twice the score is twice the
// odds: within 0 and 1.
std::vector<Scored> ScoreCandidates(const Ranker& ranker, Task task, const Candidates& candidates,
                                    const RankContext& context);
// The same for a request: by its ranker, then by its objective.
std::vector<Scored> ScoreFor(const Model& model, const Request& request, const Profile& profile,
                             const Candidates& candidates);
// Where exploration is asked for, takes out items that came after the model and do not rank among the first `limit`:
// these are for chance to try, which passes over what is ranked. `spared` stays.
void LeaveToChance(const Request& request, const RankContext& context, ItemId spared, std::vector<Scored>& scored);
RerankOptions RerankOf(const Model& model, const Request& request);

}  // namespace kontor::recommendations
