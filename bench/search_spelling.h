#pragma once

#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/search_data.h"

namespace kontor::bench {

struct SpellingOptions {
  bool home_depot = false;  // the peers' figures are a reference
};

// What spelling does to the queries: nDCG@10 of those that it changes, without and with it, how many become better and
// worse; how often it changes words that are right, those of titles and their plural forms; words a CPU second.
absl::Status BenchSpelling(const SearchData& data, const SpellingOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
