#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/figures.h"
#include "bench/session_data.h"

namespace kontor::bench {

struct SessionOptions {
  std::string prefix;  // of every row's name
  int threads = 1;
  double neural_seconds = 300;  // of wall time for the sequence model; 0 leaves it out
};

// What is clicked next: every prefix of the test's sessions asks for its next item among all items, those of the prefix
// as well. A click is met by the sources as a basket of one item, a session as a customer. Settings of session kNN and
// the ensemble's weights and trees are chosen on the last tenth of the training's sessions; then all sources learn from
// all of them. Adds p_at_20 and mrr_at_20 of session kNN, of every source's main signal alone and of the ensemble, and
// the CPU milliseconds of a question.
absl::Status RunSessions(const SessionData& data, const SessionOptions& options, std::vector<Figure>& figures);

}  // namespace kontor::bench
