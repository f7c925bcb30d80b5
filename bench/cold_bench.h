#pragma once

#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/sequence_bench.h"
#include "bench/sequence_data.h"

namespace kontor::bench {

// Items that nobody has met: a tenth of the items, drawn with a seed, is taken out of what the sources learn from, and
// every event with one of them becomes a question, asked with the person's items before it that were not hidden; all
// items are ranked. Adds cold_recall_at_20 of the sources that read the catalogue, of a plain attribute cosine and of a
// random order, and beside them warm_recall_at_20: the same for people's last items where these were not hidden, which
// is what ranking by content alone costs on them. FAILED_PRECONDITION without attributes.
absl::Status RunCold(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
