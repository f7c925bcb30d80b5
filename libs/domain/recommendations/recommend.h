#pragma once

#include <vector>

#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

// Borrows.
struct Request {
  Task task = Task::kNextBasket;  // kNextBasket or kCompleteBasket; the others follow from it, `bought` and the context
  int limit = 10;
  BoughtItems bought = BoughtItems::kInclude;
  absl::Span<const ItemId> excluded;
  absl::Span<const uint64_t> allowed;     // a bit per item (ItemFilter); empty allows all
  absl::Span<const uint32_t> categories;  // numbers of the catalogue; empty allows all
  int max_per_category = 0;               // 0: no limit
  bool explain = true;                    // fill reasons
  const Ranker* ranker = nullptr;         // instead of the model's
};

// The task whose weights answer a request.
Task TaskOf(const Request& request, bool anything_known);

// Best first, at most `limit`, without repeats; fewer only where the filters leave fewer. Whoever is unknown gets what
// is popular where they are. Items of the session may be among the answers: exclude them. Thread-safe; each thread
// keeps working memory in the size of the catalogue. Cost: `recommend_cpu_ms` of `bench next-basket`.
std::vector<Recommendation> Recommend(const Model& model, const UserContext& context, const Request& request);

// What is popular where the context is, most popular first, for whoever has no time for a ranking: nothing of the
// person counts but what the request's filters take from them. Walks that list; ranks nothing.
std::vector<Recommendation> PopularList(const Model& model, const UserContext& context, const Request& request);

// The context without the person.
UserContext Impersonal(const UserContext& context);

// How much an answer to this context can know.
Tier TierOf(const Model& model, const UserContext& context);

// The table that the ranker reads, for fitting: every source's nominations and their signals. `limit` per source.
void CollectCandidates(const Model& model, const Profile& profile, const ItemFilter& filter, int limit,
                       Candidates& out);

}  // namespace kontor::recommendations
