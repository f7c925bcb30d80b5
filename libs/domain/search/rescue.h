#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libs/domain/search/search_engine.h"

namespace kontor::search {

// What a question that has found nothing finds once some of it is dropped.
struct Rescue {
  std::vector<std::string> words;  // dropped, as they were read; phrases in quotes
  std::vector<size_t> filters;     // dropped, of the question's
  bool price = false;              // the price that was read from the words was dropped
  bool by_meaning = false;         // no word is there: the nearest of meaning, within the filters where there are any
  EngineAnswer answered;           // without facets
};

// For an answer of the question, with `total` 0. What is kept is maximal: whatever was dropped would leave nothing
// together with the rest. Words are kept before filters, those first that tell most; then filters as they stand.
// Excluded words, the category of a page and what rules say are never dropped. Nothing where nothing is to be found, or
// the query is to be taken as it is written. Cost: a match for every word and filter, and an answer, each
// asked of `engine`, whose errors are these.
absl::StatusOr<std::optional<Rescue>> FindRescue(const SearchEngine& engine, const EngineParts& parts,
                                                 const EngineSettings& settings, const Question& question,
                                                 const Answer& empty, absl::Time deadline);

}  // namespace kontor::search
