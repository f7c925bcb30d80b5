#pragma once

#include <cstdint>
#include <vector>

#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/model.h"
#include "libs/domain/recommendations/rank_fit.h"

namespace kontor::recommendations {

// The candidates of every held-out basket as a task would rank them. Thread-compatible.
class RankLists {
 public:
  // Borrows all but the seed, which halves baskets for kCompleteBasket.
  RankLists(const Model& model, const HoldOut& hold_out, absl::Span<const uint64_t> persons, uint64_t seed)
      : model_(model), hold_out_(hold_out), persons_(persons), seed_(seed) {}

  // In the order of the examples. kNewProducts leaves out who bought nothing new; kCompleteBasket gives half a basket,
  // then the session that led to it, and wants the other half, once with the person's history and once without, where
  // there are two items at least.
  std::vector<RankList> Make(Task task);

 private:
  void AppendHalfBasket(UserContext context, const Example& example, std::vector<RankList>& lists);
  RankList MakeOne(const UserContext& context, const ItemFilter& filter, absl::Span<const ItemId> wanted);

  const Model& model_;
  const HoldOut& hold_out_;
  absl::Span<const uint64_t> persons_;
  uint64_t seed_;
  Candidates candidates_;
};

// How well a ranker orders lists: what is not nominated counts as missed.
RankingMetrics EvaluateLists(const Ranker& ranker, Task task, absl::Span<const RankList* const> lists, int k);

}  // namespace kontor::recommendations
