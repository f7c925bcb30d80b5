#pragma once

#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/search_data.h"
#include "libs/domain/nn/sentence_encoder.h"

namespace kontor::bench {

// The sentence encoder beside the original in PyTorch: the largest difference of the golden numbers, golden token ids
// that differ, and CPU time for a query of eight tokens and for a title.
absl::Status BenchEncoder(const SearchData& data, const nn::SentenceEncoder& encoder, std::vector<Figure>& figures);

}  // namespace kontor::bench
