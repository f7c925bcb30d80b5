#pragma once

#include <string>
#include <vector>

#include "bench/session_data.h"
#include "libs/domain/recommendations/session_knn.h"

namespace kontor::bench {

// The 20 best of all items by session kNN alone.
SessionMetrics EvaluateSessionKnn(const recommendations::SessionKnn& model,
                                  const std::vector<SessionQuestion>& questions);

struct TunedKnn {
  recommendations::SessionKnnOptions options;
  SessionMetrics metrics;  // on the questions it was tuned on
};

// Coordinate search from the defaults, two rounds, for the largest P@20 + MRR@20 on the split's questions.
TunedKnn TuneSessionKnn(const SessionSplit& split);

std::string DescribeKnn(const recommendations::SessionKnnOptions& options);

}  // namespace kontor::bench
