#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/search_data.h"
#include "libs/domain/nn/sentence_encoder.h"

namespace kontor::bench {

struct SpeedOptions {
  size_t products = 1'000'000;
  std::shared_ptr<const nn::SentenceEncoder> sentences;  // null: what a query's vector costs is left out
};

// A MadeShop of so many products: how fast it is built on two threads, what memory it takes, and what a query costs one
// thread, step by step, over 1,000 of the real queries.
absl::Status BenchSpeed(const SearchData& data, const SpeedOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
