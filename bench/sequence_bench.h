#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/sequence_data.h"

namespace kontor::bench {

struct SequenceOptions {
  std::string prefix;  // of every row's name
  int threads = 1;
  double neural_seconds = 300;  // of wall time for each network
};

// Leave one out: each person's last item is the test's target and the one before it the validation's; everything is
// ranked that the person has not met. In the strict view the sources learn from neither of the two and the validation's
// item only enters as history; in the refit view they learn from it as well. Settings and weights are chosen on the
// validation's targets alone. Adds for both views, every source and the ensemble hr_at_10 and ndcg_at_10.
absl::Status RunSequences(const SequenceData& data, const SequenceOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
