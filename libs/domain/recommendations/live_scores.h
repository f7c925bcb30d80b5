#pragma once

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/candidates.h"
#include "libs/domain/recommendations/ranker.h"

// The steps of Ranker::ScoreAll that hear what the catalogue says now. Scores are log-odds, as the fits make them.
namespace kontor::recommendations {

// Rows of items that came after the model and were not bought: what signals of behaviour say of them is nothing, not
// little. Each gets the mean and one standard deviation of the scores of the kNearest rows whose value of a signal of
// content is nearest to its own, among items that the model knows and that were not bought; the mean of that over the
// signals of content that speak of it. So it stands where items as like the person's taste stand in this very list; the
// deviation, an upper bound on what is not known, gives it the benefit of the doubt (Lai and Robbins 1985). Other
// scores stay.
inline constexpr size_t kNearest = 10;
void EstimateFresh(absl::Span<const Signal> signals, const Candidates& candidates, const RankContext& context,
                   std::vector<float>& scores);

// What a value of 1 of a signal adds to the log-odds whatever was learned. Of knowledge.h: a related item has e^3 = 20
// times the odds that it would have without; what the basket needs comes before all that is learned where the basket is
// to be completed. Prior to all data, and stated: no public data has a catalogue's relations. Of content, where the
// person has met nothing but items that came after the model: behaviour then says nothing of them, and a cosine more by
// .1 counts like e times the odds. 0 for all others.
float PriorOf(const Signal& signal, Task task, const RankContext& context);
void AddPriors(absl::Span<const Signal> signals, Task task, const Candidates& candidates, const RankContext& context,
               std::vector<float>& scores);

}  // namespace kontor::recommendations
