#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/search_data.h"
#include "libs/domain/nn/sentence_encoder.h"

namespace kontor::bench {

struct RelevanceOptions {
  std::shared_ptr<const nn::SentenceEncoder> sentences;  // null: without
  int threads = 1;
  bool home_depot = false;  // the peers' figures are a reference
  bool learned = true;      // train the ranker: minutes
};

// How good every step of a search is, by nDCG@10, MRR@10 and Recall@100 over all queries and over both halves.
absl::Status BenchRelevance(const SearchData& data, const RelevanceOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
