#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/sequence_data.h"

namespace kontor::bench {

// How good matrix factorisation alone is, in the protocol of sequence_bench.h: the settings that suit the `implicit`
// package (ridge 1, alpha 20, 15 iterations), first with every item of a person alike, then with the decay that is best
// on the validation. Adds strict_… and refit_hr_at_10/als_64 and the like.
absl::Status RunAlsQuality(const SequenceData& data, const std::string& prefix, std::vector<Figure>& figures);

// CPU seconds an iteration on one thread, 64 and 128 factors, on `data` and, where that is null, on a synthetic shop of
// 200,000 users and 50,000 items with 4.9 million pairs. Beside it, in the same run, `implicit` (bench/peers), where a
// Python is found that has it: $KONTOR_PEER_PYTHON or python3; a sentence says so where there is none.
absl::Status RunAlsSpeed(const SequenceData* data, const std::string& prefix, std::vector<Figure>& figures);

// The exact scan of 100,000 vectors of 64 (vector_index.h) beside the same in float and a bare read of as many bytes;
// the median of many runs, CPU milliseconds.
void RunVectorScan(std::vector<Figure>& figures);

// What a model keeps in memory of a million people who bought: made ones, some nine lines each over 100,000 products.
void RunMemory(std::vector<Figure>& figures);

}  // namespace kontor::bench
