#pragma once

#include "absl/functional/function_ref.h"
#include "libs/domain/recommendations/relations.h"
#include "libs/domain/recommendations/source.h"

namespace kontor::recommendations {

// What goes with what a person has, by the relations that the catalogue states now (live_catalogue.h):
//   goes_with(j) = min(1, sum over their items i of strength(i) * fit(i, j)),
// strength being an item's weight in the session, kBought * kDecay^b in the b-th newest basket; fit 1 for an accessory
// of i and for what i needs, .7 for the successor of i, .5 for what is compatible with i, else 0.
//   needed(j) = 1 where an item of the basket (a seed of weight 1) needs j.
// UserContext::about counts as an item of theirs whose accessories, what it is an accessory of, and what is compatible
// with it fit alike.
//
// It learns nothing, so that a relation counts from the moment it is stated. That is why no fit decides what its
// signals weigh: a fit would see past baskets beside relations that mostly did not exist then. The ranker adds to an
// item's log-odds what PriorOf (live_scores.h) states, in models of any age. Cost of a request: the relations of the
// items of the session and of the last baskets.
class Knowledge : public CandidateSource {
 public:
  enum SignalIndex { kGoesWith, kNeeded, kSignals };
  static constexpr float kBought = 0.6F, kDecay = 0.8F, kLeastStrength = 0.05F;

  absl::string_view name() const override { return "knowledge"; }
  absl::Span<const Signal> signals() const override;
  Effort effort() const override { return Effort::kSession; }
  void Generate(const Profile& profile, int limit, size_t first, Candidates& out) const override;
  void Describe(const Profile& profile, size_t first, Candidates& out) const override;
  void Explain(const Profile& profile, ItemId item, Reason& reason) const override;

  void Save(base::ByteWriter&) const override {}
  static Knowledge Load(base::ByteReader&, uint32_t) { return Knowledge(); }
};

}  // namespace kontor::recommendations
