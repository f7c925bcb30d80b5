#pragma once

#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/search_data.h"

namespace kontor::bench {

// Queries per CPU second over the titles as they are, one thread, 1,000 queries, any of the stemmed words: the top 10
// alone, and with the exact count and the ten most frequent first words. Beside them the engines of
// bench/peers/search.py, run by $KONTOR_PEER_PYTHON (python3 when unset), where they are installed; and how much of
// Tantivy's top 10 and counts for plain BM25 is the same.
absl::Status BenchPeers(const SearchData& data, std::vector<Figure>& figures);

}  // namespace kontor::bench
