#pragma once

#include <vector>

#include "libs/domain/recommendations/recommend.h"

namespace kontor::recommendations {

// Where an item stands in the answer to a request, or why it is not there.
struct Absence {
  int place = 0;  // 1 is the first; 0: not there
  // What keeps it out. All that keeps it from being ranked; when nothing does, the one cause that kept it out in or
  // after ranking. Empty for an item that is there.
  std::vector<Hindrance> causes;
  int rank = 0;     // by final score among the candidates, or where it would have been among them; 0: it has no score
  float score = 0;  // final
  float last_score = 0;              // of the last place that was ranked
  std::vector<float> signals;        // what each signal of the model says; empty: it has no score
  std::vector<float> contributions;  // and adds to the score
};

// Goes the way of Recommend, so that the two agree. A cause behind the ranking is found by asking again without it:
// kSeenOften, kRuleRank, kDiversity and kExploration mean that without that one thing the item would have been there,
// the first of them in this order; kRankedBelow that no single one would have done. Cost: that of Recommend, and a
// re-ranking for each thing that is asked without. Thread-safe.
Absence ExplainAbsence(const Model& model, const UserContext& context, const Request& request, ItemId item);

// The same for ShowGiven; an item that is not in `given` has the cause `missing`.
Absence ExplainAbsenceFromGiven(const Model& model, const std::vector<Scored>& given, const Request& request,
                                ItemId item, AbsenceCause missing);

}  // namespace kontor::recommendations
